#include "client/interactive.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client/draw/fault.h"
#include "client/play/answer.h"
#include "client/play/connection.h"
#include "client/play/exchange.h"
#include "client/play/message.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/log.h"

#define LINE_MAX   65536 /* bytes of a line, and of a piece */
#define ROW_BYTES  16
#define ROWS_MAX   8 /* that are shown of an answer */
#define GOODBYE    "goodbye"
#define GOODBYE_IS 7 /* characters */

/* A conversation as it goes on. */
struct talk {
    struct plan plan;
    FILE *out;
    int fd;
    bool on_terminal; /* stdin is one */
    bool prompted;    /* and a prompt waits for a line */
    int64_t end_ns;   /* when it is given up */

    char in[LINE_MAX]; /* of stdin, not sent yet */
    size_t in_len;
    bool in_ended;

    char piece[LINE_MAX + MESSAGE_HEADER + 1]; /* that is being sent */
    size_t piece_len;
    size_t piece_sent;

    char begun[GOODBYE_IS + 1]; /* of the message that is being sent */
    size_t begun_len;
    int64_t missing;      /* answers */
    bool says_goodbye;    /* the end of the connection is the answer */
    bool lost;            /* it is not known where answers end */
    int64_t shown;        /* bytes of the answer that is being received */
    struct answer answer; /* of ack */
    struct exchange exchange;
};

/* --- showing -------------------------------------------------------------- */

/* Begins a line that is not what the user types. */
static void
begin_line(struct talk *t)
{
    if (t->prompted)
        putc('\n', t->out);
    t->prompted = false;
}

static void
say(struct talk *t, const char *what)
{
    begin_line(t);
    fprintf(t->out, "%s\n", what);
}

static void
show_row(FILE *out, const char *what, const char *bytes, size_t len)
{
    fprintf(out, "%-8s", what);
    for (size_t i = 0; i < ROW_BYTES; i++)
        if (i < len)
            fprintf(out, " %02x", (unsigned)(unsigned char)bytes[i]);
        else
            fputs("   ", out);
    fputs("  ", out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        putc(c >= ' ' && c < 0x7f ? c : '.', out);
    }
    putc('\n', out);
}

/* Shows bytes, of which so many have been shown before, up to ROWS_MAX. */
static void
show(struct talk *t, const char *what, int64_t before, const char *bytes,
     size_t len)
{
    const int64_t most = (int64_t)ROWS_MAX * ROW_BYTES;

    begin_line(t);
    for (size_t i = 0; i < len && before + (int64_t)i < most; i += ROW_BYTES)
        show_row(t->out, i == 0 ? what : "", bytes + i,
                 len - i < ROW_BYTES ? len - i : ROW_BYTES);
}

/* An answer is whole, or will not be: says how much of it is not shown. */
static void
show_rest(struct talk *t)
{
    if (t->shown > (int64_t)ROWS_MAX * ROW_BYTES)
        fprintf(t->out, "%-8s %lld bytes in all\n", "...", (long long)t->shown);
    t->shown = 0;
}

/* --- sending -------------------------------------------------------------- */

/* Counts the messages that end in a piece, each of which will be answered. */
static void
expect_answers(struct talk *t, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && t->plan.frame == PLAN_ETX; i++) {
        if (bytes[i] != FRAME_ETX) {
            if (t->begun_len < sizeof(t->begun))
                t->begun[t->begun_len++] = bytes[i];
            continue;
        }
        if (t->begun_len == GOODBYE_IS &&
            memcmp(t->begun, GOODBYE, GOODBYE_IS) == 0)
            t->says_goodbye = true;
        else if (!t->says_goodbye)
            t->missing++;
        t->begun_len = 0;
    }
}

/* Makes bytes of a line.  Returns how many, and whether \c ends them. */
static size_t
read_escapes(const char *line, size_t len, char *bytes, bool *unfinished)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char next = i + 1 < len ? line[i + 1] : '\0';
        unsigned value;

        *unfinished = line[i] == '\\' && next == 'c' && i + 2 == len;
        if (*unfinished)
            break;
        bytes[n++] = line[i];
        if (line[i] != '\\' || next == '\0' || strchr("nt\\x", next) == NULL)
            continue;
        if (next != 'x') {
            bytes[n - 1] = next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
            i++;
        } else if (i + 3 < len && isxdigit((unsigned char)line[i + 2]) &&
                   isxdigit((unsigned char)line[i + 3])) {
            char digits[3] = {line[i + 2], line[i + 3], '\0'};

            (void)sscanf(digits, "%x", &value);
            bytes[n - 1] = (char)value;
            i += 3;
        }
    }
    return n;
}

/* Makes the next piece of a line. */
static void
make_piece(struct talk *t, const char *line, size_t len)
{
    bool unfinished = false;
    char *text = t->piece + MESSAGE_HEADER;
    char header[MESSAGE_HEADER + 1];
    size_t n = read_escapes(line, len, text, &unfinished);

    t->piece_sent = MESSAGE_HEADER;
    t->piece_len = MESSAGE_HEADER + n;
    if (!unfinished && t->plan.frame == PLAN_LENGTH) {
        snprintf(header, sizeof(header), "%*zu", MESSAGE_HEADER, n);
        memcpy(t->piece, header, MESSAGE_HEADER);
        t->piece_sent = 0;
        t->missing++;
    } else if (!unfinished) {
        t->piece[t->piece_len++] = FRAME_ETX;
    }
    expect_answers(t, text, t->piece_len - MESSAGE_HEADER);
    show(t, "sent", 0, t->piece + t->piece_sent, t->piece_len - t->piece_sent);
}

/* Tells whether the next line may be sent now. */
static bool
may_send(const struct talk *t)
{
    if (t->piece_sent < t->piece_len || t->says_goodbye)
        return false;
    return t->on_terminal || t->lost || t->missing == 0;
}

/* Takes a line of what has come from stdin.  Returns false if there is none, or
 * if it must wait. */
static bool
take_line(struct talk *t)
{
    const char *end = memchr(t->in, '\n', t->in_len);
    size_t len = end != NULL ? (size_t)(end - t->in) : t->in_len;
    size_t used = len + (end != NULL);

    /* The last line may have no end; one that fills the buffer has none. */
    if (!may_send(t) ||
        (end == NULL && (len == 0 || (!t->in_ended && len < sizeof(t->in)))))
        return false;
    make_piece(t, t->in, len);
    t->in_len -= used;
    memmove(t->in, t->in + used, t->in_len);
    return true;
}

static void
prompt(struct talk *t)
{
    if (t->on_terminal && !t->prompted && !t->in_ended && !t->says_goodbye &&
        t->missing == 0 && t->piece_sent == t->piece_len) {
        fputs("> ", t->out);
        t->prompted = true;
    }
    (void)fflush(t->out);
}

static void
read_stdin(struct talk *t)
{
    ssize_t n =
        read(STDIN_FILENO, t->in + t->in_len, sizeof(t->in) - t->in_len);

    if (n > 0) {
        t->in_len += (size_t)n;
        t->prompted = false; /* the user has ended the line */
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        begin_line(t);
        t->in_ended = true;
    }
}

/* --- receiving ------------------------------------------------------------ */

/* Reads as many bytes as belong to one answer.  Returns true if it is whole. */
static bool
read_answer(struct talk *t, const char **at, const char *end)
{
    enum answer_result result =
        t->plan.service == PLAN_ACK
            ? answer_next(&t->answer, at, end)
            : exchange_next(&t->exchange, &t->plan, 0, at, end);

    t->lost = t->lost || result == ANSWER_WRONG;
    if (t->lost)
        *at = end;
    return !t->lost && result != ANSWER_MORE;
}

/* Shows what has come in one piece.  Returns false at the end. */
static bool
receive(struct talk *t)
{
    static char bytes[LINE_MAX];
    ssize_t n = recv(t->fd, bytes, sizeof(bytes), 0);
    const char *at = bytes;

    if (n == -1 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0) {
        show_rest(t);
        say(t, n == 0 ? "the server closed the connection" : strerror(errno));
        t->lost = t->lost || n == -1;
        return false;
    }
    show(t, "received", t->shown, bytes, (size_t)n);
    while (at < bytes + n) {
        const char *before = at;
        bool is_whole = read_answer(t, &at, bytes + n);

        t->shown += at - before;
        if (!is_whole)
            break;
        show_rest(t);
        t->missing--;
    }
    return true;
}

/* Sends what it can of the piece. */
static void
transmit(struct talk *t)
{
    ssize_t n = send(t->fd, t->piece + t->piece_sent,
                     t->piece_len - t->piece_sent, MSG_NOSIGNAL);

    if (n > 0)
        t->piece_sent += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR)
        t->piece_len = t->piece_sent; /* the next recv says why */
}

/* --- the conversation ----------------------------------------------------- */

/* Waits for stdin, the server or a signal, and goes on.  Returns false when the
 * conversation is over. */
static bool
step(struct talk *t, int stop_fd)
{
    bool wants_line = !t->in_ended && t->in_len < sizeof(t->in) && may_send(t);
    struct pollfd polls[] = {
        {.fd = stop_fd, .events = POLLIN},
        {.fd = wants_line ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = t->fd,
         .events =
             (short)(POLLIN | (t->piece_sent < t->piece_len ? POLLOUT : 0))},
    };

    if (poll(polls, 3, clock_timeout_ms(t->end_ns)) == -1)
        return errno == EINTR;
    if (polls[0].revents != 0) {
        begin_line(t);
        t->lost = true;
        return false;
    }
    if ((polls[2].revents & POLLOUT) != 0)
        transmit(t);
    if ((polls[2].revents & ~POLLOUT) != 0 && !receive(t))
        return false;
    if (polls[1].revents != 0)
        read_stdin(t);
    if (clock_now() < t->end_ns)
        return true;
    say(t, "given up: nothing more has come in time");
    t->lost = true;
    return false;
}

static void
converse(struct talk *t, int stop_fd)
{
    bool finished = false;

    do {
        while (take_line(t))
            transmit(t);
        if (t->in_ended && !finished && t->in_len == 0 &&
            t->piece_sent == t->piece_len) {
            /* No more will be sent: the server answers the rest and closes. */
            (void)shutdown(t->fd, SHUT_WR);
            finished = true;
        }
        prompt(t);
    } while (step(t, stop_fd));
}

/* Connects to the first address that takes a connection.  Returns false, and
 * says why, if none does. */
static bool
connect_to(struct talk *t, const struct address_list *to, int stop_fd)
{
    int error = ETIMEDOUT;

    for (int i = 0; i < to->count; i++) {
        const struct address *a = &to->addresses[i];
        struct pollfd polls[] = {{.fd = stop_fd, .events = POLLIN},
                                 {.events = POLLOUT}};

        t->fd = connection_socket(a->to.ss_family);
        if (t->fd == -1)
            error = errno;
        else
            error = connection_start(t->fd, &a->to, a->to_len);
        polls[1].fd = t->fd;
        if (error == EINPROGRESS) {
            while (poll(polls, 2, clock_timeout_ms(t->end_ns)) == -1 &&
                   errno == EINTR)
                ;
            error = polls[1].revents != 0 ? connection_error(t->fd) : ETIMEDOUT;
        }
        if (error == 0)
            return true;
        if (t->fd != -1)
            close(t->fd);
        t->fd = -1;
    }
    log_error("cannot connect: %s%s", fault_reason(error),
              error == ECONNREFUSED ? "; start a server first" : "");
    return false;
}

bool
interactive_run(const struct address_list *to, const struct plan *plan,
                int stop_fd, FILE *out)
{
    static struct talk t;

    t.plan = *plan;
    t.out = out;
    t.on_terminal = isatty(STDIN_FILENO);
    t.end_ns =
        plan->timeout_ns > 0 ? clock_now() + plan->timeout_ns : CLOCK_NEVER;
    /* Only where an answer ends matters, not what it says. */
    t.plan.text = "";
    if (plan->service == PLAN_ECHO || plan->service == PLAN_UPPER)
        t.plan.service = PLAN_KV;
    t.missing = plan->service == PLAN_DAYTIME;
    if (!connect_to(&t, to, stop_fd))
        return false;
    converse(&t, stop_fd);
    close(t.fd);
    return !t.lost && t.missing <= 0;
}

#define _GNU_SOURCE /* struct tcp_info */

#include "tests/player/client.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/frame.h"
#include "tests/player/case.h"
#include "tests/player/server.h"

#define BYTES_MAX ((size_t)80 * 1024 * 1024) /* that one step sends */

/* What follows the verb of a step. */
struct what {
    const char *text; /* as it stands there, without the number */
    long count;       /* the number it begins with; 1 if there is none */
    char *bytes;      /* what text stands for, and an ETX */
    size_t len;       /* of the bytes, without the ETX */
};

static struct client {
    long ahead;    /* bytes of answers that flood has read early */
    int fd;        /* 0: not connected */
    pid_t babbler; /* process that sends and reads for this client; 0: none */
} clients[CLIENT_MAX + 1];

static int current;
static long acks;

int
client_current(void)
{
    return current;
}

long
client_acks(void)
{
    return acks;
}

static void
set_option(int fd, int level, int option, const void *value, socklen_t size)
{
    if (setsockopt(fd, level, option, value, size) == -1)
        case_fail("setsockopt: %s", strerror(errno));
}

/* Connects; a "small" client has a receive buffer so small that few answers
 * fit into it. */
static void
open_connection(struct client *c, const struct what *what)
{
    struct timeval patience = {.tv_sec = case_patience_s()};
    int on = 1;
    int bytes = 2304;
    int segment = 536;

    c->fd = socket(server_family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd == -1)
        case_fail("socket: %s", strerror(errno));
    if (strcmp(what->text, "small") == 0) {
        set_option(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
        set_option(c->fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
    }
    set_option(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    set_option(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    set_option(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (server_connect(c->fd) == -1)
        case_fail("connect: %s", strerror(errno));
    c->ahead = 0;
}

static void
stop_babbling(struct client *c)
{
    if (c->babbler != 0 &&
        (kill(c->babbler, SIGKILL) == -1 || waitpid(c->babbler, NULL, 0) == -1))
        case_fail("babbler: %s", strerror(errno));
    c->babbler = 0;
}

static void
disconnect(struct client *c)
{
    stop_babbling(c);
    close(c->fd);
    c->fd = 0;
}

static void
reset_connection(struct client *c, const struct what *what)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    (void)what;
    stop_babbling(c);
    set_option(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    disconnect(c);
}

void
client_close_all(void)
{
    for (int i = 0; i <= CLIENT_MAX; i++)
        if (clients[i].fd > 0)
            disconnect(&clients[i]);
}

void
client_reset(void)
{
    client_close_all();
    acks = 0;
}

/* --- sending ---------------------------------------------------------------
 */

static void
send_all(struct client *c, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(c->fd, bytes, size, MSG_NOSIGNAL);

        if (n == -1)
            case_fail("send: %s", strerror(errno));
        bytes += n;
        size -= (size_t)n;
    }
}

/* Gives the server time to read what has been sent, so that what is sent next
 * arrives separately.  No test fails if it does not. */
static void
let_server_read(void)
{
    clock_wait_until(clock_now() + CLOCK_MS);
}

static void
send_slowly(struct client *c, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        send_all(c, bytes + i, 1);
        let_server_read();
    }
}

/* Sends until all is sent or the server has not taken anything for 200 ms.
 * Returns how many bytes were sent. */
static size_t
send_what_fits(struct client *c, const char *bytes, size_t size)
{
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};
    size_t sent = 0;

    while (sent < size && poll(&p, 1, 200) == 1) {
        ssize_t n =
            send(c->fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n == -1 && errno != EAGAIN)
            case_fail("send: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
    return sent;
}

/* Sends count pseudo-random bytes, the same in each run, or as many as the
 * server takes: it may close, since there may be a "goodbye" among them. */
static void
send_random(struct client *c, long count)
{
    unsigned state = 1;
    char bytes[4096];

    while (count > 0) {
        size_t size =
            count < (long)sizeof(bytes) ? (size_t)count : sizeof(bytes);
        ssize_t n;

        for (size_t i = 0; i < size; i++) {
            state = state * 1103515245U + 12345U;
            bytes[i] = (char)(state >> 16);
        }
        n = send(c->fd, bytes, size, MSG_NOSIGNAL);
        if (n == -1)
            return;
        count -= n;
    }
}

/* --- receiving -------------------------------------------------------------
 */

/* Reads up to size bytes.  Returns 0 at the end of input. */
static size_t
receive(struct client *c, char *bytes, size_t size)
{
    ssize_t n;

    do
        n = recv(c->fd, bytes, size, 0);
    while (n == -1 && errno == EINTR);
    if (n == -1 && errno == EAGAIN)
        case_fail("no answer and no end in %d s", case_patience_s());
    if (n == -1)
        case_fail("recv: %s", strerror(errno));
    return (size_t)n;
}

/* Gets count answers, which are all the same. */
static void
expect_answers(struct client *c, const char *answer, long count)
{
    long total = 3 * count;
    long got = c->ahead < total ? c->ahead : total;
    char bytes[3 * 4096];

    c->ahead -= got;
    while (got < total) {
        size_t want = (size_t)(total - got);
        size_t n =
            receive(c, bytes, want < sizeof(bytes) ? want : sizeof(bytes));

        if (n == 0)
            case_fail("end of input after %ld of %ld answers", got / 3, count);
        for (size_t i = 0; i < n; i++, got++)
            if (bytes[i] != answer[got % 3])
                case_fail("answer %ld is not '%s'", got / 3 + 1, answer);
    }
}

/* Gets these bytes. */
static void
expect_bytes(struct client *c, const struct what *what)
{
    size_t got = 0;

    while (got < what->len) {
        char bytes[4096];
        size_t want = what->len - got;
        size_t n =
            receive(c, bytes, want < sizeof(bytes) ? want : sizeof(bytes));

        if (n == 0)
            case_fail("end of input after %zu of %zu bytes", got, what->len);
        if (memcmp(bytes, what->bytes + got, n) != 0)
            case_fail("'%.*s' instead of '%s'", (int)n, bytes,
                      what->bytes + got);
        got += n;
    }
}

char
client_file_byte(size_t at)
{
    return (char)(at ^ at >> 7 ^ at >> 15);
}

/* Gets the first bytes of the file. */
static void
expect_file(struct client *c, const struct what *what)
{
    size_t total = (size_t)what->count;
    char bytes[65536];
    size_t got = 0;

    while (got < total) {
        size_t want = total - got < sizeof(bytes) ? total - got : sizeof(bytes);
        size_t n = receive(c, bytes, want);

        if (n == 0)
            case_fail("end of input after %zu of %zu bytes", got, total);
        for (size_t i = 0; i < n; i++, got++)
            if (bytes[i] != client_file_byte(got))
                case_fail("byte %zu of the file is wrong", got);
    }
}

/* Gets a line that matches. */
static void
expect_line(struct client *c, const struct what *what)
{
    char line[256] = "";
    size_t len = 0;
    regex_t regex;

    if (regcomp(&regex, what->text, REG_EXTENDED | REG_NOSUB) != 0)
        case_fail("not a regular expression: %s", what->text);
    while (receive(c, line + len, 1) == 1 && line[len] != '\n')
        if (++len == sizeof(line))
            case_fail("no line in %zu bytes", len);
    if (line[len] != '\n')
        case_fail("no line, but the end of input");
    line[len] = '\0';
    if (regexec(&regex, line, 0, NULL, 0) != 0)
        case_fail("the line is '%s'", line);
    regfree(&regex);
}

static void
expect_nothing(struct client *c, const struct what *what)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    (void)what;
    if (c->ahead > 0 || n > 0)
        case_fail("an answer too many");
    if (n == 0)
        case_fail("end of input");
    if (errno != EAGAIN)
        case_fail("recv: %s", strerror(errno));
}

static void
expect_end_of_input(struct client *c, const struct what *what)
{
    char bytes[4096];
    size_t n = receive(c, bytes, sizeof(bytes));

    (void)what;
    if (n > 0)
        case_fail("%zu bytes instead of the end of input", n);
    disconnect(c);
}

static pid_t awaited;

static bool
has_babbler_ended(void)
{
    return waitpid(awaited, NULL, WNOHANG) != 0;
}

/* Waits until the connection has ended, orderly or not. */
static void
expect_gone(struct client *c, const struct what *what)
{
    char bytes[65536];
    ssize_t n;

    (void)what;
    if (c->babbler != 0) {
        /* That process reads, and ends with the connection. */
        awaited = c->babbler;
        if (!case_wait(has_babbler_ended))
            case_fail("no end in %d s", case_patience_s());
        c->babbler = 0;
    }
    do
        n = recv(c->fd, bytes, sizeof(bytes), 0);
    while (n > 0);
    if (n == -1 && errno == EAGAIN)
        case_fail("no end in %d s", case_patience_s());
    disconnect(c);
}

/* Gets acks and nothing else up to the end of input. */
static void
expect_acks_to_end(struct client *c, const struct what *what)
{
    char bytes[65536];
    long got = c->ahead;
    size_t n;

    (void)what;
    while ((n = receive(c, bytes, sizeof(bytes))) > 0)
        for (size_t i = 0; i < n; i++, got++)
            if (bytes[i] != "ack"[got % 3])
                case_fail("answer %ld is not 'ack'", got / 3 + 1);
    if (got % 3 != 0)
        case_fail("the end came within an answer");
    acks += got / 3;
    disconnect(c);
}

/* Nothing that this client sent has been lost and sent again by the kernel, as
 * happens to a client that finds the accept queue full. */
static void
expect_nothing_resent(struct client *c, const struct what *what)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    (void)what;
    if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        case_fail("TCP_INFO: %s", strerror(errno));
    if (info.tcpi_total_retrans > 0)
        case_fail("%u segments were sent again", info.tcpi_total_retrans);
}

/* --- both ------------------------------------------------------------------
 */

static void
read_ahead(struct client *c)
{
    char bytes[65536];
    size_t n = receive(c, bytes, sizeof(bytes));

    if (n == 0)
        case_fail("end of input");
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != "ack"[c->ahead++ % 3])
            case_fail("an answer is not 'ack'");
}

/* Sends count messages.  If the server takes no more, reading makes the client
 * read answers and go on; otherwise it stops there. */
static void
send_messages(struct client *c, long count, const char *text, size_t len,
              bool reading)
{
    size_t size = (size_t)count * len;
    char *bytes = malloc(size);
    size_t sent;

    if (bytes == NULL)
        case_fail("no memory");
    /* What is there is doubled: some servers do not wait long for the first
     * byte, and this may be a slow machine. */
    for (size_t have = 0, more; have < size; have += more) {
        more = have == 0 ? len : have < size - have ? have : size - have;
        memcpy(bytes + have, have == 0 ? text : bytes, more);
    }
    sent = send_what_fits(c, bytes, size);
    while (reading && sent < size) {
        read_ahead(c);
        sent += send_what_fits(c, bytes + sent, size - sent);
    }
    free(bytes);
}

/* Sends text again and again and reads what comes, as fast as possible, until
 * the connection ends. */
static void
babble(int fd, const char *text, size_t len)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
    char answers[65536];
    size_t at = 0;

    while (poll(&p, 1, -1) == 1) {
        if (p.revents & POLLOUT) {
            ssize_t n =
                send(fd, text + at, len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

            if (n == -1 && errno != EAGAIN)
                return;
            at = n > 0 ? (at + (size_t)n) % len : at;
        }
        if (p.revents & (POLLIN | POLLERR | POLLHUP)) {
            ssize_t n = recv(fd, answers, sizeof(answers), MSG_DONTWAIT);

            if (n == 0 || (n == -1 && errno != EAGAIN))
                return;
        }
    }
}

/* Reads slowly, until the connection ends. */
static void
dribble(int fd, const char *text, size_t len)
{
    char bytes[1000];

    (void)text;
    (void)len;
    while (recv(fd, bytes, sizeof(bytes), 0) > 0)
        clock_wait_until(clock_now() + 10 * CLOCK_MS);
}

/* Lets a process of its own play the rest of a client.  It closes its copies of
 * the other clients' sockets: the server sees the end of a connection only when
 * no process has the socket open. */
static void
begin_process(struct client *c, const struct what *what,
              void (*play)(int fd, const char *text, size_t len))
{
    pid_t parent = getpid();

    c->babbler = fork();
    if (c->babbler == -1)
        case_fail("fork: %s", strerror(errno));
    if (c->babbler == 0) {
        for (int i = 0; i <= CLIENT_MAX; i++)
            if (clients[i].fd > 0 && &clients[i] != c)
                close(clients[i].fd);
        /* The parent may have ended before prctl. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
            play(c->fd, what->bytes, what->len);
        _exit(0);
    }
}

/* --- steps -----------------------------------------------------------------
 */

static void
step_say(struct client *c, const struct what *what)
{
    send_all(c, what->bytes, what->len + 1);
}

static void
step_send(struct client *c, const struct what *what)
{
    send_all(c, what->bytes, what->len);
}

static void
step_slowly(struct client *c, const struct what *what)
{
    send_slowly(c, what->bytes, what->len + 1);
}

static void
step_random(struct client *c, const struct what *what)
{
    send_random(c, what->count);
}

static void
step_stuff(struct client *c, const struct what *what)
{
    send_messages(c, what->count, what->bytes, what->len + 1, false);
}

static void
step_flood(struct client *c, const struct what *what)
{
    send_messages(c, what->count, what->bytes, what->len + 1, true);
}

/* Sends the text count times, each time after the answers to its messages. */
static void
step_talk(struct client *c, const struct what *what)
{
    long messages = 1;

    for (size_t i = 0; i < what->len; i++)
        messages += what->bytes[i] == FRAME_ETX;
    for (long i = 0; i < what->count; i++) {
        send_all(c, what->bytes, what->len + 1);
        expect_answers(c, "ack", messages);
    }
    acks += what->count * messages;
}

static void
step_babble(struct client *c, const struct what *what)
{
    begin_process(c, what, babble);
}

static void
step_dribble(struct client *c, const struct what *what)
{
    begin_process(c, what, dribble);
}

static void
step_pause(struct client *c, const struct what *what)
{
    (void)c;
    (void)what;
    let_server_read();
}

static void
step_ack(struct client *c, const struct what *what)
{
    expect_answers(c, "ack", what->count);
    acks += what->count;
}

static void
step_nak(struct client *c, const struct what *what)
{
    expect_answers(c, "nak", what->count);
}

static void
step_close(struct client *c, const struct what *what)
{
    (void)what;
    disconnect(c);
}

static void
step_half(struct client *c, const struct what *what)
{
    (void)what;
    (void)shutdown(c->fd, SHUT_WR);
}

/* The steps; numbered are those whose text begins with a number. */
static const struct {
    const char *verb;
    void (*play)(struct client *c, const struct what *what);
    bool numbered;
} steps[] = {
    {"connect", open_connection, false},
    {"say", step_say, false},
    {"send", step_send, false},
    {"slowly", step_slowly, false},
    {"random", step_random, true},
    {"stuff", step_stuff, true},
    {"flood", step_flood, true},
    {"talk", step_talk, true},
    {"babble", step_babble, false},
    {"dribble", step_dribble, false},
    {"pause", step_pause, false},
    {"ack", step_ack, true},
    {"nak", step_nak, true},
    {"get", expect_bytes, false},
    {"get-file", expect_file, true},
    {"get-line", expect_line, false},
    {"acks", expect_acks_to_end, false},
    {"nothing", expect_nothing, false},
    {"eof", expect_end_of_input, false},
    {"gone", expect_gone, false},
    {"unresent", expect_nothing_resent, false},
    {"half", step_half, false},
    {"reset", reset_connection, false},
    {"close", step_close, false},
};

/* Writes into bytes what text stands for: \xNN is a byte, and {N} repeats the
 * byte before it, N times in all.  Returns how many bytes it is. */
static size_t
unescape(const char *text, char *bytes)
{
    size_t len = 0;

    while (*text != '\0') {
        unsigned byte;
        long times;
        int used = 0;

        if (sscanf(text, "\\x%2x%n", &byte, &used) != 1) {
            byte = (unsigned char)*text;
            used = 1;
        }
        text += used;
        used = 0;
        if (sscanf(text, "{%ld}%n", &times, &used) != 1 || used == 0)
            times = 1;
        text += used;
        if (times < 1 || (size_t)times > BYTES_MAX - len)
            case_fail("more than %zu bytes", BYTES_MAX);
        memset(bytes + len, (int)byte, (size_t)times);
        len += (size_t)times;
    }
    return len;
}

void
client_step(int number, const char *verb, char *rest)
{
    static char
        bytes[BYTES_MAX + 1]; /* Pages that are not used cost nothing. */
    struct client *c = &clients[number];
    struct what what = {.text = rest, .count = 1, .bytes = bytes};
    size_t i = 0;

    current = number;
    while (strcmp(verb, steps[i].verb) != 0)
        if (++i == sizeof(steps) / sizeof(steps[0]))
            case_fail("there is no step '%s'", verb);
    if ((c->fd > 0) == (steps[i].play == open_connection))
        case_fail(c->fd > 0 ? "is connected already" : "is not connected");
    if (steps[i].numbered && isdigit((unsigned char)*rest)) {
        what.count = strtol(rest, &rest, 10);
        what.text = rest + (*rest == ' ');
    }
    what.len = unescape(what.text, bytes);
    bytes[what.len] = FRAME_ETX;
    steps[i].play(c, &what);
    current = 0;
}

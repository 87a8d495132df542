#include "client/judge/probe.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/draw/text.h"
#include "client/judge/activity.h"
#include "client/judge/watch.h"
#include "client/play/connection.h"
#include "client/play/message.h"
#include "common/clock.h"

#ifndef TCP_CORK
#define TCP_CORK TCP_NOPUSH /* on BSD */
#endif

#define SEND_LIMIT_NS CLOCK_S
/* In all, for a server that is held up. */
#define HELD_UP_MAX_NS (12 * CLOCK_S)
#define SENDS          100 /* calls in a row, so that others have their turn */
#define RECEIVE_MAX    16384 /* bytes at a time */
#define SMALL_BUFFER   2304  /* the least that Linux gives (socket(7)) */
/* Linux lets the server's buffer grow with the memory that such a segment
 * takes: its bytes and some 640 more, rounded up to a power of two.  So 300
 * needs half of what 536 needs, and a slow server fills it in half the time. */
#define SMALL_SEGMENT 300
#define SMALL_OUTPUT  16384
#define MESSAGE_MAX   256
#define GOODBYE       "goodbye\x03"
#define WORDS_MAX     (PROBE_GOT_ROOM + 16)

/* What one round of the loop polls: first the probes that are waited for, then
 * those beside them, and the request to end. */
struct round {
    struct pollfd polls[PROBE_MAX + 1];
    struct probe *probes[PROBE_MAX];
    int count;
    int64_t wake_ns; /* then one of them sends again */
};

static void
end(struct probe *p, enum probe_result result)
{
    p->result = result;
    probe_close(p);
}

static void
fail(struct probe *p, int error)
{
    watch_failed(error);
    p->error = error;
    end(p, PROBE_BROKEN);
}

/* Keeps what came, so that it can be printed. */
static void
end_wrong(struct probe *p, const char *bytes, size_t len)
{
    text_visible(p->got, sizeof(p->got), bytes, len);
    end(p, PROBE_WRONG);
}

static enum answer_result
read_answer(struct probe *p, const char **at, const char *bytes_end)
{
    if (p->asks == NULL)
        return answer_next(&p->answer, at, bytes_end);
    return exchange_next(&p->exchange, p->asks, (int)p->answers, at, bytes_end);
}

/* Reads the answers in some bytes, and compares them with those expected. */
static void
take(struct probe *p, const char *at, const char *bytes_end)
{
    char got[PROBE_GOT_MAX];

    while (at < bytes_end) {
        bool is_due = p->answers < p->answers_due;
        enum answer_result found =
            is_due ? read_answer(p, &at, bytes_end) : ANSWER_WRONG;
        bool is_text = p->asks != NULL && p->exchange.is_whole;

        if (found == ANSWER_MORE)
            return;
        if (found == ANSWER_WRONG && is_due && is_text) {
            end_wrong(p, p->exchange.text.begin,
                      p->exchange.text.len < PROBE_GOT_MAX
                          ? (size_t)p->exchange.text.len
                          : PROBE_GOT_MAX);
            return;
        }
        if (found == ANSWER_WRONG ||
            (p->expected != NULL &&
             memcmp(p->expected, p->answer.text, ANSWER_TEXT_MAX) != 0)) {
            bool begun = is_due && p->asks == NULL;

            end_wrong(p, got,
                      answer_got(begun ? &p->answer : NULL, at, bytes_end, got,
                                 sizeof(got)));
            return;
        }
        p->answers++;
        p->naks += found == ANSWER_NAK;
        if (p->expected != NULL)
            p->expected += ANSWER_TEXT_MAX;
    }
}

static void
receive(struct probe *p)
{
    char bytes[RECEIVE_MAX];
    size_t most = sizeof(bytes);
    ssize_t n;

    if (p->answers == p->answers_due)
        most = PROBE_GOT_MAX; /* none is due: this is shown */
    else if (p->asks == NULL &&
             p->answers_due - p->answers < RECEIVE_MAX / ANSWER_TEXT_MAX)
        most = answer_missing(&p->answer) +
               (size_t)(p->answers_due - p->answers - 1) * ANSWER_TEXT_MAX;
    n = recv(p->fd, bytes, most, 0);
    if (n > 0)
        take(p, bytes, bytes + n);
    else if (n == 0)
        end(p, PROBE_CLOSED);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        fail(p, errno);
    if (p->leaves && p->fd != -1 && p->answers == p->answers_due)
        probe_leave(p);
}

/* Returns how many bytes it may send at once; 0: it has to wait, or is done. */
static size_t
count_sendable(const struct probe *p)
{
    int64_t len = (int64_t)p->len;
    int64_t message_len = p->message_len > 0 ? p->message_len : len;
    int64_t until = p->to_send;

    if (p->pause_ns > 0 && p->sent < until)
        return clock_now() >= p->next_ns;
    if (p->messages_ahead > 0 &&
        until > message_len * (p->answers + p->messages_ahead))
        until = message_len * (p->answers + p->messages_ahead);
    if (p->sent >= until)
        return 0;
    until -= p->sent;
    return (size_t)(until < len - p->sent % len ? until : len - p->sent % len);
}

static void
transmit(struct probe *p)
{
    for (int i = 0; i < SENDS; i++) {
        size_t len = count_sendable(p);
        ssize_t n;

        if (len == 0)
            return;
        n = send(p->fd, p->bytes + p->sent % (int64_t)p->len, len,
                 MSG_NOSIGNAL);
        if (n > 0) {
            p->sent += n;
            p->next_ns = clock_now() + p->pause_ns;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR) {
            p->to_send = p->sent;
            /* One that receives goes on: answers may have come before that. */
            if (p->answers == p->answers_due)
                fail(p, errno);
            return;
        }
    }
}

static void
finish_connecting(struct probe *p)
{
    int error = connection_error(p->fd);

    p->connecting = false;
    if (error != 0) {
        fail(p, error);
        return;
    }
    p->was_connected = true;
    transmit(p);
}

/* Lets the kernel keep only few bytes that this probe has not read.  That must
 * be set before it connects. */
static bool
limit_buffer(int fd)
{
    int buffer = SMALL_BUFFER;
    int segment = SMALL_SEGMENT;
    int out = SMALL_OUTPUT;

    /* What lies in the own buffer is not at the server's yet. */
    return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &out, sizeof(out)) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) ==
               0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)) ==
               0;
}

/* Lets a probe come from that address and port, which another connection of
 * this program may have, too. */
static bool
take_address(int fd, const struct sockaddr_in *from)
{
    int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           bind(fd, (const struct sockaddr *)from, sizeof(*from)) == 0;
}

void
probe_start(struct probe *p, const struct target_server *s)
{
    int error = 0;

    p->server = s;
    p->fd = connection_socket(s->to.ss_family);
    if (p->fd == -1 || (p->small_buffer && !limit_buffer(p->fd)) ||
        (p->from != NULL && !take_address(p->fd, p->from)))
        error = errno;
    else
        error = connection_start(p->fd, &s->to, s->to_len);
    /* One that is connected already is writable, too. */
    p->connecting = error == 0 || error == EINPROGRESS;
    if (!p->connecting)
        fail(p, error);
}

static bool
is_awaited(const struct probe *p, enum probe_until until)
{
    if (p->fd == -1)
        return false;
    switch (until) {
    case PROBE_CONNECTED:
        return p->connecting;
    case PROBE_SENT:
        return p->connecting || p->sent < p->to_send;
    case PROBE_ANSWERED:
        return p->connecting || p->answers < p->answers_due;
    case PROBE_ENDED:
        break;
    }
    return true;
}

/* Adds a probe to what is polled, if it can go on now. */
static void
enlist(struct round *r, struct probe *p, enum probe_until until)
{
    short events = 0;

    if (p->fd == -1)
        return;
    if (p->connecting || count_sendable(p) > 0)
        events |= POLLOUT;
    else if (p->sent < p->to_send && p->pause_ns > 0 && p->next_ns < r->wake_ns)
        r->wake_ns = p->next_ns;
    if (!p->connecting && (p->answers < p->answers_due || until == PROBE_ENDED))
        events |= POLLIN;
    if (events == 0)
        return;
    assert(r->count < PROBE_MAX);
    r->probes[r->count] = p;
    r->polls[r->count++] = (struct pollfd){.fd = p->fd, .events = events};
}

/* Lets a probe go on after poll has returned. */
static void
step(struct probe *p, const struct pollfd *polled)
{
    if (p->connecting) {
        finish_connecting(p);
        return;
    }
    if ((polled->events & POLLOUT) != 0 && (polled->revents & ~POLLIN) != 0)
        transmit(p);
    if ((polled->events & POLLIN) != 0 && (polled->revents & ~POLLOUT) != 0 &&
        p->fd != -1)
        receive(p);
}

static int64_t
min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Returns when a wait ends that begins now, if the server is held up. */
static int64_t
last_moment(const struct target_server *s, enum probe_until until,
            int64_t limit_ns)
{
    int64_t longest_ns =
        min(target_server_patience(s, limit_ns), HELD_UP_MAX_NS);

    /* The kernel connects and takes bytes, however busy the server is. */
    if (until < PROBE_ANSWERED || longest_ns < limit_ns)
        longest_ns = limit_ns;
    return min(clock_now() + longest_ns, target_server_deadline(s));
}

void
probe_wait(struct probe *list, int count, enum probe_until until,
           int64_t silence_ns, int64_t limit_ns)
{
    const struct target_server *s = list->server;
    int64_t began_ns = clock_now();
    int64_t limit_end_ns = min(began_ns + limit_ns, target_server_deadline(s));
    int64_t last_ns = last_moment(s, until, limit_ns);
    int64_t end_ns = min(began_ns + silence_ns, limit_end_ns);
    bool watching = false;

    for (;;) {
        struct round r;
        int awaited = 0;
        int own;
        int ready;

        r.count = 0;
        r.wake_ns = end_ns;
        for (int i = 0; i < count; i++) {
            awaited += is_awaited(&list[i], until);
            enlist(&r, &list[i], until);
        }
        if (awaited == 0)
            return;
        own = r.count;
        for (int i = 0; i < list->beside_count; i++)
            enlist(&r, &list->beside[i], PROBE_ANSWERED);
        r.polls[r.count] =
            (struct pollfd){.fd = list->server->stop_fd, .events = POLLIN};
        ready = poll(r.polls, (nfds_t)r.count + 1, clock_timeout_ms(r.wake_ns));
        if (ready > 0 && r.polls[r.count].revents != 0)
            return;
        if (ready == 0)
            watch_waited(r.wake_ns);
        for (int i = 0; i < r.count && ready > 0; i++) {
            if (r.polls[i].revents == 0)
                continue;
            step(r.probes[i], &r.polls[i]);
            if (i < own)
                end_ns = min(clock_now() + silence_ns, limit_end_ns);
        }
        if (clock_now() >= end_ns &&
            !activity_is_held_up(s, &watching, &end_ns, last_ns))
            return;
    }
}

void
probe_connect(struct probe *p, const struct target_server *s)
{
    probe_start(p, s);
    probe_wait(p, 1, PROBE_CONNECTED, s->limit_ns, s->limit_ns);
    if (p->connecting)
        fail(p, ETIMEDOUT);
}

void
probe_open(struct probe *p, const struct target_server *s)
{
    *p = (struct probe){.fd = -1};
    probe_connect(p, s);
}

void
probe_open_served(struct probe *p, const struct target_server *s)
{
    probe_open(p, s);
    probe_send_message(p, "hello");
    probe_receive(p, "ack");
}

void
probe_send(struct probe *p, const void *bytes, size_t len)
{
    if (p->result != PROBE_OK)
        return;
    p->bytes = bytes;
    p->len = len;
    p->sent = 0;
    p->to_send = (int64_t)len;
    probe_wait(p, 1, PROBE_SENT, SEND_LIMIT_NS, SEND_LIMIT_NS);
    if (p->result == PROBE_OK && p->sent < p->to_send)
        p->result = PROBE_SILENT;
    p->to_send = p->sent;
    p->bytes = NULL; /* they may be the caller's local variable */
}

void
probe_send_message(struct probe *p, const char *text)
{
    char message[MESSAGE_MAX];
    int len = snprintf(message, sizeof(message), "%s\x03", text);

    probe_send(p, message, (size_t)len);
}

void
probe_ask(struct probe *p, const char *text)
{
    struct plan plan = p->server->asks;
    char message[MESSAGE_MAX];

    plan.text = text;
    plan.messages = INT_MAX; /* none of them is goodbye */
    p->asks = plan.service == PLAN_ACK ? NULL : &plan;
    p->expected = plan.service == PLAN_ACK ? "ack" : NULL;
    p->answers = 0;
    probe_send(p, message, message_copy(&plan, 0, 0, message, sizeof(message)));
    probe_receive_any(p, 1, p->server->limit_ns, p->server->limit_ns);
    p->asks = NULL;
}

void
probe_receive_any(struct probe *p, int64_t answers, int64_t silence_ns,
                  int64_t limit_ns)
{
    if (p->result != PROBE_OK)
        return;
    p->answers_due = answers;
    probe_wait(p, 1, PROBE_ANSWERED, silence_ns, limit_ns);
    if (p->result == PROBE_OK && p->answers < p->answers_due)
        p->result = PROBE_SILENT;
}

void
probe_receive_within(struct probe *p, const char *answers, int64_t ns)
{
    p->expected = answers;
    probe_receive_any(
        p, p->answers + (int64_t)(strlen(answers) / ANSWER_TEXT_MAX), ns, ns);
}

void
probe_receive(struct probe *p, const char *answers)
{
    probe_receive_within(p, answers, p->server->limit_ns);
}

void
probe_receive_end(struct probe *p, int64_t ns)
{
    if (p->result != PROBE_OK)
        return;
    probe_wait(p, 1, PROBE_ENDED, ns, ns);
    if (p->result == PROBE_OK)
        p->result = PROBE_SILENT;
    else if (p->result == PROBE_CLOSED)
        p->result = PROBE_OK;
}

void
probe_receive_nothing(struct probe *p, int64_t ns)
{
    if (p->result == PROBE_OK)
        probe_wait(p, 1, PROBE_ENDED, ns, ns);
}

void
probe_hold(struct probe *p)
{
    const int on = 1;

    /* If it does not work, bytes and end arrive one after the other. */
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

void
probe_half_close(struct probe *p)
{
    /* If the connection is broken, the next step finds out. */
    (void)shutdown(p->fd, SHUT_WR);
}

void
probe_finish(struct probe *p, int64_t ns)
{
    probe_send_message(p, "goodbye");
    probe_receive_end(p, ns);
    probe_close(p);
}

void
probe_leave(struct probe *p)
{
    /* Whether it arrives does not matter. */
    if (p->fd != -1 && p->server->asks.frame == PLAN_ETX)
        (void)send(p->fd, GOODBYE, sizeof(GOODBYE) - 1, MSG_NOSIGNAL);
    probe_close(p);
}

void
probe_reset(struct probe *p)
{
    if (p->fd != -1)
        (void)connection_reset(p->fd);
    p->fd = -1;
}

void
probe_close(struct probe *p)
{
    if (p->fd != -1)
        close(p->fd);
    p->fd = -1;
}

const char *
probe_words(const struct probe *p)
{
    static char words[WORDS_MAX];

    switch (p->result) {
    case PROBE_OK:
        return "as expected";
    case PROBE_SILENT:
        return "nothing came";
    case PROBE_CLOSED:
        return "the server closed";
    case PROBE_BROKEN:
        return p->error == ECONNRESET || p->error == EPIPE ? "connection reset"
                                                           : strerror(p->error);
    case PROBE_WRONG:
        snprintf(words, sizeof(words), "got '%s'", p->got);
        return words;
    }
    return "";
}

int
probe_time_answers(const struct target_server *s, int times,
                   int64_t *shortest_ns, int64_t *longest_ns)
{
    struct probe p;
    int answers = 0;

    *shortest_ns = CLOCK_NEVER;
    *longest_ns = 0;
    probe_open(&p, s);
    while (p.result == PROBE_OK && answers < times) {
        int64_t took_ns = clock_now();

        probe_ask(&p, NULL);
        answers += p.result == PROBE_OK || p.result == PROBE_WRONG;
        took_ns = clock_now() - took_ns;
        *shortest_ns = took_ns < *shortest_ns ? took_ns : *shortest_ns;
        *longest_ns = took_ns > *longest_ns ? took_ns : *longest_ns;
    }
    probe_leave(&p);
    return answers;
}

#include "client/judge/throng.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"

#define MESSAGE     "hello\x03"
#define MESSAGE_LEN (sizeof(MESSAGE) - 1)
#define BROKEN_LEN  3 /* bytes of it that are its beginning */
#define GOODBYE     "goodbye\x03"
#define GOODBYE_LEN (sizeof(GOODBYE) - 1)
#define ANSWER      "ack"
#define ANSWER_LEN  ((int)sizeof(ANSWER) - 1)

void
throng_init(struct throng *c, int room)
{
    *c = (struct throng){
        .clients = calloc((size_t)room, sizeof(*c->clients)),
        .polls = calloc((size_t)room, sizeof(*c->polls)),
        .room = room,
    };
    if (c->clients == NULL || c->polls == NULL)
        die("memory for %d clients", room);
}

void
throng_free(struct throng *c)
{
    throng_clear(c);
    free(c->clients);
    free(c->polls);
}

static void
end(struct throng_client *m, enum throng_state state)
{
    close(m->fd);
    m->fd = -1;
    m->state = state;
}

/* It is connected: sends what it has to say.  Few bytes always fit in. */
static void
speak(struct throng_client *m)
{
    size_t len = m->manner == THRONG_TALKS    ? MESSAGE_LEN
                 : m->manner == THRONG_BREAKS ? BROKEN_LEN
                                              : 0;

    m->state = THRONG_WAITING;
    if (len > 0 && send(m->fd, MESSAGE, len, MSG_NOSIGNAL) != (ssize_t)len)
        end(m, THRONG_ENDED);
}

static void
listen_to(struct throng_client *m)
{
    char bytes[ANSWER_LEN];
    size_t left = (size_t)(ANSWER_LEN - m->heard);
    ssize_t n = recv(m->fd, bytes, left, 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end(m, THRONG_ENDED);
    } else if (memcmp(bytes, &ANSWER[m->heard], (size_t)n) != 0) {
        end(m, THRONG_WRONG);
    } else {
        m->heard += (int)n;
        if (m->heard == ANSWER_LEN)
            m->state = THRONG_SERVED;
    }
}

static void
finish_connecting(struct throng_client *m)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(m->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1 ||
        error != 0)
        end(m, THRONG_ENDED);
    else
        speak(m);
}

static void
begin(struct throng_client *m, const struct target_server *s)
{
    int on = 1;

    /* Without it the goodbye would wait for the message to be confirmed. */
    (void)setsockopt(m->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    m->state = THRONG_CONNECTING;
    if (connect(m->fd, (const struct sockaddr *)&s->to, s->to_len) == 0)
        speak(m);
    else if (errno != EINPROGRESS && errno != EINTR)
        end(m, THRONG_ENDED);
}

int
throng_add(struct throng *c, const struct target_server *s, int n,
           enum throng_manner manner)
{
    int added = 0;

    while (added < n && c->count < c->room) {
        struct throng_client *m = &c->clients[c->count];

        *m = (struct throng_client){.manner = manner};
        m->fd = socket(s->to.ss_family,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (m->fd == -1)
            break;
        begin(m, s);
        c->count++;
        added++;
    }
    return added;
}

/* Tells whether this one is being waited for. */
static bool
is_awaited(const struct throng_client *m, enum throng_until until)
{
    return m->state == THRONG_CONNECTING ||
           (until == THRONG_ANSWERED && m->state == THRONG_WAITING);
}

/* Sets what is polled; returns how many are still being waited for. */
static int
prepare(struct throng *c, enum throng_until until)
{
    int awaited = 0;

    for (int i = 0; i < c->count; i++) {
        const struct throng_client *m = &c->clients[i];
        bool open = m->state == THRONG_CONNECTING || m->state == THRONG_WAITING;

        /* A negative descriptor is not looked at (poll(2)). */
        c->polls[i] = (struct pollfd){
            .fd = open ? m->fd : -1,
            .events = m->state == THRONG_CONNECTING ? POLLOUT : POLLIN,
        };
        awaited += is_awaited(m, until);
    }
    return awaited;
}

void
throng_attend(struct throng *c, enum throng_until until,
              enum throng_served served, int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    while (prepare(c, until) > 0) {
        int n = poll(c->polls, (nfds_t)c->count, clock_timeout_ms(deadline_ns));

        for (int i = 0; i < c->count && n > 0; i++) {
            if (c->polls[i].revents == 0)
                continue;
            if (c->clients[i].state == THRONG_CONNECTING)
                finish_connecting(&c->clients[i]);
            else
                listen_to(&c->clients[i]);
        }
        if (served == THRONG_LEAVE)
            throng_leave(c, THRONG_SERVED);
        if (clock_now() >= deadline_ns)
            break;
    }
}

int
throng_count(const struct throng *c, enum throng_state state)
{
    int n = 0;

    for (int i = 0; i < c->count; i++)
        n += c->clients[i].state == state;
    return n;
}

void
throng_leave(struct throng *c, enum throng_state state)
{
    for (int i = 0; i < c->count; i++) {
        struct throng_client *m = &c->clients[i];

        if (m->state != state || m->fd == -1)
            continue;
        if (state == THRONG_SERVED) /* manners: whether it comes is no matter */
            (void)send(m->fd, GOODBYE, GOODBYE_LEN, MSG_NOSIGNAL);
        end(m, THRONG_GONE);
    }
}

void
throng_reset(struct throng *c)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    for (int i = 0; i < c->count; i++)
        if (c->clients[i].fd != -1)
            (void)setsockopt(c->clients[i].fd, SOL_SOCKET, SO_LINGER, &reset,
                             sizeof(reset));
    for (int i = 0; i < c->count; i++)
        if (c->clients[i].fd != -1)
            end(&c->clients[i], THRONG_GONE);
    c->count = 0;
}

void
throng_clear(struct throng *c)
{
    throng_leave(c, THRONG_SERVED);
    for (int i = 0; i < c->count; i++)
        if (c->clients[i].fd != -1)
            end(&c->clients[i], THRONG_GONE);
    c->count = 0;
}

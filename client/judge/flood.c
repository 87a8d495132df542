#include "client/judge/flood.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"

#define ANSWER_LEN 3

enum talk_result
flood_open(struct flood *st, const struct target_server *s,
           enum talk_manner manner, const char *bytes, size_t len, size_t unit)
{
    *st = (struct flood){.bytes = bytes, .len = len, .unit = unit};
    return talk_open(&st->talk, &s->to, s->to_len, manner, s->limit_ns);
}

size_t
flood_send(struct flood *st, int64_t until)
{
    int64_t before = st->sent;

    while (st->sent < until) {
        size_t at = (size_t)(st->sent % (int64_t)st->len);
        size_t len = st->len - at;
        size_t n;

        if ((int64_t)len > until - st->sent)
            len = (size_t)(until - st->sent);
        n = talk_push(&st->talk, st->bytes + at, len);
        st->sent += (int64_t)n;
        if (n < len)
            break;
    }
    return (size_t)(st->sent - before);
}

static void
take(struct flood *st, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !st->wrong; i++) {
        st->part[st->part_len++] = bytes[i];
        if (st->part_len < ANSWER_LEN)
            continue;
        st->part_len = 0;
        if (memcmp(st->part, "ack", ANSWER_LEN) == 0)
            st->acks++;
        else if (memcmp(st->part, "nak", ANSWER_LEN) == 0)
            st->naks++;
        else
            st->wrong = true;
    }
}

void
flood_hear(struct flood *st)
{
    char bytes[16384];

    while (!flood_over(st)) {
        ssize_t n = recv(st->talk.fd, bytes, sizeof(bytes), 0);

        if (n > 0)
            take(st, bytes, (size_t)n);
        else if (n == 0)
            st->ended = true;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            st->broken = true;
    }
}

void
flood_wait(const struct flood *st, bool to_send, int ms)
{
    struct pollfd p = {.fd = st->talk.fd, .events = POLLIN};

    if (to_send)
        p.events |= POLLOUT;
    /* Whatever ends it, the next step sees what there is. */
    (void)poll(&p, 1, ms);
}

bool
flood_over(const struct flood *st)
{
    return st->talk.fd == -1 || st->ended || st->broken || st->wrong;
}

bool
flood_send_all(struct flood *st, int64_t until, int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    while (!flood_over(st) && st->sent < until && clock_now() < deadline_ns) {
        if (flood_send(st, until) > 0)
            deadline_ns = clock_now() + ns;
        flood_hear(st);
        if (st->sent < until)
            flood_wait(st, true, clock_timeout_ms(deadline_ns));
    }
    return st->sent >= until;
}

bool
flood_hear_all(struct flood *st, int64_t answers, int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    for (;;) {
        int64_t before = st->acks + st->naks;

        flood_hear(st);
        if (st->acks + st->naks >= answers)
            return true;
        if (st->acks + st->naks > before)
            deadline_ns = clock_now() + ns;
        if (flood_over(st) || clock_now() >= deadline_ns)
            return false;
        flood_wait(st, false, clock_timeout_ms(deadline_ns));
    }
}

void
flood_widen(const struct flood *st, int bytes)
{
    /* If it cannot, reading takes longer. */
    (void)setsockopt(st->talk.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

void
flood_close(struct flood *st)
{
    talk_close(&st->talk);
}

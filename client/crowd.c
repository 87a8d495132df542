#include "client/crowd.h"

#include <errno.h>
#include <poll.h>

#include "common/clock.h"

bool
crowd_open(struct crowd *c, const struct subject *s, int count)
{
    bool all = true;

    *c = (struct crowd){.subject = s, .count = count};
    for (int i = 0; i < count; i++) {
        all = subject_visit(s, &c->clients[i]) == TALK_OK && all;
        all = talk_say(&c->clients[i], "hello") == TALK_OK && all;
    }
    return all;
}

/* Waits until somebody who is not yet answered hears something; returns false
 * if nobody does. */
static bool
await_any(const struct crowd *c, int64_t deadline_ns)
{
    struct pollfd fds[CROWD_MAX];
    int n;

    for (int i = 0; i < c->count; i++)
        fds[i] = (struct pollfd){
            .fd = c->answered[i] ? -1 : c->clients[i].fd,
            .events = POLLIN,
        };
    do
        n = poll(fds, (nfds_t)c->count, clock_timeout_ms(deadline_ns));
    while (n == -1 && errno == EINTR);
    return n > 0;
}

/* Takes in what a client hears now. */
static void
listen_to(struct crowd *c, int client)
{
    enum talk_result result = talk_hear(&c->clients[client], "ack", 0);

    if (result == TALK_OK) {
        c->answered[client] = true;
        c->served++;
    } else if (result != TALK_SILENCE) {
        talk_close(&c->clients[client]); /* it has been refused */
    }
}

int
crowd_listen(struct crowd *c, int64_t quiet_ns)
{
    while (c->served < c->count && await_any(c, clock_now() + quiet_ns))
        for (int i = 0; i < c->count; i++)
            if (!c->answered[i] && c->clients[i].fd != -1)
                listen_to(c, i);
    return c->served;
}

void
crowd_leave(struct crowd *c, int client)
{
    struct talk *t = &c->clients[client];

    if (t->fd != -1 && c->answered[client] && talk_say(t, "goodbye") == TALK_OK)
        /* Until the server has closed, too, its place may still be taken. */
        (void)talk_hear_end(t, c->subject->limit_ns);
    talk_close(t);
}

void
crowd_close(struct crowd *c)
{
    for (int i = 0; i < c->count; i++)
        talk_close(&c->clients[i]);
}

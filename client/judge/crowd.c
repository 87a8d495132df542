#include "client/judge/crowd.h"

#include <errno.h>
#include <poll.h>

#include "common/clock.h"

#define VISITS     2
#define CONNECT_NS (700 * CLOCK_MS) /* before a client would try again */

/* Connects a client; if the listen queue is full, once more when those in it
 * have had time to be taken out. */
static enum talk_result
visit(struct crowd *c, struct talk *t)
{
    enum talk_result result = TALK_BROKEN;

    for (int i = 0; i < VISITS && result != TALK_OK; i++)
        result = talk_open(t, &c->subject->to, c->subject->to_len, TALK_PLAIN,
                           CONNECT_NS);
    return result;
}

bool
crowd_open(struct crowd *c, const struct target_server *s, int count)
{
    *c = (struct crowd){.subject = s};
    while (c->count < count) {
        struct talk *t = &c->clients[c->count++];

        /* Where one does not get in, those behind it do not, either. */
        if (visit(c, t) != TALK_OK)
            return false;
        /* If it has been refused, that is heard. */
        (void)talk_say(t, "hello");
    }
    return true;
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

/* Takes in what a client hears now; an answer may come in pieces. */
static void
listen_to(struct crowd *c, int client)
{
    static const char answer[] = "ack";
    struct talk *t = &c->clients[client];
    enum talk_result result = TALK_OK;

    while (result == TALK_OK && c->heard[client] < sizeof(answer) - 1) {
        char next[2] = {answer[c->heard[client]], '\0'};

        result = talk_hear(t, next, 0);
        c->heard[client] += result == TALK_OK;
    }
    if (result == TALK_OK) {
        c->answered[client] = true;
        c->served++;
    } else if (result != TALK_SILENCE) {
        talk_close(t); /* it has been refused, or answered wrongly */
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

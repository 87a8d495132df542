#include "client/judge/probes.h"

#include <errno.h>

#include "common/clock.h"

#define MESSAGE       "hello\x03"
#define MESSAGE_LEN   ((int)sizeof(MESSAGE) - 1)
#define BEGINNING_LEN 3
#define TRIES         2
#define WAIT_NS       (2 * CLOCK_S)
#define WAIT_TIMES    10
#define CONNECT_NS    (700 * CLOCK_MS) /* the kernel tries again after 1 s */

int
probes_add(struct probes *all, const struct target_server *s, int n,
           enum probes_text text)
{
    static const int lengths[] = {
        [PROBES_MESSAGE] = MESSAGE_LEN,
        [PROBES_BEGINNING] = BEGINNING_LEN,
        [PROBES_NOTHING] = 0,
    };
    int added = 0;

    while (added < n && all->count < PROBE_MAX) {
        struct probe *p = &all->list[all->count];

        *p = (struct probe){
            .bytes = MESSAGE,
            .len = MESSAGE_LEN,
            .to_send = lengths[text],
            .expected = "ack",
            .answers_due = text == PROBES_MESSAGE,
        };
        probe_start(p, s);
        if (p->error == EMFILE || p->error == ENFILE)
            break;
        all->count++;
        added++;
    }
    return added;
}

/* Connects one more; if the accept queue is full, once more when the server has
 * had time to accept. */
static bool
open_one(struct probes *all, const struct target_server *s)
{
    for (int i = 0; i < TRIES; i++) {
        struct probe *p = &all->list[all->count];

        if (probes_add(all, s, 1, PROBES_MESSAGE) == 0)
            return false;
        probe_wait(p, 1, PROBE_SENT, CONNECT_NS, CONNECT_NS);
        if (p->was_connected)
            return true;
        probe_close(p);
        all->count--;
    }
    return false;
}

void
probes_open(struct probes *all, const struct target_server *s, int n)
{
    all->count = 0;
    while (all->count < n && open_one(all, s))
        ;
}

void
probes_wait(struct probes *all, enum probe_until until, int64_t silence_ns,
            int64_t limit_ns)
{
    if (all->count > 0)
        probe_wait(all->list, all->count, until, silence_ns, limit_ns);
}

void
probes_connect(struct probes *all, const struct target_server *s, int n,
               enum probes_text text)
{
    (void)probes_add(all, s, n, text);
    probes_wait(all, PROBE_CONNECTED, s->limit_ns, s->limit_ns);
}

int
probes_wait_served(struct probes *all)
{
    if (all->count > 0) {
        const struct target_server *s = all->list[0].server;

        probes_wait(all, PROBE_ANSWERED, s->silence_ns, 2 * s->limit_ns);
    }
    return probes_count(all, PROBES_SERVED);
}

void
probes_wait_answers(struct probes *all)
{
    int64_t silence_ns = all->count > 0 ? all->list[0].server->limit_ns : 0;

    silence_ns += WAIT_NS;
    probes_wait(all, PROBE_ANSWERED, silence_ns, WAIT_TIMES * silence_ns);
}

static enum probes_state
state_of(const struct probe *p)
{
    if (p->fd == -1 && p->result == PROBE_OK)
        return PROBES_LEFT;
    if (p->fd == -1)
        return p->result == PROBE_WRONG ? PROBES_WRONG : PROBES_REFUSED;
    if (p->connecting)
        return PROBES_CONNECTING;
    return p->answers > 0 ? PROBES_SERVED : PROBES_WAITING;
}

bool
probes_is_served(const struct probe *p)
{
    return state_of(p) == PROBES_SERVED;
}

int
probes_count(const struct probes *all, enum probes_state state)
{
    int n = 0;

    for (int i = 0; i < all->count; i++)
        n += state_of(&all->list[i]) == state;
    return n;
}

void
probes_leave(struct probes *all)
{
    for (int i = 0; i < all->count; i++) {
        struct probe *p = &all->list[i];

        p->leaves = true;
        if (state_of(p) == PROBES_SERVED)
            probe_leave(p);
    }
}

void
probes_close_those(struct probes *all, enum probes_state state)
{
    for (int i = 0; i < all->count; i++)
        if (state_of(&all->list[i]) == state)
            probe_close(&all->list[i]);
}

void
probes_reset(struct probes *all)
{
    for (int i = 0; i < all->count; i++)
        probe_reset(&all->list[i]);
    all->count = 0;
}

void
probes_close(struct probes *all)
{
    for (int i = 0; i < all->count; i++)
        probe_close(&all->list[i]);
    all->count = 0;
}

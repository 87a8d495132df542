#include "common/conns_deadlines.h"

#include <stddef.h>

#include "common/clock.h"
#include "common/stop.h"

void
conns_set_deadline(struct conn *c, struct deadline_queue *q, int64_t when_ns)
{
    /* Putting it at its place in the queue again might take many steps. */
    if (c->deadline.next != NULL && c->deadline.when_ns == when_ns)
        return;
    deadline_remove(&c->deadline);
    deadline_add(q, &c->deadline, when_ns);
}

void
conns_limit_silence(struct conns *all, struct conn *c)
{
    if (all->stopping && c->deadline.next == NULL)
        conns_set_deadline(c, &all->closing, clock_now() + LINGER_NS);
    else if (!all->stopping && all->opt->idle_ns > 0)
        conns_set_deadline(c, &all->idle, clock_now() + all->opt->idle_ns);
}

void
conns_limit_linger(struct conns *all, struct conn *c, enum linger_need need)
{
    /* While the server stops, it looks again even if nothing comes. */
    if (need == LINGER_LOOK || all->stopping)
        conns_set_deadline(c, &all->looks, clock_now() + LINGER_LOOK_NS);
    else
        conns_set_deadline(c, &all->closing, c->linger.end_ns);
}

/* Takes the first client out of the queue if it is due, and returns it; or
 * returns NULL. */
static struct conn *
take_due(struct deadline_queue *q, int64_t now_ns)
{
    struct deadline *first = deadline_first(q);

    if (first == NULL || first->when_ns > now_ns)
        return NULL;
    deadline_remove(first);
    return (struct conn *)first;
}

/* Takes the first client whose work is due, and returns it; or returns NULL. */
static struct conn *
take_work_due(struct conns *all, int64_t now_ns)
{
    /* No work begins between a stop request and conns_stop. */
    return all->stopping || !stop_requested() ? take_due(&all->working, now_ns)
                                              : NULL;
}

struct conn *
conns_work_due(struct conns *all, int64_t now_ns)
{
    struct conn *c = take_work_due(all, now_ns);

    if (c != NULL)
        client_work_begins(&c->client);
    return c;
}

struct conn *
conns_turn_due(struct conns *all, int64_t now_ns)
{
    return take_due(&all->turns, now_ns);
}

struct conn *
conns_take_work(struct conns *all, int64_t now_ns)
{
    struct conn *c = NULL;

    if (all->away < CONNS_AWAY_MAX)
        c = take_work_due(all, now_ns);
    if (c != NULL) {
        c->state = CONN_AWAY;
        all->away++;
    }
    return c;
}

struct conn *
conns_expired(struct conns *all, int64_t asked_ns)
{
    struct conn *c = take_due(&all->idle, asked_ns);

    if (c == NULL)
        c = take_due(&all->closing, clock_now());
    if (c == NULL)
        c = take_due(&all->looks, clock_now());
    return c;
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
conns_next_due(const struct conns *all)
{
    int64_t when_ns =
        earlier(deadline_next(&all->idle), earlier(deadline_next(&all->closing),
                                                   deadline_next(&all->looks)));

    when_ns = earlier(when_ns, deadline_next(&all->turns));
    /* Otherwise conns_take_work returns NULL until a client comes back. */
    if (all->away < CONNS_AWAY_MAX)
        when_ns = earlier(when_ns, deadline_next(&all->working));
    return all->resume_ns > 0 ? earlier(when_ns, all->resume_ns) : when_ns;
}

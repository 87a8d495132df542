#include "common/conns.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/accept.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/service.h"
#include "common/stop.h"

_Static_assert(sizeof(struct conn) <= 128, "ten thousand of them are small");
_Static_assert(CONNS_AWAY_MAX >= WORKERS_MAX, "each worker can have a client");

void *
conns_table(const struct conns *all, size_t size)
{
    /* The kernel provides memory only for the pages that are used, and it gives
     * the lowest descriptors first. */
    void *table = calloc((size_t)all->fd_limit, size);

    if (table == NULL)
        die("calloc");
    return table;
}

void
conns_init(struct conns *all, const struct options *opt, int fd_limit)
{
    int open_max = net_raise_limit();

    if (fd_limit > open_max)
        fd_limit = open_max;
    *all = (struct conns){.opt = opt, .fd_limit = fd_limit};
    all->by_fd = conns_table(all, sizeof(*all->by_fd));
    deadline_init(&all->working);
    deadline_init(&all->idle);
    deadline_init(&all->closing);
    deadline_init(&all->looks);
    deadline_init(&all->turns);
}

void
conns_free(struct conns *all)
{
    assert(conns_first(all) == NULL);
    free(all->by_fd);
    while (all->spares > 0)
        free(all->spare[--all->spares]);
}

struct conn *
conns_find(const struct conns *all, int fd)
{
    if (fd >= all->fd_limit || all->by_fd[fd].state == CONN_ABSENT)
        return NULL;
    return &all->by_fd[fd];
}

/* Returns the client with the lowest descriptor from fd on, or NULL. */
static struct conn *
find_from(const struct conns *all, int fd)
{
    while (fd < all->fd_end && all->by_fd[fd].state == CONN_ABSENT)
        fd++;
    return fd < all->fd_end ? &all->by_fd[fd] : NULL;
}

struct conn *
conns_first(const struct conns *all)
{
    return find_from(all, 0);
}

struct conn *
conns_after(const struct conns *all, const struct conn *c)
{
    return find_from(all, (int)(c - all->by_fd) + 1);
}

void
conns_set_deadline(struct conn *c, struct deadline_queue *q, int64_t when_ns)
{
    /* Looking for its place again might take many steps. */
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
    /* A server that stops looks again even if nothing comes. */
    if (need == LINGER_LOOK || all->stopping)
        conns_set_deadline(c, &all->looks, clock_now() + LINGER_LOOK_NS);
    else
        conns_set_deadline(c, &all->closing, c->linger.end_ns);
}

/* The client need not send anything: the loop works for it as soon as it has
 * come.  Without memory, the client waits until the loop hears from it. */
static void
begin_at_once(struct conns *all, struct conn *c)
{
    if (!conns_lend_buffer(all, c))
        return;
    if (all->opt->delay_ns > 0)
        client_work_begins(&c->client);
    c->state = CONN_WORKING;
    conns_set_deadline(c, &all->working, clock_now() + all->opt->delay_ns);
}

struct conn *
conns_add(struct conns *all, const struct client *client)
{
    struct conn *c;

    if (client->fd >= all->fd_limit) {
        accept_refuse(client, "descriptor-too-high");
        return NULL;
    }
    c = &all->by_fd[client->fd];
    *c = (struct conn){.client = *client, .state = CONN_TALKING};
    client_begin(&c->client, all->opt);
    if (client->fd >= all->fd_end)
        all->fd_end = client->fd + 1;
    if (service_mode() & SESSION_ONCE)
        begin_at_once(all, c);
    else
        conns_limit_silence(all, c);
    return c;
}

/* Does what follows an attempt to accept: adds the client, or begins a pause if
 * there is none because something is scarce. */
static struct conn *
accepted(struct conns *all, enum accept_result result,
         const struct client *client)
{
    struct conn *c = NULL;

    if (result == ACCEPT_CLIENT)
        c = conns_add(all, client);
    all->drained = result == ACCEPT_NONE;
    if (result == ACCEPT_SCARCE)
        all->resume_ns = clock_now() + ACCEPT_PAUSE_NS;
    else if (c == NULL && !all->drained)
        all->resume_ns = clock_now();
    all->accepted = c == NULL ? 0 : all->accepted + 1;
    return c;
}

struct conn *
conns_accept(struct conns *all, int listener)
{
    struct client client = {.fd = -1};
    enum accept_result result = ACCEPT_LOST;

    if (all->accepted < CONNS_ACCEPTS)
        result = accept_nonblocking(listener, &client);
    return accepted(all, result, &client);
}

struct conn *
conns_accept_completed(struct conns *all, int result)
{
    struct client client = {.fd = -1};
    enum accept_result accept = accept_completed(result, &client);

    return accepted(all, accept, &client);
}

bool
conns_lend_buffer(struct conns *all, struct conn *c)
{
    struct session_buffer *b;

    if (c->client.session.buffer != NULL)
        return true;
    /* The one that was used last is most likely still in a cache. */
    b = all->spares > 0 ? all->spare[--all->spares] : malloc(sizeof(*b));
    if (b != NULL)
        session_lend(&c->client.session, b);
    return b != NULL;
}

void
conns_take_buffer_back(struct conns *all, struct conn *c)
{
    if (c->client.session.buffer != NULL && all->spares < CONNS_SPARE)
        all->spare[all->spares++] = c->client.session.buffer;
    else
        free(c->client.session.buffer);
    c->client.session.buffer = NULL;
}

void
conns_remove(struct conns *all, struct conn *c)
{
    deadline_remove(&c->deadline);
    conns_take_buffer_back(all, c);
    all->resume_ns = 0; /* a descriptor has become free */
    c->state = CONN_ABSENT;
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

/* Does this for the clients with work. */
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

enum watch
conns_watch_listener(struct conns *all)
{
    if (all->resume_ns > 0 && all->resume_ns <= clock_now())
        all->resume_ns = 0;
    return all->resume_ns == 0 ? WATCH_INPUT : WATCH_NOTHING;
}

struct conn *
conns_stop(struct conns *all)
{
    all->stopping = true;
    while (deadline_first(&all->idle) != NULL) /* now LINGER_NS limits them */
        deadline_remove(deadline_first(&all->idle));
    all->resume_ns = 0; /* nothing waits for the end of the pause any more */
    return conns_first(all);
}

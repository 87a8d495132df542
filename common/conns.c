#include "common/conns.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/accept.h"
#include "common/clock.h"
#include "common/conns_deadlines.h"
#include "common/log.h"
#include "common/net.h"
#include "common/service.h"

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

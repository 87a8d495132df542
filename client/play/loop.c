#include "client/play/loop.h"

#include <errno.h>
#include <stdlib.h>

#include "client/play/readiness.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

#define EVENTS_MAX        512
#define DESCRIPTORS_SPARE 32 /* standard streams, the pipe, ... */
/* If nothing happens, the loop wakes up every LOOK_NS.  If it sleeps for
 * another GAP_NS, this program did not run. */
#define LOOK_NS    (CLOCK_S / 2)
#define GAP_NS     (CLOCK_S / 2)
#define STOP_EVENT (UINT32_MAX - 1) /* no client's number */

int
loop_lacks_descriptors(int clients)
{
    int needed = clients + DESCRIPTORS_SPARE;

    return net_raise_limit() < needed ? needed : 0;
}

void
loop_open(struct loop *l, const struct plan *plan, int clients,
          const struct address_list *to,
          const struct client_callbacks *callbacks, void *context, int stop_fd)
{
    *l = (struct loop){
        .group = {.plan = *plan,
                  .callbacks = callbacks,
                  .context = context,
                  .to = to},
        .clients = calloc((size_t)clients, sizeof(*l->clients)),
        .count = clients,
    };
    if (l->clients == NULL)
        die("memory for the clients");
    if (!readiness_open(&l->group.readiness))
        die("cannot wait for clients");
    for (int i = 0; i < 2; i++)
        deadline_init(&l->group.pauses[i]);
    for (int i = 0; i < clients; i++)
        l->clients[i] =
            (struct client){.number = i, .fd = -1, .granted = INT64_MAX};
    errno = readiness_add_input(&l->group.readiness, stop_fd, STOP_EVENT);
    if (errno != 0)
        die("cannot wait for a stop request");
    l->group.origin_ns = clock_now();
}

void
loop_close(struct loop *l)
{
    readiness_close(&l->group.readiness);
    free(l->clients);
}

int64_t
loop_now(const struct loop *l)
{
    return clock_now() - l->group.origin_ns;
}

/* Lets the clients go on whose pauses have ended. */
static void
end_pauses(struct loop *l, struct deadline_queue *q)
{
    while (deadline_next(q) <= l->woken_ns)
        client_step(&l->group, (struct client *)deadline_first(q), 0);
}

bool
loop_wait(struct loop *l, int64_t until_ns)
{
    struct readiness_event events[EVENTS_MAX];
    int64_t before_ns = l->woken_ns;
    int64_t now_ns = loop_now(l);
    int64_t next_ns;
    bool stopped = false;
    int n;

    if (now_ns >= l->look_ns)
        l->look_ns = now_ns + LOOK_NS;
    next_ns = until_ns < l->look_ns ? until_ns : l->look_ns;
    for (int i = 0; i < 2; i++)
        if (deadline_next(&l->group.pauses[i]) < next_ns)
            next_ns = deadline_next(&l->group.pauses[i]);
    if (now_ns - l->woken_ns > l->lag_ns)
        l->lag_ns = now_ns - l->woken_ns;
    n = readiness_wait(&l->group.readiness, events, EVENTS_MAX,
                       l->group.origin_ns + next_ns);
    if (n == -1)
        die("cannot wait for clients");
    l->woken_ns = loop_now(l);
    if (l->woken_ns - before_ns > LOOK_NS + GAP_NS)
        l->stopped_ns += l->woken_ns - before_ns;
    for (int i = 0; i < n; i++)
        if (events[i].id == STOP_EVENT)
            stopped = true;
        else
            client_step(&l->group, &l->clients[events[i].id], events[i].what);
    for (int i = 0; i < 2; i++)
        end_pauses(l, &l->group.pauses[i]);
    return !stopped;
}

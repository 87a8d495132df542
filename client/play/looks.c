#include "client/play/looks.h"

#include <sys/socket.h>

#include "common/clock.h"

#define CLIENTS_MAX 64 /* looked at in a row */
#define PAUSE_NS    (20 * CLOCK_MS)
#define COST_TIMES  300 /* a pause is at least so many times the cost */

/* An answer that takes longer is dropped, since this program did not run
 * meanwhile: nobody knows when the answer was true. */
#define LONGEST_NS (2 * CLOCK_MS)

void
looks_open(struct looks *l)
{
    *l = (struct looks){.kernel = {.fd = -1}};
}

static void
look_at(struct looks *l, const struct loop *loop, const struct client *c,
        struct record *r)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    struct kernel_connection found;
    int64_t asked_ns;

    if (c->fd == -1 || c->state == CLIENT_CONNECTING)
        return;
    if (l->kernel.fd == -1) {
        /* Only a connected client knows which address the server has. */
        if (getpeername(c->fd, (struct sockaddr *)&address, &len) == -1)
            return;
        if (!kernel_open(&l->kernel, &address)) {
            r->look_ns = RECORD_NEVER;
            l->due_ns = CLOCK_NEVER;
            return;
        }
    }
    len = sizeof(address);
    if (getsockname(c->fd, (struct sockaddr *)&address, &len) == -1)
        return;
    asked_ns = loop_now(loop);
    found = kernel_ask(&l->kernel, &address);
    if (loop_now(loop) - asked_ns > LONGEST_NS)
        return;
    record_add_look(r, c->number,
                    &(struct record_look){.seen_ns = asked_ns,
                                          .place = found.place,
                                          .unread = found.unread});
    l->count++;
}

void
looks_take(struct looks *l, const struct loop *loop, struct record *r,
           int started)
{
    int64_t now_ns = loop_now(loop);
    int64_t cpu_ns;
    int64_t pause_ns;

    if (now_ns < l->due_ns)
        return;
    cpu_ns = clock_used();
    for (int i = 0; i < CLIENTS_MAX && i < started && l->due_ns != CLOCK_NEVER;
         i++) {
        l->client = (l->client + 1) % started;
        look_at(l, loop, &loop->clients[l->client], r);
    }
    if (l->due_ns == CLOCK_NEVER)
        return;
    pause_ns = COST_TIMES * (clock_used() - cpu_ns);
    l->due_ns = now_ns + (pause_ns > PAUSE_NS ? pause_ns : PAUSE_NS);
}

void
looks_close(struct looks *l, struct record *r)
{
    int64_t present_ns = 0; /* the time of all clients together */

    for (int i = 0; i < r->plan.clients; i++)
        if (r->clients[i].connected_ns != RECORD_NEVER)
            present_ns += record_end_ns(r, i) - r->clients[i].connected_ns;
    if (l->count > 0)
        r->look_ns = present_ns / l->count;
    kernel_close(&l->kernel);
}

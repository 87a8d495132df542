#include "client/draw/lanes.h"

#include <stdlib.h>

#include "client/memory.h"

struct finish {
    int64_t ended_ns;
    int client;
};

static int
compare_finishes(const void *a, const void *b)
{
    const struct finish *x = a;
    const struct finish *y = b;

    if (x->ended_ns != y->ended_ns)
        return x->ended_ns > y->ended_ns ? 1 : -1;
    return (x->client > y->client) - (x->client < y->client);
}

static void
add(struct lanes *lanes, struct lane lane)
{
    lanes->list[lanes->count++] = lane;
}

/* Adds the clients that ended first and those that ended last.  Those that have
 * not ended count as last. */
static void
add_ends(struct lanes *lanes, const struct record *r, int most)
{
    int clients = r->plan.clients;
    int half = (most - 1) / 2;
    struct finish *order = memory_get((size_t)clients, sizeof(*order));

    if (half > LANES_ENDS_MAX)
        half = LANES_ENDS_MAX;
    for (int i = 0; i < clients; i++) {
        int64_t ended_ns = r->clients[i].ended_ns;

        order[i].client = i;
        order[i].ended_ns = ended_ns != RECORD_NEVER ? ended_ns : INT64_MAX;
    }
    qsort(order, (size_t)clients, sizeof(*order), compare_finishes);
    for (int i = 0; i < half; i++)
        add(lanes, (struct lane){.number = order[i].client});
    add(lanes, (struct lane){.more = true, .number = clients - 2 * half});
    for (int i = clients - half; i < clients; i++)
        add(lanes, (struct lane){.number = order[i].client});
    free(order);
}

/* Returns how many workers there are if their lanes show something that the
 * lanes of the clients do not show, which is so if there are several workers,
 * but fewer than clients; otherwise 0. */
static int
count_workers(const struct record *r)
{
    return r->worker_count > 1 && r->worker_count < r->plan.clients
               ? r->worker_count
               : 0;
}

struct lanes
lanes_open(const struct panel *panel, int clients_most, int workers_most)
{
    const struct record *r = panel->record;
    int clients = r->plan.clients;
    int workers = count_workers(r);
    struct lanes lanes = {.panel = panel};

    lanes.list =
        memory_get((size_t)(clients + workers) + 2, sizeof(*lanes.list));
    if (clients > clients_most)
        add_ends(&lanes, r, clients_most);
    else
        for (int i = 0; i < clients; i++)
            add(&lanes, (struct lane){.number = i});
    for (int i = 0; i < workers && i < workers_most; i++)
        add(&lanes, (struct lane){.of_worker = true, .number = i});
    if (workers > workers_most)
        add(&lanes, (struct lane){.of_worker = true,
                                  .more = true,
                                  .number = workers - workers_most});
    return lanes;
}

struct spans
lanes_spans(const struct panel *panel, const struct lane *lane)
{
    if (lane->of_worker)
        return spans_of_worker(panel->record, panel->figures, lane->number);
    return spans_of_client(panel->record, panel->figures, lane->number);
}

struct text_scale
lanes_scale(const struct lanes *lanes, int count, int64_t min_ns)
{
    int64_t max_ns = 0;

    for (int i = 0; i < count; i++) {
        const struct panel *panel = lanes[i].panel;

        if (panel->figures->all_done_ns > max_ns)
            max_ns = panel->figures->all_done_ns;
        for (int j = 0; j < lanes[i].count; j++) {
            const struct lane *lane = &lanes[i].list[j];
            int64_t all_ns = lane->of_worker || lane->more
                                 ? 0
                                 : figures_all_ns(panel->record, lane->number);

            if (all_ns > 0 && all_ns < min_ns)
                min_ns = all_ns;
        }
    }
    return text_scale(min_ns < INT64_MAX ? min_ns : 0, max_ns);
}

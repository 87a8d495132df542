#include "client/draw/chosen_rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* Puts the clients into the order in which they ended.  Those that have not
 * ended come last. */
static int
sort_by_end(int *clients, const struct record *r)
{
    size_t count = (size_t)r->plan.clients;
    struct finish *order = calloc(count, sizeof(*order));

    if (order == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int64_t ended_ns = r->clients[i].ended_ns;

        order[i].client = (int)i;
        order[i].ended_ns = ended_ns != RECORD_NEVER ? ended_ns : INT64_MAX;
    }
    qsort(order, count, sizeof(*order), compare_finishes);
    for (size_t i = 0; i < count; i++)
        clients[i] = order[i].client;
    free(order);
    return 0;
}

int
chosen_rows_choose(struct chosen_rows *rows, const struct record *r, int most)
{
    int clients = r->plan.clients;
    int half = (most - 1) / 2;

    if (half > CHOSEN_ROWS_ENDS_MAX)
        half = CHOSEN_ROWS_ENDS_MAX;
    if (half < 1)
        half = 1;
    *rows = (struct chosen_rows){.count = clients};
    rows->clients = calloc((size_t)clients, sizeof(*rows->clients));
    if (rows->clients == NULL)
        return -1;
    for (int i = 0; i < clients; i++)
        rows->clients[i] = i;
    if (clients <= most)
        return 0;
    if (sort_by_end(rows->clients, r) == -1) {
        chosen_rows_close(rows);
        return -1;
    }
    memmove(rows->clients + half, rows->clients + clients - half,
            (size_t)half * sizeof(*rows->clients));
    rows->count = 2 * half;
    rows->gap_at = half;
    rows->hidden = clients - rows->count;
    return 0;
}

void
chosen_rows_close(struct chosen_rows *rows)
{
    free(rows->clients);
    rows->clients = NULL;
}

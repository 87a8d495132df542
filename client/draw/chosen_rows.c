#include "client/draw/chosen_rows.h"

#include <stdint.h>
#include <stdlib.h>

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

/* Returns the clients in the order in which they ended, to be freed; or NULL.
 */
static struct finish *
finishing_order(const struct record *r)
{
    int clients = r->plan.clients;
    struct finish *order = calloc((size_t)clients, sizeof(*order));

    if (order == NULL)
        return NULL;
    for (int i = 0; i < clients; i++) {
        order[i].client = i;
        order[i].ended_ns = r->clients[i].ended_ns;
        if (order[i].ended_ns == RECORD_NEVER)
            order[i].ended_ns = INT64_MAX;
    }
    qsort(order, (size_t)clients, sizeof(*order), compare_finishes);
    return order;
}

static int
choose_ends(struct chosen_rows *rows, const struct record *r, int half)
{
    int clients = r->plan.clients;
    struct finish *order = finishing_order(r);

    if (order == NULL)
        return -1;
    for (int i = 0; i < half; i++) {
        rows->clients[i] = order[i].client;
        rows->clients[half + i] = order[clients - half + i].client;
    }
    free(order);
    rows->count = 2 * half;
    rows->gap_at = half;
    rows->hidden = clients - 2 * half;
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
    if (clients <= most || choose_ends(rows, r, half) == 0)
        return 0;
    chosen_rows_close(rows);
    return -1;
}

void
chosen_rows_close(struct chosen_rows *rows)
{
    free(rows->clients);
    rows->clients = NULL;
}

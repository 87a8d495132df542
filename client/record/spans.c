#include "client/record/spans.h"

#include <stdlib.h>

#define ROOM_FIRST 16

static int
append(struct spans *bars, const struct spans_bar *bar)
{
    if (bars->count == bars->room) {
        int room = bars->room > 0 ? 2 * bars->room : ROOM_FIRST;
        struct spans_bar *more =
            realloc(bars->bar, (size_t)room * sizeof(*more));

        if (more == NULL)
            return -1;
        bars->bar = more;
        bars->room = room;
    }
    bars->bar[bars->count++] = *bar;
    return 0;
}

static bool
same_stretch(const struct spans_bar *a, const struct spans_bar *b)
{
    return a->client == b->client && a->worker == b->worker &&
           !a->other_clients && !a->other_workers;
}

/* Tells whether next is too short to be drawn apart from the one before it. */
static bool
belongs_to(const struct spans_bar *before, const struct spans_bar *next,
           int64_t close_ns)
{
    if (next->ended_ns - next->began_ns >= close_ns)
        return false;
    if (next->began_ns - before->began_ns < close_ns)
        return true;
    return same_stretch(before, next) &&
           next->began_ns - before->ended_ns < close_ns;
}

/* Adds what follows the last bar of the same lane and kind; from is where the
 * bars of those begin. */
static int
add(struct spans *bars, int from, const struct spans_bar *next)
{
    struct spans_bar *before;

    if (bars->count == from)
        return append(bars, next);
    before = &bars->bar[bars->count - 1];
    if (!belongs_to(before, next, bars->close_ns))
        return append(bars, next);
    if (next->client != before->client)
        before->other_clients = true;
    if (next->worker != before->worker)
        before->other_workers = true;
    if (next->ended_ns > before->ended_ns)
        before->ended_ns = next->ended_ns;
    if (next->client == before->client)
        before->last = next->first;
    return 0;
}

/* Returns when nobody waited for a message any more that was not answered. */
static int64_t
given_up_ns(const struct record *r, int client)
{
    int64_t ended_ns = r->clients[client].ended_ns;

    return ended_ns != RECORD_NEVER ? ended_ns : r->ended_ns;
}

static struct spans_bar
served_bar(const struct panel *p, int client, int number)
{
    const struct record_service *told =
        record_service(p->record, client, number);
    struct figures_span span =
        figures_service(p->figures, p->record, client, number);

    return (struct spans_bar){
        .kind = SPANS_SERVED,
        .client = client,
        .first = number,
        .last = number,
        .worker = told != NULL ? told->worker : -1,
        .began_ns = span.began_ns,
        .ended_ns = span.ended_ns,
    };
}

static struct spans_bar
waiting_bar(const struct panel *p, int client, int number)
{
    struct spans_bar bar = served_bar(p, client, number);

    bar.kind = SPANS_WAITING;
    bar.worker = -1;
    bar.ended_ns = bar.began_ns != RECORD_NEVER
                       ? bar.began_ns
                       : given_up_ns(p->record, client);
    bar.began_ns = record_message(p->record, client, number)->sent_ns;
    return bar;
}

/* With several messages in flight one waits while another does: what is drawn
 * already is left out. */
static int
add_waiting(struct spans *bars, const struct panel *p, int client)
{
    int64_t drawn_ns = 0;

    for (int i = 0; i < p->record->clients[client].sent; i++) {
        struct spans_bar bar = waiting_bar(p, client, i);

        if (bar.began_ns < drawn_ns)
            bar.began_ns = drawn_ns;
        if (bar.began_ns >= bar.ended_ns)
            continue;
        if (add(bars, 0, &bar) == -1)
            return -1;
        drawn_ns = bar.ended_ns;
    }
    return 0;
}

/* Of answers that came glued together the later have no time of service. */
static bool
was_served(const struct spans_bar *bar)
{
    return bar->began_ns != RECORD_NEVER && bar->began_ns < bar->ended_ns;
}

static int
add_served(struct spans *bars, const struct panel *p, int client)
{
    int from = bars->count;

    for (int i = 0; i < p->record->clients[client].sent; i++) {
        struct spans_bar bar = served_bar(p, client, i);

        if (was_served(&bar) && add(bars, from, &bar) == -1)
            return -1;
    }
    return 0;
}

int
spans_of_client(struct spans *bars, const struct panel *panel, int client,
                int64_t close_ns)
{
    *bars = (struct spans){.close_ns = close_ns};
    if (add_waiting(bars, panel, client) == 0 &&
        add_served(bars, panel, client) == 0)
        return 0;
    spans_close(bars);
    return -1;
}

static int
compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_bars(const void *a, const void *b)
{
    const struct spans_bar *x = a;
    const struct spans_bar *y = b;
    int order = compare_numbers(x->worker, y->worker);

    if (order == 0)
        order = compare_numbers(x->began_ns, y->began_ns);
    if (order == 0)
        order = compare_numbers(x->client, y->client);
    return order != 0 ? order : compare_numbers(x->first, y->first);
}

/* Collects all services of known workers. */
static int
collect(struct spans *all, const struct panel *p)
{
    for (int i = 0; i < p->record->plan.clients; i++)
        for (int j = 0; j < p->record->clients[i].sent; j++) {
            struct spans_bar bar = served_bar(p, i, j);

            if (bar.worker != -1 && was_served(&bar) && append(all, &bar) == -1)
                return -1;
        }
    if (all->count > 0)
        qsort(all->bar, (size_t)all->count, sizeof(*all->bar), compare_bars);
    return 0;
}

int
spans_of_workers(struct spans *bars, const struct panel *panel,
                 int64_t close_ns)
{
    struct spans all = {0};
    int status = collect(&all, panel);
    int from = 0;

    *bars = (struct spans){.close_ns = close_ns};
    for (int i = 0; status == 0 && i < all.count; i++) {
        if (i > 0 && all.bar[i].worker != all.bar[i - 1].worker)
            from = bars->count;
        status = add(bars, from, &all.bar[i]);
    }
    spans_close(&all);
    if (status == -1)
        spans_close(bars);
    return status;
}

void
spans_close(struct spans *bars)
{
    free(bars->bar);
    bars->bar = NULL;
    bars->count = 0;
    bars->room = 0;
}

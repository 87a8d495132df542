#include "client/record/spans.h"

#include <stdlib.h>

#define ROOM_FIRST 16

static int
append(struct spans *spans, struct span span)
{
    if (spans->count == spans->room) {
        int room = spans->room > 0 ? 2 * spans->room : ROOM_FIRST;
        struct span *list = realloc(spans->list, (size_t)room * sizeof(*list));

        if (list == NULL)
            return -1;
        spans->list = list;
        spans->room = room;
    }
    spans->list[spans->count++] = span;
    return 0;
}

/* Appends a span unless it has no length. */
static int
append_some(struct spans *spans, struct span span)
{
    return span.began_ns < span.ended_ns ? append(spans, span) : 0;
}

/* Returns the service of a message; began_ns is RECORD_NEVER if the server is
 * not known to have begun with it. */
static struct span
service_of(const struct record *r, const struct figures *f, int client,
           int number)
{
    const struct record_service *told = record_service(r, client, number);
    struct figures_span service = figures_service(f, r, client, number);

    return (struct span){
        .kind = SPANS_SERVED,
        .client = client,
        .first = number,
        .last = number,
        .worker = told != NULL ? told->worker : -1,
        .estimated = told == NULL || told->began_ns == RECORD_NEVER,
        .began_ns = service.began_ns,
        .ended_ns = service.ended_ns,
    };
}

/* Appends the spans of one message, from when it was sent until it was answered
 * or the client gave up. */
static int
append_message(struct spans *spans, const struct record *r,
               const struct figures *f, int client, int number)
{
    const struct record_message *m = record_message(r, client, number);
    int64_t until_ns = number < r->clients[client].answered
                           ? m->answered_ns
                           : record_end_ns(r, client);
    struct span service = service_of(r, f, client, number);
    struct span other = service;

    other.worker = -1;
    other.kind = SPANS_WAITING;
    other.began_ns = m->sent_ns;
    other.ended_ns =
        service.began_ns != RECORD_NEVER ? service.began_ns : until_ns;
    if (append_some(spans, other) == -1)
        return -1;
    if (service.began_ns == RECORD_NEVER)
        return 0;
    if (append(spans, service) == -1)
        return -1;
    other.kind = SPANS_RETURNING;
    other.began_ns = service.ended_ns;
    other.ended_ns = until_ns;
    return append_some(spans, other);
}

int
spans_of_client(struct spans *spans, const struct record *r,
                const struct figures *f, int client)
{
    *spans = (struct spans){.list = NULL};
    for (int i = 0; i < r->clients[client].sent; i++)
        if (append_message(spans, r, f, client, i) == -1) {
            spans_close(spans);
            return -1;
        }
    return 0;
}

static int
compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_services(const void *a, const void *b)
{
    const struct span *x = a;
    const struct span *y = b;
    int order = compare_numbers(x->worker, y->worker);

    if (order == 0)
        order = compare_numbers(x->began_ns, y->began_ns);
    if (order == 0)
        order = compare_numbers(x->client, y->client);
    return order != 0 ? order : compare_numbers(x->first, y->first);
}

int
spans_of_workers(struct spans *spans, const struct record *r,
                 const struct figures *f)
{
    *spans = (struct spans){.list = NULL};
    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].sent; j++) {
            struct span service = service_of(r, f, i, j);

            if (service.worker != -1 && append_some(spans, service) == -1) {
                spans_close(spans);
                return -1;
            }
        }
    if (spans->count > 0)
        qsort(spans->list, (size_t)spans->count, sizeof(*spans->list),
              compare_services);
    return 0;
}

int
spans_count_of(const struct spans *spans, int first, int worker)
{
    int end = first;

    while (end < spans->count && spans->list[end].worker == worker)
        end++;
    return end - first;
}

/* Tells whether next is too short to be drawn apart from the one before it. */
static bool
belongs_to(const struct span *before, const struct span *next, int64_t close_ns)
{
    if (next->ended_ns - next->began_ns >= close_ns)
        return false;
    if (next->began_ns - before->began_ns < close_ns)
        return true;
    return next->client == before->client && next->worker == before->worker &&
           !before->other_clients && !before->other_workers &&
           next->began_ns - before->ended_ns < close_ns;
}

static void
join(struct span *before, const struct span *next)
{
    if (next->client == before->client)
        before->last = next->first;
    else
        before->other_clients = true;
    if (next->worker != before->worker)
        before->other_workers = true;
    if (next->ended_ns > before->ended_ns)
        before->ended_ns = next->ended_ns;
}

int
spans_join(struct span *list, int count, int64_t close_ns)
{
    struct span *before[SPANS_KINDS] = {NULL};
    int kept = 0;

    for (int i = 0; i < count; i++) {
        struct span next = list[i];
        struct span **last = &before[next.kind];

        if (*last != NULL && next.kind != SPANS_SERVED &&
            next.began_ns < (*last)->ended_ns)
            next.began_ns = (*last)->ended_ns;
        if (next.began_ns >= next.ended_ns)
            continue;
        if (*last != NULL && belongs_to(*last, &next, close_ns)) {
            join(*last, &next);
        } else {
            *last = &list[kept++];
            **last = next;
        }
    }
    return kept;
}

void
spans_close(struct spans *spans)
{
    free(spans->list);
    *spans = (struct spans){.list = NULL};
}

#include "client/record/spans.h"

#include <stdlib.h>

#include "client/memory.h"

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
        .worker = told != NULL ? record_worker(r, told) : -1,
        .estimated = told == NULL || told->began_ns == RECORD_NEVER,
        .began_ns = service.began_ns,
        .ended_ns = service.ended_ns,
    };
}

/* Appends a span unless it has no length. */
static void
append(struct spans *spans, struct span span)
{
    if (span.began_ns < span.ended_ns)
        spans->list[spans->count++] = span;
}

/* Appends the spans of one message, from when it was sent until it was answered
 * or the client gave up. */
static void
append_message(struct spans *spans, const struct record *r,
               const struct figures *f, int client, int number)
{
    const struct record_message *m = record_message(r, client, number);
    int64_t until_ns = number < r->clients[client].answered
                           ? m->answered_ns
                           : record_end_ns(r, client);
    struct span service = service_of(r, f, client, number);
    struct span other = service;

    if (service.began_ns == RECORD_NEVER)
        service.began_ns = service.ended_ns = until_ns;
    other.worker = -1;
    other.kind = SPANS_WAITING;
    other.began_ns = m->sent_ns;
    other.ended_ns = service.began_ns;
    append(spans, other);
    append(spans, service);
    other.kind = SPANS_RETURNING;
    other.began_ns = service.ended_ns;
    other.ended_ns = until_ns;
    append(spans, other);
}

struct spans
spans_of_client(const struct record *r, const struct figures *f, int client)
{
    int sent = r->clients[client].sent;
    struct spans spans = {
        .list = memory_get(SPANS_KINDS * (size_t)sent, sizeof(*spans.list))};

    for (int i = 0; i < sent; i++)
        append_message(&spans, r, f, client, i);
    return spans;
}

static int
compare_begins(const void *a, const void *b)
{
    const struct span *x = a;
    const struct span *y = b;
    const int64_t keys[][2] = {
        {x->began_ns, y->began_ns},
        {x->client, y->client},
        {x->first, y->first},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

struct spans
spans_of_worker(const struct record *r, const struct figures *f, int worker)
{
    size_t messages = (size_t)r->plan.clients * (size_t)r->plan.messages;
    struct spans spans = {.list = memory_get(messages, sizeof(*spans.list))};

    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].sent; j++)
            if (record_service(r, i, j)->worker == r->worker_ids[worker])
                append(&spans, service_of(r, f, i, j));
    qsort(spans.list, (size_t)spans.count, sizeof(*spans.list), compare_begins);
    return spans;
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

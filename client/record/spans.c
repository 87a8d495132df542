#include "client/record/spans.h"

#include <stdlib.h>

#include "client/memory.h"

const char *const spans_words[SPANS_KINDS] = {
    [SPANS_LEAVING] = "waiting for the close",
    [SPANS_WAITING] = "waiting",
    [SPANS_ASKED] = "no answer",
    [SPANS_CONNECTING] = "not connected",
    [SPANS_QUEUED] = "in the accept queue",
    [SPANS_UNREAD] = "accepted, not read",
    [SPANS_READ] = "read, waiting",
    [SPANS_RETURNING] = "returning",
    [SPANS_SERVED] = "served",
};

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
    if (span.began_ns >= span.ended_ns)
        return;
    spans->list =
        memory_grow(spans->list, (size_t)spans->count + 1, sizeof(span));
    spans->list[spans->count++] = span;
}

static const enum spans_kind kinds[] = {
    [KERNEL_UNKNOWN] = SPANS_WAITING,      [KERNEL_NOWHERE] = SPANS_CONNECTING,
    [KERNEL_HALF_OPEN] = SPANS_CONNECTING, [KERNEL_QUEUED] = SPANS_QUEUED,
    [KERNEL_UNREAD] = SPANS_UNREAD,        [KERNEL_READ] = SPANS_READ,
    [KERNEL_CLOSED] = SPANS_WAITING,
};

/* Returns the first look at a client at or after this time. */
static int
find_look(const struct record_client *c, int64_t ns)
{
    int first = 0;
    int end = c->look_count;

    while (first < end) {
        int middle = (first + end) / 2;

        if (c->looks[middle].seen_ns < ns)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Appends the time in which a message waits, cut where a look saw the client
 * somewhere else.  What the first look saw is taken to be so from the
 * beginning. */
static void
append_waiting(struct spans *spans, const struct record_client *c,
               struct span waiting)
{
    struct span part = waiting;

    for (int i = find_look(c, waiting.began_ns);
         i < c->look_count && c->looks[i].seen_ns < waiting.ended_ns; i++) {
        enum spans_kind kind = kinds[c->looks[i].place];

        if (part.kind != SPANS_WAITING && kind != part.kind) {
            part.ended_ns = c->looks[i].seen_ns;
            append(spans, part);
            part.began_ns = part.ended_ns;
        }
        part.kind = kind;
    }
    part.ended_ns = waiting.ended_ns;
    append(spans, part);
}

/* Without a log, a client without an answer cannot know that the server has not
 * begun: changes such spans, from first on. */
static void
doubt(struct spans *spans, int first)
{
    for (int i = first; i < spans->count; i++)
        if (spans->list[i].kind == SPANS_WAITING ||
            spans->list[i].kind == SPANS_READ)
            spans->list[i].kind = SPANS_ASKED;
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
    int first;

    if (service.began_ns == RECORD_NEVER)
        service.began_ns = service.ended_ns = until_ns;
    other.worker = -1;
    other.kind = SPANS_WAITING;
    other.began_ns = m->sent_ns;
    other.ended_ns = service.began_ns;
    first = spans->count;
    append_waiting(spans, &r->clients[client], other);
    if (r->services == NULL && number >= r->clients[client].answered)
        doubt(spans, first);
    append(spans, service);
    other.kind = SPANS_RETURNING;
    other.began_ns = service.ended_ns;
    other.ended_ns = until_ns;
    append(spans, other);
}

/* Appends the time in which a client connects. */
static void
append_connecting(struct spans *spans, const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];
    int64_t ended_ns = c->connected_ns;

    if (ended_ns == RECORD_NEVER)
        ended_ns = record_end_ns(r, client);
    /* The kernel may take bytes before the client knows that it is connected.
     */
    if (c->sent > 0 && record_message(r, client, 0)->sent_ns < ended_ns)
        ended_ns = record_message(r, client, 0)->sent_ns;
    append(spans, (struct span){.kind = SPANS_CONNECTING,
                                .client = client,
                                .first = SPANS_NO_MESSAGE,
                                .last = SPANS_NO_MESSAGE,
                                .worker = -1,
                                .began_ns = c->started_ns,
                                .ended_ns = ended_ns});
}

/* Appends the time from the last answer until the server has closed. */
static void
append_leaving(struct spans *spans, const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];
    int64_t began_ns =
        c->answered > 0
            ? record_message(r, client, c->answered - 1)->answered_ns
            : c->connected_ns;

    if (r->plan.manner == PLAN_POLITE && c->answered == r->plan.messages &&
        c->connected_ns != RECORD_NEVER)
        append(spans, (struct span){.kind = SPANS_LEAVING,
                                    .client = client,
                                    .first = SPANS_NO_MESSAGE,
                                    .last = SPANS_NO_MESSAGE,
                                    .worker = -1,
                                    .began_ns = began_ns,
                                    .ended_ns = record_end_ns(r, client)});
}

struct spans
spans_of_client(const struct record *r, const struct figures *f, int client)
{
    const struct record_client *c = &r->clients[client];
    struct spans spans = {.list = NULL};

    if (c->started_ns != RECORD_NEVER)
        append_connecting(&spans, r, client);
    for (int i = 0; i < c->sent; i++)
        append_message(&spans, r, f, client, i);
    append_leaving(&spans, r, client);
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
    struct spans spans = {.list = NULL};

    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].sent; j++)
            if (record_service(r, i, j)->worker == r->worker_ids[worker])
                append(&spans, service_of(r, f, i, j));
    if (spans.count > 0)
        qsort(spans.list, (size_t)spans.count, sizeof(*spans.list),
              compare_begins);
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

#include "client/draw/trace.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "client/draw/lanes.h"
#include "client/draw/trace_events.h"
#include "client/memory.h"
#include "client/play/message.h"
#include "client/record/spans.h"

#define THREAD_NAME_MAX 48

/* Writes one end of an arrow from the message in the thread of its client to
 * its service in the thread of its worker.  Each end is where its slice begins.
 */
static void
write_flow(struct trace_events *t, const struct record *r,
           const struct span *span, bool of_worker)
{
    int64_t message = (int64_t)t->pid * r->plan.clients + span->client;

    trace_events_begin(t, of_worker ? "f" : "s");
    fprintf(t->out,
            ",\"ts\":%.3f,\"id\":%" PRId64
            ",\"name\":\"served\",\"cat\":\"serve\"%s}",
            trace_events_time(t->began_ns),
            message * r->plan.messages + span->first,
            of_worker ? ",\"bp\":\"e\"" : "");
}

/* Writes the slice of a span in the thread of its client or, if it is a
 * service, of its worker.  The time that an answer takes back has no slice. */
static void
write_slice(struct trace_events *t, const struct record *r,
            const struct span *span, bool of_worker, bool has_workers)
{
    int number = span->first + 1;
    size_t bytes = message_bytes(&r->plan, span->first) - 1; /* of its text */

    if (span->kind == SPANS_RETURNING ||
        !trace_events_slice(t, span->began_ns, span->ended_ns))
        return;
    if (of_worker) {
        fprintf(t->out,
                ",\"name\":\"client %d\",\"cat\":\"serve\","
                "\"args\":{\"message\":%d,\"bytes\":%zu}}",
                span->client + 1, number, bytes);
    } else if (span->kind != SPANS_SERVED) {
        fprintf(t->out, ",\"name\":\"%s\",\"cat\":\"wait\"}",
                spans_words[span->kind]);
    } else {
        fprintf(t->out,
                ",\"name\":\"message %d\",\"cat\":\"serve\","
                "\"args\":{\"bytes\":%zu",
                number, bytes);
        if (span->worker != -1)
            fprintf(t->out, ",\"worker\":%d", r->worker_ids[span->worker]);
        fprintf(t->out, "%s}}", span->estimated ? ",\"estimated\":true" : "");
    }
    if (has_workers && span->worker != -1 && span->kind == SPANS_SERVED)
        write_flow(t, r, span, of_worker);
}

static void
write_answers(struct trace_events *t, const struct record *r, int client)
{
    for (int i = 0; i < r->clients[client].answered; i++) {
        const struct record_message *m = record_message(r, client, i);

        trace_events_begin(t, "i");
        fprintf(t->out,
                ",\"ts\":%.3f,\"s\":\"t\",\"name\":\"%s\",\"cat\":\"answer\"}",
                trace_events_time(m->answered_ns),
                record_answer_name(m->answer, r->plan.service));
    }
}

/* Writes the thread of a lane.  With several messages in flight, a client is
 * being served while others of its messages wait; since a thread shows one
 * thing at a time, waiting then begins when the service before it has ended. */
static void
write_lane(struct trace_events *t, const struct panel *p,
           const struct lane *lane, bool has_workers)
{
    const struct record *r = p->record;
    struct spans spans = lanes_spans(p, lane);
    char name[THREAD_NAME_MAX];

    if (lane->of_worker)
        snprintf(name, sizeof(name), "worker %d (%d)", lane->number + 1,
                 r->worker_ids[lane->number]);
    else
        snprintf(name, sizeof(name), "client %d", lane->number + 1);
    trace_events_thread(t, name);
    for (int i = 0; i < spans.count; i++)
        write_slice(t, r, &spans.list[i], lane->of_worker, has_workers);
    if (!lane->of_worker)
        write_answers(t, r, lane->number);
    free(spans.list);
}

/* From this moment on, so many more messages wait and are being served. */
struct change {
    int64_t ns;
    int waiting;
    int served;
};

static int
compare_changes(const void *a, const void *b)
{
    const struct change *x = a;
    const struct change *y = b;

    return (x->ns > y->ns) - (x->ns < y->ns);
}

/* Returns all changes of a run, in the order of time; the caller frees them. */
static struct change *
find_changes(const struct panel *p, size_t *count)
{
    struct change *changes = NULL;

    *count = 0;
    for (int i = 0; i < p->record->plan.clients; i++) {
        struct spans spans = spans_of_client(p->record, p->figures, i);

        changes = memory_grow(changes, *count + 2 * (size_t)spans.count,
                              sizeof(*changes));
        for (int j = 0; j < spans.count; j++) {
            const struct span *s = &spans.list[j];
            int served = s->kind == SPANS_SERVED;

            if (s->first == SPANS_NO_MESSAGE || s->kind == SPANS_RETURNING)
                continue;
            changes[(*count)++] = (struct change){s->began_ns, !served, served};
            changes[(*count)++] =
                (struct change){s->ended_ns, -!served, -served};
        }
        free(spans.list);
    }
    if (*count > 0)
        qsort(changes, *count, sizeof(*changes), compare_changes);
    return changes;
}

/* Writes how many messages wait, and how many are being served, whenever one of
 * them changes. */
static void
write_counters(struct trace_events *t, const struct panel *p)
{
    size_t count;
    struct change *changes = find_changes(p, &count);
    int waiting = 0;
    int served = 0;

    for (size_t i = 0; i < count; i++) {
        waiting += changes[i].waiting;
        served += changes[i].served;
        if (i + 1 < count && changes[i + 1].ns == changes[i].ns)
            continue;
        trace_events_counter(t, "messages waiting", changes[i].ns, waiting);
        trace_events_counter(t, "messages being served", changes[i].ns, served);
    }
    free(changes);
}

void
trace_write(FILE *out, const struct panel *panels, int count)
{
    struct trace_events t = trace_events_open(out);

    for (int i = 0; i < count; i++) {
        const struct panel *p = &panels[i];
        struct lanes lanes = lanes_open(p, INT_MAX, INT_MAX);

        trace_events_process(&t, i + 1,
                             *p->title != '\0' ? p->title : "client");
        for (; t.tid <= lanes.count; t.tid++)
            write_lane(&t, p, &lanes.list[t.tid - 1],
                       lanes.list[lanes.count - 1].of_worker);
        t.tid = 1;
        write_counters(&t, p);
        free(lanes.list);
    }
    trace_events_close(&t);
}

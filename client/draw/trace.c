#include "client/draw/trace.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "client/draw/lanes.h"
#include "client/draw/trace_events.h"
#include "client/play/message.h"
#include "client/record/spans.h"

#define THREAD_NAME_MAX 48

/* What the slices of a kind of span are called; without a name there are none.
 */
static const char *const span_names[SPANS_KINDS] = {
    [SPANS_WAITING] = "waiting",
    [SPANS_CONNECTING] = "not connected",
    [SPANS_QUEUED] = "in the accept queue",
    [SPANS_UNREAD] = "accepted, not read",
    [SPANS_READ] = "read, waiting",
    [SPANS_SERVED] = "message",
};

/* Writes the slice of a span in the thread of its client or, if it is a
 * service, of its worker. */
static void
write_slice(struct trace_events *t, const struct record *r,
            const struct span *span, bool of_worker)
{
    const char *name = span_names[span->kind];
    int number = span->first + 1;
    size_t bytes = message_bytes(&r->plan, span->first) - 1; /* of its text */

    if (name == NULL || !trace_events_slice(t, span->began_ns, span->ended_ns))
        return;
    if (of_worker) {
        fprintf(t->out,
                ",\"name\":\"client %d\",\"cat\":\"serve\","
                "\"args\":{\"message\":%d,\"bytes\":%zu}}",
                span->client + 1, number, bytes);
    } else if (span->kind != SPANS_SERVED) {
        fprintf(t->out, ",\"name\":\"%s\",\"cat\":\"wait\"}", name);
    } else {
        fprintf(t->out,
                ",\"name\":\"%s %d\",\"cat\":\"serve\","
                "\"args\":{\"bytes\":%zu",
                name, number, bytes);
        if (span->worker != -1)
            fprintf(t->out, ",\"worker\":%d", r->worker_ids[span->worker]);
        fprintf(t->out, "%s}}", span->estimated ? ",\"estimated\":true" : "");
    }
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
                record_answer_name(m->answer));
    }
}

/* Writes the thread of a lane.  With several messages in flight, a client is
 * being served while others of its messages wait; since a thread shows one
 * thing at a time, waiting then begins when the service before it has ended. */
static void
write_lane(struct trace_events *t, const struct panel *p,
           const struct lane *lane)
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
        write_slice(t, r, &spans.list[i], lane->of_worker);
    if (!lane->of_worker)
        write_answers(t, r, lane->number);
    free(spans.list);
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
            write_lane(&t, p, &lanes.list[t.tid - 1]);
        free(lanes.list);
    }
    trace_events_close(&t);
}

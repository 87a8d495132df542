#include "client/inside/recording_trace.h"

#include "client/draw/trace_events.h"
#include "client/inside/stretches.h"

#define NAME_MAX_LEN 48

enum {
    CLIENTS = 1,
    KERNEL,
    SERVER
}; /* the processes */

/* Begins the slice of a stretch.  Returns false if it has no length. */
static bool
begin_slice(struct trace_events *t, const struct recording *r,
            const struct stretch *st)
{
    const struct sample *end =
        r->samples[st->end < r->count ? st->end : r->count - 1];

    return trace_events_slice(t, st->sample->at_ns, end->at_ns);
}

static void
write_client(struct trace_events *t, const struct stretches_axis *axis,
             int client)
{
    const struct recording *r = axis->recording;
    char name[NAME_MAX_LEN];

    snprintf(name, sizeof(name), "client %d", client + 1);
    t->tid = client + 1;
    trace_events_thread(t, name);
    for (int i = 0; i < r->count;) {
        struct stretch st = stretches_of_client(axis, client, i);

        i = st.end;
        if (st.appearance == SAMPLE_ABSENT || st.appearance == SAMPLE_ENDED ||
            !begin_slice(t, r, &st))
            continue;
        fputs(",\"name\":", t->out);
        trace_events_string(t->out, sample_places[st.appearance].name);
        fputs(",\"args\":{", t->out);
        if (st.task != NULL) {
            fputs("\"by\":", t->out);
            trace_events_string(t->out, r->rows[st.task->row].name);
        }
        fputs("}}", t->out);
    }
}

static void
write_task(struct trace_events *t, const struct stretches_axis *axis, int row)
{
    const struct recording *r = axis->recording;
    char name[NAME_MAX_LEN];

    snprintf(name, sizeof(name), "%s (%d)", r->rows[row].name,
             (int)r->rows[row].tid);
    t->tid = row + 1;
    trace_events_thread(t, name);
    for (int i = 0; i < r->count;) {
        struct stretch st = stretches_of_task(axis, row, i);

        i = st.end;
        if (st.task == NULL || !begin_slice(t, r, &st))
            continue;
        fputs(",\"name\":", t->out);
        trace_events_string(t->out, sample_kinds[st.task->kind].name);
        fputs(",\"args\":{\"call\":", t->out);
        trace_events_string(t->out, r->calls[st.task->call]);
        if (st.task->client != SAMPLE_NOBODY)
            fprintf(t->out, ",\"client\":%d,\"inferred\":%s",
                    st.task->client + 1, st.task->inferred ? "true" : "false");
        fputs("}}", t->out);
    }
}

/* Writes what the kernel holds at each sample at which that is new. */
static void
write_counters(struct trace_events *t, const struct recording *r)
{
    int queue = SAMPLE_UNKNOWN;
    int unread = SAMPLE_UNKNOWN;

    for (int i = 0; i < r->count; i++) {
        const struct sample *s = r->samples[i];
        int bytes = recording_unread(r, s);

        if (s->queue != queue && s->queue != SAMPLE_UNKNOWN)
            trace_events_counter(t, "accept queue", s->at_ns, s->queue);
        if (bytes != unread)
            trace_events_counter(t, "unread bytes", s->at_ns, bytes);
        queue = s->queue;
        unread = bytes;
    }
}

void
recording_trace_write(const struct recording *r, FILE *out)
{
    struct trace_events t = trace_events_open(out);
    struct stretches_axis axis = {.recording = r, .by_task = true};

    trace_events_process(&t, CLIENTS, "clients");
    for (int i = 0; i < r->clients; i++)
        write_client(&t, &axis, i);
    if (!(r->lacks & RECORDING_QUEUES)) {
        trace_events_process(&t, KERNEL, "kernel");
        write_counters(&t, r);
    }
    if (r->row_count > 0)
        trace_events_process(&t, SERVER, r->command);
    for (int i = 0; i < r->row_count; i++)
        write_task(&t, &axis, i);
    trace_events_close(&t);
}

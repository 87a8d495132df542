#include "client/draw/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/play/message.h"
#include "client/record/spans.h"
#include "common/clock.h"

#define VERSION         1
#define REPLACEMENT     "\\ufffd" /* for bytes that are not UTF-8 */
#define THREAD_NAME_MAX 48

/* What the slices of a kind of span are called; without a name there are none.
 */
static const char *const span_names[SPANS_KINDS] = {
    [SPANS_WAITING] = "waiting",
    [SPANS_SERVED] = "message",
};

/* Returns the bytes of a message that has been sent, without its ETX. */
static size_t
text_bytes(const struct record *r, int number)
{
    return message_bytes(&r->plan, number) - 1;
}

/* Writes a string that may hold any bytes as a string of JSON. */
static void
write_string(FILE *out, const char *text)
{
    uint32_t code;

    putc('"', out);
    for (size_t len = strlen(text), bytes; len > 0;
         text += bytes, len -= bytes) {
        bytes = text_character(text, len, &code);
        if (bytes == 0)
            fputs(REPLACEMENT, out);
        else if (code == '"' || code == '\\')
            fprintf(out, "\\%c", *text);
        else if (code < ' ')
            fprintf(out, "\\u%04x", code);
        else
            fwrite(text, 1, bytes, out);
        bytes += bytes == 0;
    }
    putc('"', out);
}

struct trace {
    FILE *out;
    bool begun;            /* the next event is not the first */
    int pid, tid;          /* of the events that follow */
    int64_t busy_until_ns; /* the thread has slices up to here */
};

/* Three decimals of it are exact for a run of several days. */
static double
microseconds(int64_t ns)
{
    return (double)ns / (double)CLOCK_US;
}

/* Begins an event; the caller writes the rest of it and the bracket. */
static void
begin_event(struct trace *t, const char *phase)
{
    fprintf(t->out, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%d",
            t->begun ? "," : "", phase, t->pid, t->tid);
    t->begun = true;
}

/* Names the current process or thread, and gives it a place among the others.
 */
static void
write_name(struct trace *t, const char *what, const char *name, int place)
{
    begin_event(t, "M");
    fprintf(t->out, ",\"name\":\"%s_name\",\"args\":{\"name\":", what);
    write_string(t->out, name);
    fputs("}}", t->out);
    begin_event(t, "M");
    fprintf(t->out, ",\"name\":\"%s_sort_index\",\"args\":{\"sort_index\":%d}}",
            what, place);
}

/* Begins the thread of a client or a worker. */
static void
begin_thread(struct trace *t, int tid, const char *name)
{
    t->tid = tid;
    t->busy_until_ns = 0;
    write_name(t, "thread", name, tid);
}

/* Begins a slice, for the part of the span in which the thread has no slice
 * yet.  Returns false if there is no such part.  The slice ends a nanosecond
 * early, because viewers add ts and dur as doubles, and the sum may be a little
 * more than the ts of the next slice: then the two would overlap. */
static bool
begin_slice(struct trace *t, const struct span *span)
{
    int64_t began_ns = span->began_ns;

    if (began_ns < t->busy_until_ns)
        began_ns = t->busy_until_ns;
    if (span->ended_ns <= began_ns)
        return false;
    begin_event(t, "X");
    fprintf(t->out, ",\"ts\":%.3f,\"dur\":%.3f", microseconds(began_ns),
            microseconds(span->ended_ns - began_ns - 1));
    t->busy_until_ns = span->ended_ns;
    return true;
}

/* Writes the slice of a span in the thread of its client. */
static void
write_slice(struct trace *t, const struct record *r, const struct span *span)
{
    if (span_names[span->kind] == NULL || !begin_slice(t, span))
        return;
    if (span->kind != SPANS_SERVED) {
        fprintf(t->out, ",\"name\":\"%s\",\"cat\":\"wait\"}",
                span_names[span->kind]);
        return;
    }
    fprintf(
        t->out, ",\"name\":\"%s %d\",\"cat\":\"serve\",\"args\":{\"bytes\":%zu",
        span_names[span->kind], span->first + 1, text_bytes(r, span->first));
    if (span->worker != -1)
        fprintf(t->out, ",\"worker\":%d", r->worker_ids[span->worker]);
    fprintf(t->out, "%s}}", span->estimated ? ",\"estimated\":true" : "");
}

/* Writes the thread of a client.  With several messages in flight it is being
 * served while others of its messages wait; since a thread shows one thing at a
 * time, waiting then begins when the service before it has ended. */
static int
write_client(struct trace *t, const struct panel *p, int client)
{
    const struct record *r = p->record;
    struct spans spans;
    char name[THREAD_NAME_MAX];

    if (spans_of_client(&spans, r, p->figures, client) == -1)
        return -1;
    snprintf(name, sizeof(name), "client %d", client + 1);
    begin_thread(t, client + 1, name);
    for (int i = 0; i < spans.count; i++)
        write_slice(t, r, &spans.list[i]);
    spans_close(&spans);
    for (int i = 0; i < r->clients[client].answered; i++) {
        const struct record_message *m = record_message(r, client, i);

        begin_event(t, "i");
        fprintf(t->out,
                ",\"ts\":%.3f,\"s\":\"t\",\"name\":\"%s\",\"cat\":\"answer\"}",
                microseconds(m->answered_ns), record_answer_name(m->answer));
    }
    return 0;
}

/* Writes the threads of the workers; their numbers follow those of the
 * clients. */
static int
write_workers(struct trace *t, const struct panel *p)
{
    const struct record *r = p->record;
    struct spans spans;
    char name[THREAD_NAME_MAX];
    int first = 0;

    if (spans_of_workers(&spans, r, p->figures) == -1)
        return -1;
    for (int i = 0; i < r->worker_count; i++) {
        const struct span *list = spans.list + first;
        int count = spans_count_of(&spans, first, i);

        snprintf(name, sizeof(name), "worker %d (%d)", i + 1, r->worker_ids[i]);
        begin_thread(t, r->plan.clients + i + 1, name);
        for (int j = 0; j < count; j++)
            if (begin_slice(t, &list[j]))
                fprintf(t->out,
                        ",\"name\":\"client %d\",\"cat\":\"serve\","
                        "\"args\":{\"message\":%d,\"bytes\":%zu}}",
                        list[j].client + 1, list[j].first + 1,
                        text_bytes(r, list[j].first));
        first += count;
    }
    spans_close(&spans);
    return 0;
}

static int
write_panel(struct trace *t, const struct panel *p)
{
    write_name(t, "process", *p->title != '\0' ? p->title : "client", t->pid);
    for (int i = 0; i < p->record->plan.clients; i++)
        if (write_client(t, p, i) == -1)
            return -1;
    return panel_has_workers(p) ? write_workers(t, p) : 0;
}

int
trace_write(FILE *out, const struct panel *panels, int count)
{
    struct trace t = {.out = out};

    fputs("{\"traceEvents\":[", out);
    for (int i = 0; i < count; i++) {
        t.pid = i + 1;
        t.tid = 1; /* the name of a process is given by any thread of it */
        if (write_panel(&t, &panels[i]) == -1)
            return -1;
    }
    fprintf(out,
            "\n],\n\"displayTimeUnit\":\"ms\",\n"
            "\"otherData\":{\"version\":%d}}\n",
            VERSION);
    return 0;
}

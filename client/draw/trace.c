#include "client/draw/trace.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/lanes.h"
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
    [SPANS_CONNECTING] = "not connected",
    [SPANS_QUEUED] = "in the accept queue",
    [SPANS_UNREAD] = "accepted, not read",
    [SPANS_READ] = "read, waiting",
    [SPANS_SERVED] = "message",
};

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

/* Writes the slice of a span in the thread of its client or, if it is a
 * service, of its worker. */
static void
write_slice(struct trace *t, const struct record *r, const struct span *span,
            bool of_worker)
{
    const char *name = span_names[span->kind];
    int number = span->first + 1;
    size_t bytes = message_bytes(&r->plan, span->first) - 1; /* of its text */

    if (name == NULL || !begin_slice(t, span))
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
write_answers(struct trace *t, const struct record *r, int client)
{
    for (int i = 0; i < r->clients[client].answered; i++) {
        const struct record_message *m = record_message(r, client, i);

        begin_event(t, "i");
        fprintf(t->out,
                ",\"ts\":%.3f,\"s\":\"t\",\"name\":\"%s\",\"cat\":\"answer\"}",
                microseconds(m->answered_ns), record_answer_name(m->answer));
    }
}

/* Writes the thread of a lane.  With several messages in flight, a client is
 * being served while others of its messages wait; since a thread shows one
 * thing at a time, waiting then begins when the service before it has ended. */
static void
write_lane(struct trace *t, const struct panel *p, const struct lane *lane)
{
    const struct record *r = p->record;
    struct spans spans = lanes_spans(p, lane);
    char name[THREAD_NAME_MAX];

    if (lane->of_worker)
        snprintf(name, sizeof(name), "worker %d (%d)", lane->number + 1,
                 r->worker_ids[lane->number]);
    else
        snprintf(name, sizeof(name), "client %d", lane->number + 1);
    t->busy_until_ns = 0;
    write_name(t, "thread", name, t->tid);
    for (int i = 0; i < spans.count; i++)
        write_slice(t, r, &spans.list[i], lane->of_worker);
    if (!lane->of_worker)
        write_answers(t, r, lane->number);
    free(spans.list);
}

void
trace_write(FILE *out, const struct panel *panels, int count)
{
    struct trace t = {.out = out};

    fputs("{\"traceEvents\":[", out);
    for (int i = 0; i < count; i++) {
        const struct panel *p = &panels[i];
        struct lanes lanes = lanes_open(p, INT_MAX, INT_MAX);

        t.pid = i + 1;
        t.tid = 1; /* the name of a process is given by any thread of it */
        write_name(&t, "process", *p->title != '\0' ? p->title : "client",
                   t.pid);
        for (; t.tid <= lanes.count; t.tid++)
            write_lane(&t, p, &lanes.list[t.tid - 1]);
        free(lanes.list);
    }
    fprintf(out,
            "\n],\n\"displayTimeUnit\":\"ms\",\n"
            "\"otherData\":{\"version\":%d}}\n",
            VERSION);
}

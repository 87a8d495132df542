#include "client/draw/trace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/play/message.h"
#include "client/record/spans.h"
#include "common/clock.h"

#define VERSION     1
#define REPLACEMENT "\\ufffd" /* what stands for bytes that are not UTF-8 */

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

/* What events are written to. */
struct trace {
    FILE *out;
    bool begun;   /* the next event is not the first */
    int pid, tid; /* of the events to come */
    /* Before this the thread has slices: the next does not begin earlier. */
    int64_t busy_until_ns;
};

static void
set_thread(struct trace *t, int pid, int tid)
{
    t->pid = pid;
    t->tid = tid;
    t->busy_until_ns = 0;
}

/* Begins an event; what is special about it and the bracket are to follow. */
static void
begin_event(struct trace *t, const char *phase)
{
    fprintf(t->out, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%d",
            t->begun ? "," : "", phase, t->pid, t->tid);
    t->begun = true;
}

/* Writes a time in microseconds, not rounded, so that the end of one slice is
 * exactly where the next begins. */
static void
write_microseconds(const struct trace *t, const char *key, int64_t ns)
{
    fprintf(t->out, ",\"%s\":%" PRId64 ".%03" PRId64, key, ns / CLOCK_US,
            ns % CLOCK_US);
}

static void
write_number(struct trace *t, const char *name, const char *key, int value)
{
    begin_event(t, "M");
    fprintf(t->out, ",\"name\":\"%s\",\"args\":{\"%s\":%d}}", name, key, value);
}

/* Tells the name of the process, and its place among the others. */
static void
name_process(struct trace *t, const struct panel *p)
{
    begin_event(t, "M");
    fputs(",\"name\":\"process_name\",\"args\":{\"name\":", t->out);
    write_string(t->out, *p->title != '\0' ? p->title : "client");
    fputs("}}", t->out);
    write_number(t, "process_sort_index", "sort_index", t->pid);
}

/* Tells the name of a thread: what it is, its number, and, if there is one, its
 * id. */
static void
name_thread(struct trace *t, const char *what, int number, int id)
{
    begin_event(t, "M");
    fprintf(t->out, ",\"name\":\"thread_name\",\"args\":{\"name\":\"%s %d",
            what, number);
    if (id != -1)
        fprintf(t->out, " (%d)", id);
    fputs("\"}}", t->out);
    write_number(t, "thread_sort_index", "sort_index", t->tid);
}

/* Begins a slice of what the thread is not yet busy with.  Returns false if
 * nothing is left of it, true if args and the bracket are to follow. */
static bool
begin_slice(struct trace *t, const struct span *span)
{
    int64_t began_ns = span->began_ns;

    if (began_ns < t->busy_until_ns)
        began_ns = t->busy_until_ns;
    if (span->ended_ns <= began_ns)
        return false;
    begin_event(t, "X");
    write_microseconds(t, "ts", began_ns);
    write_microseconds(t, "dur", span->ended_ns - began_ns);
    t->busy_until_ns = span->ended_ns;
    return true;
}

/* Writes the service of a message in the thread of its client. */
static void
write_service(struct trace *t, const struct record *r, const struct span *span)
{
    fprintf(
        t->out,
        ",\"name\":\"message %d\",\"cat\":\"serve\",\"args\":{\"bytes\":%zu",
        span->first + 1, text_bytes(r, span->first));
    if (span->worker != -1)
        fprintf(t->out, ",\"worker\":%d", r->worker_ids[span->worker]);
    fprintf(t->out, "%s}}", span->estimated ? ",\"estimated\":true" : "");
}

static void
write_answer(struct trace *t, const struct record_message *m)
{
    begin_event(t, "i");
    write_microseconds(t, "ts", m->answered_ns);
    fprintf(t->out, ",\"s\":\"t\",\"name\":\"%s\",\"cat\":\"answer\"}",
            record_answer_name(m->answer));
}

/* Writes the thread of a client.  With several messages in flight it is being
 * served while others of its messages wait; since a thread shows one thing at a
 * time, waiting then begins when the service before it has ended. */
static int
write_client(struct trace *t, const struct panel *p, int client)
{
    const struct record *r = p->record;
    struct spans spans;
    int next = 0;

    if (spans_of_client(&spans, r, p->figures, client) == -1)
        return -1;
    name_thread(t, "client", client + 1, -1);
    for (int i = 0; i < r->clients[client].sent; i++) {
        for (; next < spans.count && spans.list[next].first == i; next++) {
            const struct span *span = &spans.list[next];

            if (span->kind == SPANS_RETURNING || !begin_slice(t, span))
                continue;
            if (span->kind == SPANS_SERVED)
                write_service(t, r, span);
            else
                fputs(",\"name\":\"waiting\",\"cat\":\"wait\"}", t->out);
        }
        if (i < r->clients[client].answered)
            write_answer(t, record_message(r, client, i));
    }
    spans_close(&spans);
    return 0;
}

/* Writes the threads of the workers; their numbers follow those of the
 * clients. */
static int
write_workers(struct trace *t, const struct panel *p)
{
    const struct record *r = p->record;
    struct spans spans;
    int first = 0;

    if (spans_of_workers(&spans, r, p->figures) == -1)
        return -1;
    for (int i = 0; i < r->worker_count; i++) {
        const struct span *list = spans.list + first;
        int count = spans_count_of(&spans, first, i);

        set_thread(t, t->pid, r->plan.clients + i + 1);
        name_thread(t, "worker", i + 1, r->worker_ids[i]);
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

int
trace_write(FILE *out, const struct panel *panels, int count)
{
    struct trace t = {.out = out};

    fputs("{\"traceEvents\":[", out);
    for (int i = 0; i < count; i++) {
        const struct panel *p = &panels[i];

        set_thread(&t, i + 1, 1); /* any of its threads */
        name_process(&t, p);
        for (int client = 0; client < p->record->plan.clients; client++) {
            set_thread(&t, i + 1, client + 1);
            if (write_client(&t, p, client) == -1)
                return -1;
        }
        if (panel_has_workers(p) && write_workers(&t, p) == -1)
            return -1;
    }
    fprintf(out,
            "\n],\n\"displayTimeUnit\":\"ms\",\n"
            "\"otherData\":{\"version\":%d}}\n",
            VERSION);
    return 0;
}

#include "client/draw/trace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "client/play/message.h"
#include "common/clock.h"

#define VERSION     1
#define REPLACEMENT "\\ufffd" /* what stands for bytes that are not UTF-8 */

/* Returns the bytes of a message that has been sent, without its ETX. */
static size_t
text_bytes(const struct record *r, int number)
{
    return message_bytes(&r->plan, number) - 1;
}

/* Returns the process or thread that served a message, -1 if not known. */
static int
worker_id(const struct record *r, int client, int number)
{
    const struct record_service *s = record_service(r, client, number);

    return s != NULL && s->worker >= 0 ? r->worker_ids[s->worker] : -1;
}

/* Returns when a message was served as far as the server told. */
static struct figures_span
told(const struct panel *p, int client, int number)
{
    const struct record_service *s = record_service(p->record, client, number);
    struct figures_span span = {RECORD_NEVER, RECORD_NEVER};

    if (s == NULL || s->began_ns == RECORD_NEVER)
        return span;
    span = figures_service(p->figures, p->record, client, number);
    if (s->ended_ns == RECORD_NEVER)
        span.ended_ns = RECORD_NEVER;
    return span;
}

/* Returns how many bytes a character of UTF-8 takes that text begins with; 0 if
 * it is none. */
static int
utf8_length(const unsigned char *text)
{
    /* The least that must be encoded in so many bytes. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int len = *text < 0x80             ? 1
              : (*text & 0xe0) == 0xc0 ? 2
              : (*text & 0xf0) == 0xe0 ? 3
              : (*text & 0xf8) == 0xf0 ? 4
                                       : 0;
    uint32_t code = *text & (0xffu >> (len + 1));

    if (len < 2)
        return len;
    for (int i = 1; i < len; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff ||
        (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return len;
}

/* Writes a string that may hold anything, in quotes. */
static void
write_string(FILE *out, const char *string)
{
    const unsigned char *text = (const unsigned char *)string;

    putc('"', out);
    while (*text != '\0') {
        int len = utf8_length(text);

        if (len == 0)
            fputs(REPLACEMENT, out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (*text < ' ')
            fprintf(out, "\\u%04x", *text);
        else
            fprintf(out, "%.*s", len, (const char *)text);
        text += len > 0 ? len : 1;
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
begin_slice(struct trace *t, int64_t began_ns, int64_t ended_ns)
{
    if (began_ns < t->busy_until_ns)
        began_ns = t->busy_until_ns;
    if (ended_ns <= began_ns)
        return false;
    begin_event(t, "X");
    write_microseconds(t, "ts", began_ns);
    write_microseconds(t, "dur", ended_ns - began_ns);
    t->busy_until_ns = ended_ns;
    return true;
}

static void
write_waiting(struct trace *t, int64_t began_ns, int64_t ended_ns)
{
    if (begin_slice(t, began_ns, ended_ns))
        fputs(",\"name\":\"waiting\",\"cat\":\"wait\"}", t->out);
}

static void
write_service(struct trace *t, const struct panel *p, int client, int number,
              struct figures_span span)
{
    int worker = worker_id(p->record, client, number);

    if (!begin_slice(t, span.began_ns, span.ended_ns))
        return;
    fprintf(
        t->out,
        ",\"name\":\"message %d\",\"cat\":\"serve\",\"args\":{\"bytes\":%zu",
        number + 1, text_bytes(p->record, number));
    if (worker != -1)
        fprintf(t->out, ",\"worker\":%d", worker);
    if (told(p, client, number).began_ns == RECORD_NEVER)
        fputs(",\"estimated\":true", t->out);
    fputs("}}", t->out);
}

static void
write_answer(struct trace *t, const struct record_message *m)
{
    begin_event(t, "i");
    write_microseconds(t, "ts", m->answered_ns);
    fprintf(t->out, ",\"s\":\"t\",\"name\":\"%s\",\"cat\":\"answer\"}",
            record_answer_name(m->answer));
}

/* Returns when nothing more happened to a client. */
static int64_t
end_ns(const struct record *r, int client)
{
    int64_t ended_ns = r->clients[client].ended_ns;

    return ended_ns != RECORD_NEVER ? ended_ns : r->ended_ns;
}

/* Writes what happened to a client.  With several of its messages in flight it
 * is being served while others wait; the slices follow one another all the
 * same, since only one message is served at a time. */
static void
write_client(struct trace *t, const struct panel *p, int client)
{
    const struct record *r = p->record;

    for (int i = 0; i < r->clients[client].sent; i++) {
        const struct record_message *m = record_message(r, client, i);
        struct figures_span service = figures_service(p->figures, r, client, i);

        if (service.began_ns == RECORD_NEVER) {
            write_waiting(t, m->sent_ns, end_ns(r, client));
            continue;
        }
        write_waiting(t, m->sent_ns, service.began_ns);
        write_service(t, p, client, i, service);
        if (i < r->clients[client].answered)
            write_answer(t, m);
    }
}

/* A message that a worker served. */
struct job {
    int worker; /* its place in worker_ids */
    int client;
    int number;
    struct figures_span span;
};

static int
compare_jobs(const void *a, const void *b)
{
    const struct job *x = a;
    const struct job *y = b;

    if (x->worker != y->worker)
        return x->worker > y->worker ? 1 : -1;
    if (x->span.began_ns != y->span.began_ns)
        return x->span.began_ns > y->span.began_ns ? 1 : -1;
    if (x->client != y->client)
        return x->client > y->client ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Returns what the workers did, one worker after another, each in the order of
 * time; to be freed.  NULL if there is not the memory. */
static struct job *
list_jobs(const struct panel *p, size_t *count)
{
    const struct record *r = p->record;
    struct job *jobs;
    size_t n = 0;

    for (int i = 0; i < r->plan.clients; i++)
        n += (size_t)r->clients[i].sent;
    jobs = calloc(n > 0 ? n : 1, sizeof(*jobs));
    if (jobs == NULL)
        return NULL;
    n = 0;
    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].sent; j++) {
            const struct record_service *s = record_service(r, i, j);

            if (s->worker >= 0 && s->began_ns != RECORD_NEVER)
                jobs[n++] = (struct job){
                    .worker = s->worker,
                    .client = i,
                    .number = j,
                    .span = figures_service(p->figures, r, i, j),
                };
        }
    qsort(jobs, n, sizeof(*jobs), compare_jobs);
    *count = n;
    return jobs;
}

/* Writes a thread a worker, with the threads' numbers after those of the
 * clients. */
static int
write_workers(struct trace *t, const struct panel *p)
{
    const struct record *r = p->record;
    size_t count = 0;
    struct job *jobs = list_jobs(p, &count);
    size_t next = 0;

    if (jobs == NULL)
        return -1;
    for (int i = 0; i < r->worker_count; i++) {
        set_thread(t, t->pid, r->plan.clients + i + 1);
        name_thread(t, "worker", i + 1, r->worker_ids[i]);
        for (; next < count && jobs[next].worker == i; next++) {
            const struct job *job = &jobs[next];

            if (begin_slice(t, job->span.began_ns, job->span.ended_ns))
                fprintf(t->out,
                        ",\"name\":\"client %d\",\"cat\":\"serve\","
                        "\"args\":{\"message\":%d,\"bytes\":%zu}}",
                        job->client + 1, job->number + 1,
                        text_bytes(r, job->number));
        }
    }
    free(jobs);
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
            name_thread(&t, "client", client + 1, -1);
            write_client(&t, p, client);
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

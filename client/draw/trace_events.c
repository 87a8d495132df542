#include "client/draw/trace_events.h"

#include <inttypes.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/clock.h"

#define VERSION     1
#define REPLACEMENT "\\ufffd" /* for bytes that are not UTF-8 */

struct trace_events
trace_events_open(FILE *out)
{
    fputs("{\"traceEvents\":[", out);
    return (struct trace_events){.out = out};
}

void
trace_events_close(struct trace_events *t)
{
    fprintf(t->out,
            "\n],\n\"displayTimeUnit\":\"ms\",\n"
            "\"otherData\":{\"version\":%d}}\n",
            VERSION);
}

void
trace_events_string(FILE *out, const char *text)
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

double
trace_events_time(int64_t ns)
{
    return (double)ns / (double)CLOCK_US;
}

void
trace_events_begin(struct trace_events *t, const char *phase)
{
    fprintf(t->out, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%d",
            t->begun ? "," : "", phase, t->pid, t->tid);
    t->begun = true;
}

/* Names the current process or thread, and gives it a place among the others.
 */
static void
write_name(struct trace_events *t, const char *what, const char *name,
           int place)
{
    trace_events_begin(t, "M");
    fprintf(t->out, ",\"name\":\"%s_name\",\"args\":{\"name\":", what);
    trace_events_string(t->out, name);
    fputs("}}", t->out);
    trace_events_begin(t, "M");
    fprintf(t->out, ",\"name\":\"%s_sort_index\",\"args\":{\"sort_index\":%d}}",
            what, place);
}

void
trace_events_process(struct trace_events *t, int pid, const char *name)
{
    t->pid = pid;
    t->tid = 1; /* the name of a process is given by any thread of it */
    write_name(t, "process", name, pid);
}

void
trace_events_thread(struct trace_events *t, const char *name)
{
    t->busy_until_ns = 0;
    write_name(t, "thread", name, t->tid);
}

bool
trace_events_slice(struct trace_events *t, int64_t began_ns, int64_t ended_ns)
{
    if (began_ns < t->busy_until_ns)
        began_ns = t->busy_until_ns;
    if (ended_ns <= began_ns)
        return false;
    trace_events_begin(t, "X");
    /* The slice ends a nanosecond early, because viewers add ts and dur as
     * doubles, and the sum may be a little more than the ts of the next slice:
     * then the two would overlap. */
    fprintf(t->out, ",\"ts\":%.3f,\"dur\":%.3f", trace_events_time(began_ns),
            trace_events_time(ended_ns - began_ns - 1));
    t->began_ns = began_ns;
    t->busy_until_ns = ended_ns;
    return true;
}

void
trace_events_counter(struct trace_events *t, const char *name, int64_t at_ns,
                     int64_t value)
{
    trace_events_begin(t, "C");
    fprintf(t->out, ",\"ts\":%.3f,\"name\":", trace_events_time(at_ns));
    trace_events_string(t->out, name);
    fprintf(t->out, ",\"args\":{\"value\":%" PRId64 "}}", value);
}

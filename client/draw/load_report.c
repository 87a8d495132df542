#include "client/draw/load_report.h"

#include <inttypes.h>
#include <stdarg.h>

#include "client/draw/latency.h"
#include "client/draw/text.h"
#include "client/play/message.h"
#include "common/clock.h"

#define VERSION    1    /* of the columns */
#define NAME_WIDTH 14   /* "connecting    " */
#define BUSY_MIN   0.95 /* part of the clients; with fewer, some waited */
#define CPU_MUCH   0.9  /* part of a core; the client may be the limit */
#define CELL_WIDTH 7    /* "99.9 ms" */
#define CELL_GAP   2
#define LINE_MAX   256
#define MEAN       (-1) /* no quantile */

/* The times of a histogram that are written, in this order. */
static const struct {
    const char *name;
    const char *csv;
    int millionths; /* which quantile; or MEAN */
    bool rare;      /* written only if enough answers back it */
} times[] = {
    {"min", "min", 0, false},         {"median", "median", 500000, false},
    {"p90", "p90", 900000, true},     {"p99", "p99", 990000, true},
    {"p99.9", "p99_9", 999000, true}, {"p99.99", "p99_99", 999900, true},
    {"max", "max", 1000000, false},   {"mean", "mean", MEAN, false},
};

#define TIMES (sizeof(times) / sizeof(times[0]))

static bool
is_given(const struct histogram *h, size_t time)
{
    return !times[time].rare || histogram_carries(h, times[time].millionths);
}

static int64_t
time_of(const struct histogram *h, size_t time)
{
    int millionths = times[time].millionths;

    if (millionths == 0)
        return h->min_ns; /* exactly, unlike a quantile */
    return millionths == MEAN ? histogram_mean(h)
                              : histogram_quantile(h, millionths);
}

static double
answers_per_second(const struct load *l)
{
    return l->took_ns > 0
               ? (double)l->answering.count / clock_seconds(l->took_ns)
               : 0;
}

/* Writes a name, or none, and beside it a sentence. */
static void __attribute__((format(printf, 4, 5)))
write_line(FILE *out, int width, const char *name, const char *format, ...)
{
    char line[LINE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    fprintf(out, "%-*s", NAME_WIDTH, name);
    text_words(out, line, NAME_WIDTH, width);
}

/* Writes the times of a histogram: a line with their names, and below it how
 * long they are.  In a narrow line there are only the first of them
 * and the last two. */
static void
write_times(FILE *out, const char *what, const struct histogram *h, int width)
{
    const int room = (width - NAME_WIDTH) / (CELL_WIDTH + CELL_GAP);
    size_t cells[TIMES];
    int count = 0;

    if (h->count == 0)
        return;
    for (size_t i = 0; i < TIMES; i++)
        if (is_given(h, i) &&
            (i >= TIMES - 2 || count + (i == 0 ? 3 : 2) < room))
            cells[count++] = i;
    fprintf(out, "%-*s", NAME_WIDTH, "");
    for (int i = 0; i < count; i++)
        fprintf(out, "%*s", CELL_WIDTH + (i > 0 ? CELL_GAP : 0),
                times[cells[i]].name);
    fprintf(out, "\n%-*s", NAME_WIDTH, what);
    for (int i = 0; i < count; i++)
        fprintf(out, "%*s", CELL_WIDTH + (i > 0 ? CELL_GAP : 0),
                TEXT_TIME(time_of(h, cells[i])));
    putc('\n', out);
}

/* Writes what the client itself used, and whether that was all it could. */
static void
write_cpu(FILE *out, const struct load *l, int width)
{
    double share = (double)l->cpu_ns / (double)l->took_ns;
    char each[TEXT_TIME_MAX + sizeof(",  per answer")] = "";

    if (l->answering.count > 0)
        snprintf(each, sizeof(each), ", %.2f us per answer",
                 (double)l->cpu_ns / (double)l->answering.count /
                     (double)CLOCK_US);
    write_line(
        out, width, "client's CPU", "%.0f %% of a core%s%s", 100 * share, each,
        share < CPU_MUCH ? ""
                         : ": the limit may be this client, not the server");
}

/* Writes whether the figures agree with each other, and what else speaks
 * against them. */
static void
write_check(FILE *out, const struct load *l, int width)
{
    int clients = l->plan.clients;
    int measured = clients - l->unanswered;
    double busy = load_busy(l);
    bool answered = l->answering.count > 0;
    bool too_few = answered && busy < BUSY_MIN * clients;

    if (!answered)
        write_line(out, width, "check", "no client got an answer");
    else if (busy < 0)
        write_line(out, width, "check",
                   "%.1f of at most %d in flight on average: answers per "
                   "second x mean time",
                   load_in_flight(l), clients * l->plan.pipeline);
    else if (l->plan.pipeline == 1 && l->plan.per_connection == 0)
        write_line(out, width, "check",
                   "Little's law: %.0f per second x %s = %.1f in flight (%d "
                   "client%s)",
                   answers_per_second(l),
                   TEXT_TIME(histogram_mean(&l->answering)), busy, clients,
                   text_plural(clients));
    else
        write_line(out, width, "check",
                   "%.1f of %d client%s busy on average: answers per second x "
                   "mean time%s%s",
                   busy, clients, text_plural(clients),
                   l->plan.pipeline > 1 ? " / in flight" : "",
                   l->plan.per_connection > 0 ? ", and connecting and leaving"
                                              : "");
    if (answered && l->unanswered > 0)
        write_line(out, width, "",
                   "%d client%s got no answer at all: the figures are those of "
                   "%d client%s",
                   l->unanswered, text_plural(l->unanswered), measured,
                   text_plural(measured));
    if (l->failed > 0)
        write_line(out, width, "", "%d client%s failed: see below", l->failed,
                   text_plural(l->failed));
    if (l->unanswered == 0 && l->failed == 0 && busy >= 0 && too_few)
        write_line(out, width, "",
                   "fewer than there are: the figures cannot be right");
}

void
load_report_summary(FILE *out, const struct load *l,
                    const struct terminal *terminal)
{
    int width = terminal->width;
    bool interrupted = l->end == RECORD_INTERRUPTED;

    if (l->took_ns == 0) {
        fprintf(out, "%snothing was measured\n",
                interrupted ? "interrupted: " : "");
        return;
    }
    if (interrupted)
        fprintf(out, "interrupted after %s\n", TEXT_TIME(l->took_ns));
    if (l->answering.count == 0)
        write_line(out, width, "answers", "none in %s", TEXT_TIME(l->took_ns));
    else
        write_line(out, width, "answers",
                   "%.0f per second: %" PRId64 " in %s, each of them checked",
                   answers_per_second(l), l->answering.count,
                   TEXT_TIME(l->took_ns));
    write_times(out, "answer time", &l->answering, width);
    latency_draw(out, &l->answering, terminal);
    write_times(out, "connecting", &l->connecting, width);
    write_cpu(out, l, width);
    write_check(out, l, width);
}

static void
markdown_times(FILE *out, const char *what, const struct histogram *h)
{
    fprintf(out, "| %s |", what);
    for (size_t i = 0; i < TIMES; i++)
        fprintf(out, " %s |",
                h->count > 0 && is_given(h, i) ? TEXT_TIME(time_of(h, i))
                                               : "-");
    putc('\n', out);
}

void
load_report_markdown(FILE *out, const struct load *l)
{
    fprintf(out, "%.0f answers per second\n\n| |", answers_per_second(l));
    for (size_t i = 0; i < TIMES; i++)
        fprintf(out, " %s |", times[i].name);
    fputs("\n| --- |", out);
    for (size_t i = 0; i < TIMES; i++)
        fputs(" ---: |", out);
    putc('\n', out);
    markdown_times(out, "answer time", &l->answering);
    markdown_times(out, "connecting", &l->connecting);
}

/* Writes the times of a histogram; or the names of their columns if h is NULL.
 */
static void
csv_times(FILE *out, const char *what, const struct histogram *h)
{
    for (size_t i = 0; i < TIMES; i++)
        if (h == NULL)
            fprintf(out, ",%s_%s_s", what, times[i].csv);
        else if (h->count > 0 && is_given(h, i))
            fprintf(out, ",%.6f", clock_seconds(time_of(h, i)));
        else
            putc(',', out);
}

/* Writes a figure; an empty cell if nothing was measured. */
static void
csv_measured(FILE *out, const struct load *l, int decimals, double value)
{
    putc(',', out);
    if (l->took_ns > 0)
        fprintf(out, "%.*f", decimals, value);
}

void
load_report_csv(FILE *out, const struct load *l)
{
    const struct plan *plan = &l->plan;

    fputs("version,clients,in_flight,bytes,messages_per_connection,idle,"
          "duration_s,answers,answers_per_s,connections",
          out);
    csv_times(out, "answer", NULL);
    csv_times(out, "connect", NULL);
    fputs(",client_cpu_s,in_flight_mean,unheard,failed\n", out);
    fprintf(out, "%d,%d,%d,%zu,", VERSION, plan->clients, plan->pipeline,
            message_bytes(plan, 0) - 1);
    if (plan->per_connection > 0)
        fprintf(out, "%d", plan->per_connection);
    fprintf(out, ",%d", plan->idle);
    csv_measured(out, l, 6, clock_seconds(l->took_ns));
    fprintf(out, ",%" PRId64, l->answering.count);
    csv_measured(out, l, 1, answers_per_second(l));
    fprintf(out, ",%" PRId64, l->connections);
    csv_times(out, "answer", &l->answering);
    csv_times(out, "connect", &l->connecting);
    csv_measured(out, l, 6, clock_seconds(l->cpu_ns));
    csv_measured(out, l, 3, load_in_flight(l));
    fprintf(out, ",%d,%d\n", l->unanswered, l->failed);
}

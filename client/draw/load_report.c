#include "client/draw/load_report.h"

#include <inttypes.h>
#include <stdarg.h>

#include "client/draw/latency.h"
#include "client/draw/text.h"
#include "client/play/message.h"
#include "common/clock.h"

#define VERSION    2    /* of the columns */
#define NAME_WIDTH 14   /* "connecting    " */
#define BUSY_MIN   0.95 /* part of the clients; with fewer, some waited */
#define CPU_MUCH   0.9  /* part of a core; the client may be the limit */
#define CELL_WIDTH 7    /* "99.9 ms" */
#define CELL_GAP   2
#define LINE_MAX   256
#define MEAN       (-1) /* no quantile */
#define UNKNOWN    "unknown"

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

/* Returns how many answers came within the time of the load. */
static int64_t
answers_of(const struct load *l)
{
    return l->plan.rate > 0 ? l->in_time : l->answering.count;
}

static double
answers_per_second(const struct load *l)
{
    return l->took_ns > 0 ? (double)answers_of(l) / clock_seconds(l->took_ns)
                          : 0;
}

/* Tells whether a time of the answers of an open loop says more about the
 * server than about this program, which begins requests late if it or the
 * machine is busy. */
static bool
is_known(const struct load *l, const struct histogram *h, size_t time)
{
    return l->plan.rate == 0 || h != &l->answering ||
           time_of(&l->starting, time) <= time_of(h, time) / 2;
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
write_times(FILE *out, const char *what, const struct load *l,
            const struct histogram *h, int width)
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
                is_known(l, h, cells[i]) ? TEXT_TIME(time_of(h, cells[i]))
                                         : UNKNOWN);
    putc('\n', out);
}

/* Writes what the client itself used, and whether that was all it could. */
static void
write_cpu(FILE *out, const struct load *l, int width)
{
    double share = (double)l->cpu_ns / (double)l->took_ns;
    char each[TEXT_TIME_MAX + sizeof(",  per answer")] = "";

    if (answers_of(l) > 0)
        snprintf(each, sizeof(each), ", %.2f us per answer",
                 (double)l->cpu_ns / (double)answers_of(l) / (double)CLOCK_US);
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

/* Writes what happened to the requests of an open loop. */
static void
write_requests(FILE *out, const struct load *l, int width)
{
    const int64_t *n = l->outcomes;

    write_line(out, width, "requests",
               "%" PRId64 " offered: %" PRId64 " answered, %" PRId64
               " refused, %" PRId64 " given up, %" PRId64 " without an answer",
               l->offered, n[LOAD_ANSWERED], n[LOAD_REFUSED], n[LOAD_GIVEN_UP],
               n[LOAD_UNANSWERED]);
    if (n[LOAD_WRONG] > 0)
        write_line(out, width, "", "and %" PRId64 " with a wrong answer",
                   n[LOAD_WRONG]);
    if (n[LOAD_GIVEN_UP] + n[LOAD_UNANSWERED] > 0)
        write_line(out, width, "",
                   "the answer time counts a request without an answer for as "
                   "long as it has waited");
    if (l->plan.retry > 0)
        write_line(out, width, "retries", "%" PRId64, l->retries);
}

/* Writes what else an open loop tells, and what speaks against its figures. */
static void
write_open_check(FILE *out, const struct load *l, int width)
{
    bool all_known = true;

    for (size_t i = 0; i < TIMES; i++)
        all_known = all_known &&
                    (l->answering.count == 0 || !is_given(&l->answering, i) ||
                     is_known(l, &l->answering, i));
    write_times(out, "started late", l, &l->starting, width);
    if (!all_known)
        write_line(out, width, "",
                   "unknown: this client, and not the server, caused more than "
                   "half of that time, because it, or the machine, could not "
                   "begin the requests at the moment when they were due");
    if (l->delayed > 0)
        write_line(out, width, "clients",
                   "%" PRId64 " request%s waited for a free client (there are "
                   "%d); this is a part of the answer time",
                   l->delayed, text_plural(l->delayed), l->plan.clients);
    write_line(out, width, "in flight",
               "%.1f requests on average, from due to answered",
               load_in_flight(l));
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
    if (l->plan.rate > 0)
        write_requests(out, l, width);
    if (answers_of(l) == 0)
        write_line(out, width, "answers", "none in %s", TEXT_TIME(l->took_ns));
    else
        write_line(out, width, "answers",
                   "%.0f per second: %" PRId64 " in %s, each of them checked",
                   answers_per_second(l), answers_of(l), TEXT_TIME(l->took_ns));
    write_times(out, "answer time", l, &l->answering, width);
    latency_draw(out, &l->answering, terminal);
    write_times(out, "connecting", l, &l->connecting, width);
    write_cpu(out, l, width);
    if (l->plan.rate > 0)
        write_open_check(out, l, width);
    else
        write_check(out, l, width);
}

static void
markdown_times(FILE *out, const char *what, const struct load *l,
               const struct histogram *h)
{
    fprintf(out, "| %s |", what);
    for (size_t i = 0; i < TIMES; i++)
        fprintf(out, " %s |",
                h->count == 0 || !is_given(h, i) ? "-"
                : is_known(l, h, i)              ? TEXT_TIME(time_of(h, i))
                                                 : UNKNOWN);
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
    markdown_times(out, "answer time", l, &l->answering);
    markdown_times(out, "connecting", l, &l->connecting);
    if (l->plan.rate > 0)
        markdown_times(out, "started late", l, &l->starting);
}

/* Writes the times of a histogram; or the names of their columns if h is NULL.
 */
static void
csv_times(FILE *out, const char *what, const struct load *l,
          const struct histogram *h)
{
    for (size_t i = 0; i < TIMES; i++)
        if (h == NULL)
            fprintf(out, ",%s_%s_s", what, times[i].csv);
        else if (h->count > 0 && is_given(h, i) && is_known(l, h, i))
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

/* Writes the cells that only an open loop has; empty ones for another load. */
static void
csv_open_loop(FILE *out, const struct load *l)
{
    if (l->plan.rate == 0) {
        fputs(",,,,,,,,,,,", out);
    } else {
        fprintf(out, ",%d,", l->plan.rate);
        if (l->plan.deadline_ns > 0)
            fprintf(out, "%.6f", clock_seconds(l->plan.deadline_ns));
        fprintf(out, ",%d,%" PRId64, l->plan.retry, l->offered);
        for (int i = 0; i < LOAD_OUTCOMES; i++)
            fprintf(out, ",%" PRId64, l->outcomes[i]);
        fprintf(out, ",%" PRId64 ",%" PRId64, l->retries, l->delayed);
    }
    csv_times(out, "late", l, &l->starting);
}

void
load_report_csv(FILE *out, const struct load *l)
{
    const struct plan *plan = &l->plan;

    fputs("version,clients,in_flight,bytes,messages_per_connection,idle,"
          "duration_s,answers,answers_per_s,connections",
          out);
    csv_times(out, "answer", l, NULL);
    csv_times(out, "connect", l, NULL);
    fputs(",client_cpu_s,in_flight_mean,unheard,failed,rate_per_s,deadline_s,"
          "retry,offered,answered,refused,wrong,given_up,unanswered,retries,"
          "delayed",
          out);
    csv_times(out, "late", l, NULL);
    putc('\n', out);
    fprintf(out, "%d,%d,%d,%zu,", VERSION, plan->clients, plan->pipeline,
            message_bytes(plan, 0) - 1);
    if (plan->per_connection > 0)
        fprintf(out, "%d", plan->per_connection);
    fprintf(out, ",%d", plan->idle);
    csv_measured(out, l, 6, clock_seconds(l->took_ns));
    fprintf(out, ",%" PRId64, answers_of(l));
    csv_measured(out, l, 1, answers_per_second(l));
    fprintf(out, ",%" PRId64, l->connections);
    csv_times(out, "answer", l, &l->answering);
    csv_times(out, "connect", l, &l->connecting);
    csv_measured(out, l, 6, clock_seconds(l->cpu_ns));
    csv_measured(out, l, 3, load_in_flight(l));
    fprintf(out, ",%d,%d", l->unanswered, l->failed);
    csv_open_loop(out, l);
    putc('\n', out);
}

#include "client/draw/load_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/play/message.h"
#include "client/draw/text.h"
#include "common/clock.h"

#define VERSION    1
#define NAME_WIDTH 14   /* "connecting    " */
#define BUSY_MIN   0.95 /* of the clients, on the average: else some waited */
#define CPU_MUCH   0.9  /* of a core: the client may be the limit */
#define CELL_WIDTH 7    /* "99.9 ms" */
#define CELL_GAP   2

static const struct {
    const char *name;
    const char *csv;
    int millionths;
} quantiles[] = {
    {"median", "median", 500000}, {"p90", "p90", 900000},
    {"p99", "p99", 990000},       {"p99.9", "p99_9", 999000},
    {"p99.99", "p99_99", 999900},
};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

void
load_report_plan(FILE *out, const struct plan *plan, const char *address,
                 const char *port, int width)
{
    struct text_flow flow = {.out = out, .width = width};
    char time[TEXT_TIME_MAX];

    text_time(time, plan->duration_ns);
    fprintf(out, "%d client%s for %s, to %s port %s\n", plan->clients,
            text_plural(plan->clients), time, address, port);
    text_words(out,
               "A closed loop: a client sends when it has been answered, so a "
               "server that is slow is asked less often.",
               0, width);
    if (plan->size != PLAN_SIZE_NATURAL)
        text_flow_item(&flow, "%d byte%s a message", plan->size,
                       text_plural(plan->size));
    if (plan->pipeline > 1)
        text_flow_item(&flow, "%d in flight", plan->pipeline);
    if (plan->per_connection > 0)
        text_flow_item(&flow, "%d message%s a connection", plan->per_connection,
                       text_plural(plan->per_connection));
    if (plan->idle > 0)
        text_flow_item(&flow, "%d idle connection%s besides", plan->idle,
                       text_plural(plan->idle));
    text_flow_end(&flow);
}

/* Returns the rate of what happened count times. */
static double
per_second(const struct load *l, int64_t count)
{
    return l->took_ns > 0 ? (double)count / clock_seconds(l->took_ns) : 0;
}

/* Begins a line. */
static void
name(FILE *out, const char *text)
{
    fprintf(out, "%-*s", NAME_WIDTH, text);
}

/* Writes a table of one line: what the times are, and below it how long. */
static void
write_times(FILE *out, const char *what, const struct histogram *h, int width)
{
    const int room = (width - NAME_WIDTH) / (CELL_WIDTH + CELL_GAP);
    struct {
        const char *name;
        int64_t ns;
    } cells[QUANTILES + 3];
    char time[TEXT_TIME_MAX];
    int count = 0;

    if (h->count == 0)
        return;
    if (room > 3)
        cells[count++].name = "min", cells[0].ns = h->min_ns;
    for (size_t i = 0; i < QUANTILES; i++)
        if ((i == 0 || histogram_carries(h, quantiles[i].millionths)) &&
            count + 2 < room) {
            cells[count].name = quantiles[i].name;
            cells[count++].ns = histogram_quantile(h, quantiles[i].millionths);
        }
    cells[count].name = "max";
    cells[count++].ns = h->max_ns;
    cells[count].name = "mean";
    cells[count++].ns = histogram_mean(h);

    name(out, "");
    for (int i = 0; i < count; i++)
        fprintf(out, "%*s", CELL_WIDTH + (i > 0 ? CELL_GAP : 0), cells[i].name);
    putc('\n', out);
    name(out, what);
    for (int i = 0; i < count; i++) {
        text_time(time, cells[i].ns);
        fprintf(out, "%*s", CELL_WIDTH + (i > 0 ? CELL_GAP : 0), time);
    }
    putc('\n', out);
}

/* Writes what the client itself took, and whether that was all it could. */
static void
write_cpu(FILE *out, const struct load *l, int width)
{
    double share = (double)l->cpu_ns / (double)l->took_ns;
    char time[TEXT_TIME_MAX] = "0 us";
    char line[256];

    if (l->answering.count > 0)
        snprintf(time, sizeof(time), "%.2f us",
                 (double)l->cpu_ns / (double)l->answering.count /
                     (double)CLOCK_US);
    snprintf(line, sizeof(line), "%.0f %% of a core, %s an answer%s",
             100 * share, time,
             share < CPU_MUCH ? ""
                              : ": this client may be what was measured, not "
                                "the server");
    name(out, "client's CPU");
    text_words(out, line, NAME_WIDTH, width);
}

/* Writes a remark under the line before. */
static void
remark(FILE *out, const char *line, int width)
{
    name(out, "");
    text_words(out, line, NAME_WIDTH, width);
}

/* Writes whether the figures agree with each other, and what else speaks
 * against them. */
static void
write_check(FILE *out, const struct load *l, int width)
{
    double busy = load_busy(l);
    int measured = l->plan.clients - l->unheard;
    char line[256];

    if (busy < 0)
        snprintf(
            line, sizeof(line),
            "%.1f of at most %d in flight on the average: answers a second "
            "x mean time",
            load_in_flight(l), l->plan.clients * l->plan.pipeline);
    else
        snprintf(line, sizeof(line),
                 "%.1f of %d client%s busy on the average%s: answers a second "
                 "x mean time%s%s",
                 busy, l->plan.clients, text_plural(l->plan.clients),
                 busy < BUSY_MIN * l->plan.clients ? "" : ", as it must be",
                 l->plan.pipeline > 1 ? " / in flight" : "",
                 l->plan.per_connection > 0 ? ", and connecting and leaving"
                                            : "");
    name(out, "check");
    text_words(out, line, NAME_WIDTH, width);
    if (l->unheard > 0) {
        snprintf(line, sizeof(line),
                 "%d client%s got no answer at all: what is measured is %d "
                 "client%s",
                 l->unheard, text_plural(l->unheard), measured,
                 text_plural(measured));
        remark(out, line, width);
    }
    if (l->failed > 0) {
        snprintf(line, sizeof(line), "%d client%s failed: see below", l->failed,
                 text_plural(l->failed));
        remark(out, line, width);
    }
    if (l->unheard == 0 && l->failed == 0 && busy >= 0 &&
        busy < BUSY_MIN * l->plan.clients)
        remark(out, "fewer than there are: this cannot be", width);
}

void
load_report_summary(FILE *out, const struct load *l, int width)
{
    char time[TEXT_TIME_MAX];
    char line[256];

    if (l->took_ns == 0) {
        fprintf(out, "%snothing was measured\n",
                l->end == RECORD_INTERRUPTED ? "interrupted: " : "");
        return;
    }
    text_time(time, l->took_ns);
    if (l->end == RECORD_INTERRUPTED)
        fprintf(out, "interrupted after %s\n", time);
    snprintf(line, sizeof(line),
             "%.0f a second: %" PRId64 " in %s, each of them checked",
             per_second(l, l->answering.count), l->answering.count, time);
    name(out, "answers");
    text_words(out, line, NAME_WIDTH, width);
    write_times(out, "answer time", &l->answering, width);
    write_times(out, "connecting", &l->connecting, width);
    write_cpu(out, l, width);
    write_check(out, l, width);
}

void
load_report_fault(char out[REPORT_FAULT_MAX], const struct load *l, int fault)
{
    const struct load_fault *f = &l->faults[fault];

    report_trouble(out, &(struct report_trouble){
                            .fault = f->fault,
                            .error = f->error,
                            .got = f->got,
                            .got_len = f->got_len,
                            .answered = f->after,
                            .wrong = f->after + 1,
                            .expected = message_expected(&l->plan),
                        });
}

void
load_report_faults(FILE *out, const struct load *l)
{
    char words[REPORT_FAULT_MAX];
    int more = l->failed - LOAD_FAULTS_MAX;

    for (int i = 0; i < l->failed && i < LOAD_FAULTS_MAX; i++) {
        int client = l->faults[i].client;

        load_report_fault(words, l, i);
        if (client < l->plan.clients)
            fprintf(out, "client %d: %s\n", client + 1, words);
        else
            fprintf(out, "idle client %d: %s\n", client - l->plan.clients + 1,
                    words);
    }
    if (more > 0)
        fprintf(out, "... and %d more client%s failed\n", more,
                text_plural(more));
}

bool
load_report_nobody_there(const struct load *l)
{
    return l->connections == 0 && l->failed > 0 &&
           l->faults[0].fault == RECORD_NO_CONNECTION &&
           l->faults[0].error == ECONNREFUSED;
}

/* Writes the columns of a histogram: their names, or their values. */
static void
csv_times(FILE *out, const char *what, const struct histogram *h)
{
    if (h == NULL)
        fprintf(out, ",%s_min_s", what);
    else
        fprintf(out, ",%.6f", clock_seconds(h->min_ns));
    for (size_t i = 0; i < QUANTILES; i++)
        if (h == NULL)
            fprintf(out, ",%s_%s_s", what, quantiles[i].csv);
        else if (i == 0 || histogram_carries(h, quantiles[i].millionths))
            fprintf(
                out, ",%.6f",
                clock_seconds(histogram_quantile(h, quantiles[i].millionths)));
        else
            putc(',', out); /* too few to tell */
    if (h == NULL)
        fprintf(out, ",%s_max_s,%s_mean_s", what, what);
    else
        fprintf(out, ",%.6f,%.6f", clock_seconds(h->max_ns),
                clock_seconds(histogram_mean(h)));
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
    fprintf(out, ",%d,%.6f,%" PRId64 ",%.1f,%" PRId64, plan->idle,
            clock_seconds(l->took_ns), l->answering.count,
            per_second(l, l->answering.count), l->connections);
    csv_times(out, "answer", &l->answering);
    csv_times(out, "connect", &l->connecting);
    fprintf(out, ",%.6f,%.3f,%d,%d\n", clock_seconds(l->cpu_ns),
            load_in_flight(l), l->unheard, l->failed);
}

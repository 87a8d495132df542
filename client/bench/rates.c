#include "client/bench/rates.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/csv.h"
#include "client/play/message.h"
#include "client/draw/text.h"
#include "common/clock.h"

#define VERSION     1
#define LABEL_MAX   32 /* columns of a server's name; a longer one is cut */
#define LABEL_LEAST 16 /* it is not cut to less than that */
#define COST_WIDTH  5
#define MORE_WIDTH  4 /* of spread, and of ratio */
#define GAP         2
#define LOAD_WIDTH  (GAP + COST_WIDTH + MORE_WIDTH + 1 + MORE_WIDTH)
#define LINE_LEN    512

static int
open_server(const struct rates *r, struct rates_server *s)
{
    s->samples =
        calloc((size_t)r->load_count * (size_t)r->rounds, sizeof(*s->samples));
    return s->samples == NULL ? -1 : 0;
}

int
rates_open(struct rates *r, const struct rates_load *loads, int load_count,
           int row_count, int rounds)
{
    *r = (struct rates){.loads = loads,
                        .load_count = load_count,
                        .row_count = row_count,
                        .rounds = rounds};
    r->rows = calloc((size_t)row_count, sizeof(*r->rows));
    for (int i = 0; r->rows != NULL && i < row_count; i++)
        if (open_server(r, &r->rows[i].server) == -1 ||
            open_server(r, &r->rows[i].bare) == -1) {
            rates_close(r);
            return -1;
        }
    return r->rows == NULL ? -1 : 0;
}

void
rates_close(struct rates *r)
{
    for (int i = 0; i < r->row_count; i++) {
        free(r->rows[i].label);
        free(r->rows[i].server.samples);
        free(r->rows[i].bare.samples);
    }
    free(r->rows);
}

struct rates_sample *
rates_sample(const struct rates *r, const struct rates_server *s, int load,
             int round)
{
    return &s->samples[load * r->rounds + round];
}

static int
compare_values(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

static double
median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), compare_values);
    return count % 2 == 1 ? values[count / 2]
                          : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static struct rates_middle
middle(double *values, int count)
{
    struct rates_middle m = {.count = count};

    if (count == 0)
        return m;
    m.value = median(values, count);
    for (int i = 0; i < count; i++)
        values[i] = fabs(values[i] - m.value);
    m.spread = median(values, count);
    return m;
}

/* Returns what a message took in a sample, in microseconds. */
static double
each(const struct rates_sample *s, int64_t cpu_ns)
{
    return (double)cpu_ns / (double)s->answers / (double)CLOCK_US;
}

struct rates_middle
rates_cost(const struct rates *r, const struct rates_server *s, int load)
{
    double values[RATES_ROUNDS_MAX];
    int count = 0;

    for (int i = 0; i < r->done; i++) {
        const struct rates_sample *one = rates_sample(r, s, load, i);

        if (one->answers > 0)
            values[count++] = each(one, one->server_ns);
    }
    return middle(values, count);
}

struct rates_middle
rates_ratio(const struct rates *r, const struct rates_row *row, int load)
{
    double values[RATES_ROUNDS_MAX];
    int count = 0;

    for (int i = 0; i < r->done; i++) {
        const struct rates_sample *one = rates_sample(r, &row->server, load, i);
        const struct rates_sample *limit = rates_sample(r, &row->bare, load, i);

        if (one->answers > 0 && limit->answers > 0)
            values[count++] =
                each(one, one->server_ns) / each(limit, limit->server_ns);
    }
    return middle(values, count);
}

struct rates_middle
rates_client(const struct rates *r, int load)
{
    double values[RATES_ROUNDS_MAX];
    double all[RATES_ROWS_MAX];
    int rows = 0;

    /* Of the middles of the rows, so that each server counts the same. */
    for (int row = 0; row < r->row_count; row++) {
        int count = 0;

        for (int i = 0; i < r->done; i++) {
            const struct rates_sample *one =
                rates_sample(r, &r->rows[row].server, load, i);

            if (one->answers > 0)
                values[count++] = each(one, one->client_ns);
        }
        if (count > 0)
            all[rows++] = median(values, count);
    }
    return middle(all, rows);
}

/* Writes a cost with three digits. */
static void
write_cost(char *cell, size_t size, double us)
{
    snprintf(cell, size, "%.*f", us < 9.995 ? 2 : us < 99.95 ? 1 : 0, us);
}

/* Writes the cells of a load in a row. */
static void
write_cells(FILE *out, const struct rates *r, const struct rates_row *row,
            int load)
{
    struct rates_middle cost = rates_cost(r, &row->server, load);
    struct rates_middle ratio = rates_ratio(r, row, load);
    char us[LINE_LEN] = "-";
    char spread[LINE_LEN] = "";
    char times[LINE_LEN] = "";

    if (cost.count > 0)
        write_cost(us, sizeof(us), cost.value);
    if (cost.count > 2)
        snprintf(spread, sizeof(spread), "%.0f%%",
                 100 * cost.spread / cost.value);
    if (ratio.count > 0)
        snprintf(times, sizeof(times), "%.2f", ratio.value);
    fprintf(out, "%*s%*s %*s", GAP + COST_WIDTH, us, MORE_WIDTH, spread,
            MORE_WIDTH, times);
}

/* Draws the columns of loads from to to - 1. */
static void
print_table(FILE *out, const struct rates *r, int from, int to, int label,
            bool utf8)
{
    for (int line = 0; line < 2; line++) {
        fprintf(out, "%-*s", label, line == 1 ? "us a message" : "");
        for (int load = from; load < to; load++)
            fprintf(out, "%*s", LOAD_WIDTH, r->loads[load].head[line]);
        putc('\n', out);
    }
    fprintf(out, "%-*s", label, "");
    for (int load = from; load < to; load++)
        fprintf(out, "%*s%*s %*s", GAP + COST_WIDTH, "CPU",
                /* bytes: the sign takes two */
                utf8 ? MORE_WIDTH + 1 : MORE_WIDTH, utf8 ? "\u00b1" : "+-",
                MORE_WIDTH, "bare");
    putc('\n', out);
    for (int row = 0; row < r->row_count; row++) {
        fprintf(out, "%-*.*s", label, label, r->rows[row].label);
        for (int load = from; load < to; load++)
            write_cells(out, r, &r->rows[row], load);
        putc('\n', out);
    }
    fprintf(out, "%-*s", label, "the client");
    for (int load = from; load < to; load++) {
        struct rates_middle client = rates_client(r, load);
        char us[LINE_LEN] = "-";

        if (client.count > 0)
            write_cost(us, sizeof(us), client.value);
        fprintf(out, "%*s%*s", GAP + COST_WIDTH, us,
                LOAD_WIDTH - GAP - COST_WIDTH, "");
    }
    putc('\n', out);
}

/* Says why cells of a server are empty: once for each reason. */
static void
print_reasons(FILE *out, const struct rates *r, const char *what,
              const char *label, const struct rates_server *s, int width)
{
    char line[LINE_LEN];

    for (int load = 0; load < r->load_count; load++) {
        if (*s->why[load] == '\0' ||
            (load > 0 && strcmp(s->why[load], s->why[load - 1]) == 0))
            continue;
        snprintf(line, sizeof(line), "%s%s, %s%s%s: %s", what, label,
                 r->loads[load].head[0], *r->loads[load].head[1] ? " " : "",
                 r->loads[load].head[1], s->why[load]);
        text_words(out, line, 0, width);
    }
}

void
rates_reasons(FILE *out, const struct rates *r, int width)
{
    for (int i = 0; i < r->row_count; i++) {
        const struct rates_row *row = &r->rows[i];

        print_reasons(out, r, "", row->label, &row->server, width);
        print_reasons(out, r, "bare ", row->label, &row->bare, width);
    }
}

void
rates_print(FILE *out, const struct rates *r, int width, bool utf8)
{
    int label = (int)strlen("us a message");
    int fit;

    for (int row = 0; row < r->row_count; row++)
        if ((int)strlen(r->rows[row].label) > label)
            label = (int)strlen(r->rows[row].label);
    if (label > LABEL_MAX)
        label = LABEL_MAX;
    /* Names are cut before there are more than two tables. */
    fit = (width - label) / LOAD_WIDTH;
    if (fit < (r->load_count + 1) / 2) {
        fit = (width - LABEL_LEAST) / LOAD_WIDTH;
        if (fit > (r->load_count + 1) / 2)
            fit = (r->load_count + 1) / 2;
        label = width - fit * LOAD_WIDTH < label && fit > 0
                    ? width - fit * LOAD_WIDTH
                    : label;
    } else if (fit < r->load_count) {
        fit = (r->load_count + 1) / 2;
    }
    if (fit < 1)
        fit = 1;
    for (int from = 0; from < r->load_count; from += fit) {
        print_table(out, r, from,
                    from + fit < r->load_count ? from + fit : r->load_count,
                    label, utf8);
        putc('\n', out);
    }
    text_words(out,
               "CPU: of the server and its children, microseconds a message "
               "(churn: a connection of one message).",
               0, width);
    text_words(out,
               utf8 ? "\u00b1: half of the rounds lie within so much of it."
                    : "+-: half of the rounds lie within so much of it.",
               0, width);
    text_words(
        out,
        "bare: CPU divided by that of the model's bare limit, which makes "
        "the same system calls and does nothing else; just below 1 is "
        "noise.",
        0, width);
    text_words(
        out, "the client: CPU time that a message costs the one who sends it.",
        0, width);
    text_words(out,
               "-: not served; why stands below.  That a model cannot serve so "
               "many is a result, not a fault.",
               0, width);
    rates_reasons(out, r, width);
}

static void
csv_server(FILE *out, const struct rates *r, const struct rates_row *row,
           const struct rates_server *s, int round, int load)
{
    const struct rates_sample *one = rates_sample(r, s, load, round);
    const struct plan *plan = &r->loads[load].plan;

    if (one->answers == 0)
        return;
    fprintf(out, "%d,%d,%s,%d,%d,%zu,", VERSION, round + 1, r->loads[load].csv,
            plan->clients, plan->pipeline, message_bytes(plan, 0) - 1);
    if (plan->per_connection > 0)
        fprintf(out, "%d", plan->per_connection);
    fprintf(out, ",%d,", plan->idle);
    csv_field(out, row->label);
    fprintf(out, ",%d,%" PRId64 ",%.6f,%.9f,%.9f\n", s == &row->bare,
            one->answers, clock_seconds(one->took_ns),
            clock_seconds(one->server_ns), clock_seconds(one->client_ns));
}

void
rates_csv(FILE *out, const struct rates *r)
{
    fputs("version,round,load,clients,in_flight,bytes,messages_per_connection,"
          "idle,server,bare,answers,duration_s,server_cpu_s,client_cpu_s\n",
          out);
    for (int round = 0; round < r->done; round++)
        for (int load = 0; load < r->load_count; load++)
            for (int row = 0; row < r->row_count; row++) {
                csv_server(out, r, &r->rows[row], &r->rows[row].server, round,
                           load);
                csv_server(out, r, &r->rows[row], &r->rows[row].bare, round,
                           load);
            }
}

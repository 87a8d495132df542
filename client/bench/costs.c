#include "client/bench/costs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "client/draw/csv.h"
#include "client/play/message.h"
#include "common/clock.h"

#define VERSION 1

static int
compare_values(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

static double
middle(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), compare_values);
    return count % 2 == 1 ? values[count / 2]
                          : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static struct costs_median
median(double *values, int count)
{
    struct costs_median m = {.count = count};

    if (count == 0)
        return m;
    m.value = middle(values, count);
    for (int i = 0; i < count; i++)
        values[i] = fabs(values[i] - m.value);
    m.spread = middle(values, count);
    return m;
}

/* Returns the CPU time per message, or per megabyte of a file, in microseconds;
 * 0 if there is no sample. */
static double
per_message(const struct costs_sample *s, int64_t cpu_ns)
{
    double units = s->mb > 0 ? s->mb : (double)s->answers;

    return units > 0 ? (double)cpu_ns / units / (double)CLOCK_US : 0;
}

/* Returns the value of a quantity in one round, 0 if there is none. */
static double
value_of(const struct costs_row *row, int load, int round,
         enum costs_quantity quantity)
{
    const struct costs_sample *s =
        &row->programs[COSTS_SERVER].samples[load][round];
    const struct costs_sample *bare =
        &row->programs[COSTS_BARE].samples[load][round];
    double limit = per_message(bare, bare->server_ns);

    if (quantity == COSTS_OF_CLIENT)
        return per_message(s, s->client_ns);
    if (quantity == COSTS_PACE)
        return s->took_ns > 0 ? s->mb / ((double)s->took_ns / (double)CLOCK_MS)
                              : 0;
    if (quantity == COSTS_OF_SERVER)
        return per_message(s, s->server_ns);
    return limit > 0 ? per_message(s, s->server_ns) / limit : 0;
}

struct costs_median
costs_median(const struct costs *c, int row, int load,
             enum costs_quantity quantity)
{
    double values[COSTS_ROUNDS_MAX];
    int count = 0;

    for (int round = 0; round < c->rounds; round++) {
        double value = value_of(&c->rows[row], load, round, quantity);

        if (value > 0)
            values[count++] = value;
    }
    return median(values, count);
}

struct costs_median
costs_median_client(const struct costs *c, int load)
{
    double values[COSTS_ROWS_MAX];
    int count = 0;

    for (int row = 0; row < c->row_count; row++) {
        struct costs_median m = costs_median(c, row, load, COSTS_OF_CLIENT);

        if (m.count > 0)
            values[count++] = m.value;
    }
    return median(values, count);
}

static void
write_sample(FILE *out, const struct costs *c, int round, int load, int row,
             enum costs_role role)
{
    const struct costs_row *r = &c->rows[row];
    const struct costs_sample *s = &r->programs[role].samples[load][round];
    const struct plan *plan = &c->loads[load].plan;

    if (s->took_ns == 0)
        return;
    fprintf(out, "%d,%d,%s,%d,%d,%zu,", VERSION, round + 1, c->loads[load].name,
            plan->clients, plan->pipeline, message_bytes(plan, 0) - 1);
    if (plan->per_connection > 0)
        fprintf(out, "%d", plan->per_connection);
    fprintf(out, ",%d,", plan->idle);
    csv_field(out, r->label);
    fprintf(out, ",%d,%" PRId64 ",%.6f,%.9f,%.9f,", role == COSTS_BARE,
            s->answers, clock_seconds(s->took_ns), clock_seconds(s->server_ns),
            clock_seconds(s->client_ns));
    if (s->mb > 0)
        fprintf(out, "%.6f", s->mb);
    putc('\n', out);
}

void
costs_csv(FILE *out, const struct costs *c)
{
    fputs("version,round,load,clients,in_flight,bytes,messages_per_connection,"
          "idle,server,bare,answers,duration_s,server_cpu_s,client_cpu_s,"
          "megabytes\n",
          out);
    for (int round = 0; round < c->rounds; round++)
        for (int load = 0; load < c->load_count; load++)
            for (int row = 0; row < c->row_count; row++)
                for (int role = 0; role < COSTS_ROLES; role++)
                    write_sample(out, c, round, load, row,
                                 (enum costs_role)role);
}

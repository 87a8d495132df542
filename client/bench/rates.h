/* rates - what a message costs each server under each of several loads, and
 * what it costs the bare limit of its model: the samples of all rounds, and
 * what is to be said of them.  Plain data; a table, a chart and a CSV are made
 * from it. */

#ifndef CLIENT_BENCH_RATES_H
#define CLIENT_BENCH_RATES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/record/plan.h"

#define RATES_LOADS_MAX  8
#define RATES_ROWS_MAX   32
#define RATES_ROUNDS_MAX 101
#define RATES_WHY_MAX    160

/* A load, and how it is called in the head of its column. */
struct rates_load {
    const char *head[2]; /* two lines */
    const char *csv;
    struct plan plan;
};

/* One measurement; answers is 0 if there was none. */
struct rates_sample {
    int64_t answers;
    int64_t took_ns;
    int64_t server_ns; /* CPU time of the server and its children */
    int64_t client_ns; /* CPU time of the client */
};

/* A server, or the bare limit of one. */
struct rates_server {
    const char *command; /* see command.h; NULL: there is no such limit */
    char why[RATES_LOADS_MAX][RATES_WHY_MAX]; /* it cannot bear that load;
                                               * "": it can */
    struct rates_sample *samples;             /* see rates_sample */
};

/* What stands in one line of the table. */
struct rates_row {
    char *label;
    struct rates_server server, bare;
};

struct rates {
    const struct rates_load *loads;
    int load_count;
    struct rates_row *rows;
    int row_count;
    int rounds; /* there is room for */
    int done;   /* so many of them are over, and are shown */
};

/* The middle of several values; half of them are no further from it than
 * spread.  count is 0 if there are none. */
struct rates_middle {
    int count;
    double value;
    double spread;
};

/* Makes room for the samples of so many rows.  Returns 0, or -1 with errno set
 * if there is not the memory.  To be freed by rates_close; the labels, too. */
int rates_open(struct rates *r, const struct rates_load *loads, int load_count,
               int row_count, int rounds);

/* Frees what the rates have taken. */
void rates_close(struct rates *r);

/* Returns the sample of that round; it stays in r. */
struct rates_sample *
rates_sample(const struct rates *r, const struct rates_server *s, int load,
             int round);

/* Returns the CPU time a message took that server, in microseconds. */
struct rates_middle
rates_cost(const struct rates *r, const struct rates_server *s, int load);

/* Returns the cost of a server as a multiple of that of its bare limit, round
 * by round. */
struct rates_middle
rates_ratio(const struct rates *r, const struct rates_row *row, int load);

/* Returns the CPU time a message took the client under that load, in
 * microseconds. */
struct rates_middle rates_client(const struct rates *r, int load);

/* Draws tables of so many columns, and what there is to be said about them. */
void rates_print(FILE *out, const struct rates *r, int width, bool utf8);

/* Says why servers were not measured. */
void rates_reasons(FILE *out, const struct rates *r, int width);

/* Writes a line with the names of the columns, and a line a sample. */
void rates_csv(FILE *out, const struct rates *r);

#endif

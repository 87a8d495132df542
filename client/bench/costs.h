/* costs - what a message costs each server under each load, and what it costs
 * the bare limit of the server's model: the samples of all rounds, and their
 * medians.  Plain data, from which a table, a chart and a CSV are made. */

#ifndef CLIENT_BENCH_COSTS_H
#define CLIENT_BENCH_COSTS_H

#include <stdint.h>
#include <stdio.h>

#include "client/record/plan.h"

#define COSTS_LOADS_MAX  8
#define COSTS_ROWS_MAX   32
#define COSTS_ROUNDS_MAX 101
#define COSTS_WHY_MAX    200

struct costs_load {
    const char *name;    /* in --loads and in the CSV */
    const char *head[2]; /* of its columns in the table, two lines */
    struct plan plan;
};

/* One measurement; answers is 0 if there was none. */
struct costs_sample {
    int64_t answers;
    int64_t took_ns;
    int64_t server_ns; /* CPU time of the server and its children */
    int64_t client_ns; /* CPU time of the client */
    double mb;         /* megabytes of a file that came; 0: messages count */
};

/* A program that is measured. */
struct costs_program {
    const char *command; /* see command.h; NULL: there is no such program */
    /* Why it cannot serve a load; "": it can. */
    char why[COSTS_LOADS_MAX][COSTS_WHY_MAX];
    struct costs_sample samples[COSTS_LOADS_MAX][COSTS_ROUNDS_MAX];
};

enum costs_role {
    COSTS_SERVER,
    COSTS_BARE, /* the bare limit of the server's model */
    COSTS_ROLES,
};

struct costs_row {
    const char *label; /* of the server */
    struct costs_program programs[COSTS_ROLES];
};

struct costs {
    struct costs_load loads[COSTS_LOADS_MAX];
    int load_count;
    struct costs_row rows[COSTS_ROWS_MAX];
    int row_count;
    int rounds; /* that are over */
};

enum costs_quantity {
    COSTS_OF_SERVER, /* CPU time per message, or per megabyte of a file, in
                      * microseconds */
    COSTS_OF_CLIENT, /* the same, of the client */
    COSTS_PACE,      /* megabytes of a file per millisecond */
    COSTS_RATIO,     /* that of the server divided by that of its bare limit */
};

/* The median of several values.  Half of them are no further from it than
 * spread.  count is 0 if there are none. */
struct costs_median {
    int count;
    double value;
    double spread;
};

/* Returns the median of a quantity over all rounds. */
struct costs_median costs_median(const struct costs *c, int row, int load,
                                 enum costs_quantity quantity);

/* Returns the cost of the client, as the median over all servers, so that each
 * of them counts the same. */
struct costs_median costs_median_client(const struct costs *c, int load);

/* Writes a line with the names of the columns, and a line per sample. */
void costs_csv(FILE *out, const struct costs *c);

#endif

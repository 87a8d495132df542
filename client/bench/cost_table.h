/* cost_table - the costs as a table for people: one row per server, and under
 * each load its CPU time per message, the spread, and the ratio to the bare
 * limit. */

#ifndef CLIENT_BENCH_COST_TABLE_H
#define CLIENT_BENCH_COST_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "client/bench/costs.h"

/* Writes the table in lines of at most width columns, as several tables if the
 * loads do not fit into one, then what the columns mean.  utf8 tells whether
 * out can show characters beyond ASCII. */
void cost_table_draw(FILE *out, const struct costs *c, int width, bool utf8);

/* Writes why servers were not measured, in lines of that width. */
void cost_table_reasons(FILE *out, const struct costs *c, int width);

#endif

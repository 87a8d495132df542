/* chart - draws as SVG what a message costs each server against the number of
 * open connections: one line per server, both axes logarithmic.
 *
 * For programs that read the picture there is a <polyline> per line, with
 * data-server, and with data-connections and data-us, which are numbers with
 * blanks between them. */

#ifndef CLIENT_BENCH_CHART_H
#define CLIENT_BENCH_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include "client/bench/costs.h"

/* Returns how many of the loads the chart shows: the last one, and those that
 * differ from it in idle connections only. */
int chart_points(const struct costs_load *loads, int count);

/* Draws the chart.  The same costs give the same bytes.  Returns false, and
 * writes nothing, if no server was measured under two of these loads; the
 * caller checks out for errors of writing. */
bool chart_draw(FILE *out, const struct costs *c);

#endif

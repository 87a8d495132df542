/* chart - draws as SVG what a message costs a server against how many
 * connections are open, both on logarithmic axes: a line a server.
 *
 * What the picture holds for those who read it back: a <polyline> with
 * data-server for each line, and in it data-connections and data-us, numbers
 * with blanks between. */

#ifndef CLIENT_BENCH_CHART_H
#define CLIENT_BENCH_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include "client/bench/rates.h"

/* Returns how many loads there are of those that are drawn. */
int chart_points(const struct rates *r);

/* Tells whether there is a line to be drawn: some server has been measured with
 * two numbers of idle connections. */
bool chart_has_lines(const struct rates *r);

/* Draws the loads that differ in nothing but their idle connections.  The same
 * rates give the same bytes; what becomes of out is for the caller to ask. */
void chart_draw(FILE *out, const struct rates *r);

#endif

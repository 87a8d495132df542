/* latency - how the times of answers are distributed, as a picture.  A mean or
 * a quantile is one number; the picture shows whether the answers are of two
 * kinds, and how long the tail is. */

#ifndef CLIENT_DRAW_LATENCY_H
#define CLIENT_DRAW_LATENCY_H

#include <stdio.h>

#include "client/draw/terminal.h"
#include "client/play/histogram.h"

/* Draws a row per class of times, from the shortest time to the longest one:
 * its limits, a bar, and how many times it has.  The limits are 1, 2, 5, 10,
 * 20,
 * ... of a unit.  Draws nothing if there are no times. */
void latency_draw(FILE *out, const struct histogram *h,
                  const struct terminal *terminal);

/* Writes the distribution as an SVG file: a logarithmic axis of time, bars
 * whose height is how many times there are, and lines at the median, at p99 if
 * there are enough times, and at the longest time. */
void latency_svg(FILE *out, const struct histogram *h, const char *title);

#endif

/* timeline - draws runs with letters: one lane a client, and on it when the
 * client was waiting, was being served, was answered and was closed.
 *
 *     client  0 s            1              2         first     all
 *          1  ====o===o===o|                           0.20  0.60 s
 *          2  .............===o===o===o|               0.80  1.20 s
 *
 * A letter stands for a span of time and shows what went on in the middle of
 * it; but answers and ends always show. */

#ifndef CLIENT_DRAW_TIMELINE_H
#define CLIENT_DRAW_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/draw/panel.h"

#define TIMELINE_LANES_MAX 20

struct timeline_options {
    int width; /* columns; what is above TERMINAL_WIDTH_MAX is not used */
    int lanes; /* at most so many, 3 to TIMELINE_LANES_MAX: timeline_lanes */
    bool utf8; /* else ASCII alone */
    bool colour;
    bool live; /* the run goes on: nobody knows yet who is being served */
    int64_t
        span_ns; /* the axis reaches so far at least; 0: as far as it must */
};

/* Returns how many lanes fit into a terminal of so many columns and lines
 * without anything of the picture or the summary scrolling off; the most there
 * may be if the height is 0, unknown. */
int timeline_lanes(int width, int height);

/* Draws the legend, the time axis, which is the same for all panels, and the
 * panels: a heading if it has a title, a lane a client, a lane a worker, and,
 * if there was a guess, that, what the model says and its formula.  With more
 * clients than lanes: those that ended first and last, and a line for the
 * others.  With less than 60 columns the times stand below the lanes and not
 * beside them, with less than 40 there are the times alone.  Returns 0, or -1
 * with errno set if there is not the memory; what becomes of out is for the
 * caller to ask. */
int timeline_draw(FILE *out, const struct panel *panels, int count,
                  const struct timeline_options *options);

#endif

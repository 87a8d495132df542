/* timeline - draws runs with letters: a lane per client that shows when the
 * client waited, was served, was answered and was closed.
 *
 *     client  0 s            1              2         first     all
 *          1  ====o===o===o|                           0.20  0.60 s
 *          2  .............===o===o===o|               0.80  1.20 s
 *
 * A letter stands for a short stretch of time and shows what went on in the
 * middle of it; but answers and ends always show. */

#ifndef CLIENT_DRAW_TIMELINE_H
#define CLIENT_DRAW_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/draw/panel.h"

#define TIMELINE_LANES_MAX 20

struct timeline_options {
    int width; /* columns; more than TERMINAL_WIDTH_MAX are not used */
    int lanes; /* of clients per panel, at most: 3 to TIMELINE_LANES_MAX */
    bool utf8; /* otherwise ASCII */
    bool colour;
    int64_t span_ns; /* the axis reaches at least so far */
};

/* Returns how many lanes fit into a terminal of so many columns and lines if
 * the picture and the summary must not scroll off; TIMELINE_LANES_MAX if the
 * height is 0, which means unknown. */
int timeline_lanes(int width, int height);

/* Draws the legend, a time axis that all panels share, and the panels.  A panel
 * has a heading if it has a title, a lane per client, a lane per worker if
 * panel_has_workers and, if there was a guess, the guess and the prediction.
 * If there are more clients than lanes, it shows the clients that ended first
 * and last, and a line for the others.  On less than 60 columns the times stand
 * below the lanes instead of beside them; on less than 40 there are no lanes.
 * Returns 0, or -1 with errno set if there is not enough memory; the caller
 * checks out for errors of writing. */
int timeline_draw(FILE *out, const struct panel *panels, int count,
                  const struct timeline_options *options);

#endif

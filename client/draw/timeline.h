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

#include <stdint.h>
#include <stdio.h>

#include "client/draw/panel.h"
#include "client/draw/terminal.h"

#define TIMELINE_LANES_MAX 20

/* Returns how many clients have room in a terminal of so many columns and lines
 * if the picture and the summary must not scroll off, at least 3;
 * TIMELINE_LANES_MAX if the height is 0, which means unknown. */
int timeline_lanes(int width, int height);

/* Draws the legend, a time axis that all panels share and that reaches at least
 * to span_ns, and the panels.  A panel has a heading if it has a title, its
 * lanes (see lanes.h) and, if there was a guess, the guess and the prediction.
 * On less than 60 columns the times stand below the lanes instead of beside
 * them; on less than 40 there are no lanes.  The caller checks out for errors
 * of writing. */
void timeline_draw(FILE *out, const struct panel *panels, int count,
                   const struct terminal *terminal, int64_t span_ns);

#endif

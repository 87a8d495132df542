/* front - draws all runs of a comparison small, in one picture: a row per
 * server, all on the same time axis.  Neighbours that have the same picture
 * share a row.
 *
 * As a file, a row has a line per client, thin while the client waits and thick
 * while it is being served:
 *
 *     single-process   ==____
 *     serves 1 at once --==__   0.60 s
 *                      ----==
 *
 * If there are more clients than FRONT_LANES_MAX, or in a page, the height of a
 * row is the number of clients being served, as in conclusion.h.
 *
 * Programs can read the picture back: it has a <g class="row"> with data-model
 * per row and, in it, <rect>s of the classes wait and serve, or a <path> of the
 * class heights. */

#ifndef CLIENT_DRAW_FRONT_H
#define CLIENT_DRAW_FRONT_H

#include <stdio.h>

#include "client/draw/panel.h"

#define FRONT_LANES_MAX 20

/* Draws the panels in the given order, below the title.  Without a title
 * (NULL), the picture is not a file, but a part of an HTML page, which has the
 * style of svg_style.h.  The strings may hold any bytes.  The caller checks out
 * for errors of writing. */
void
front_draw(FILE *out, const struct panel *panels, int count, const char *title);

#endif

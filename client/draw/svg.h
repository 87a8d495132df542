/* svg - draws runs as SVG: a panel per run, one below the other, all on the
 * same time axis, so that lengths can be compared.
 *
 * Programs can read the picture back.  It has a <g class="panel"> with
 * data-model per panel.  In a panel there is a <g class="lane"> with
 * data-client (from 1) and data-end-s (seconds since the start of the run, ""
 * if the client has not ended) per client that is drawn, and a <g
 * class="worker-lane"> with data-worker (from 1) and data-worker-id per worker.
 * In a lane each <rect> is a span of waiting (class wait) or of being served
 * (class serve).  A time of t ns lies at
 *
 *     x = data-left + data-plot * t / data-span-ns
 *
 * where the data are those of the <svg>, and x has two decimals. */

#ifndef CLIENT_DRAW_SVG_H
#define CLIENT_DRAW_SVG_H

#include <stdio.h>

#include "client/draw/panel.h"

#define SVG_LANES_MAX      200 /* of clients, and of workers, per panel */
#define SVG_PAGE_LANES_MAX 24  /* the same in a page, which has many panels */

/* Draws the panels in the given order, below a line with the title.  Without a
 * title (NULL), the picture is not a file, but a part of an HTML page, which
 * has the style of svg_style.h: one <svg> for the legend, and one per panel, so
 * that a page break does not cut a panel.  The strings may hold any bytes.  The
 * same panels give the same bytes.  The caller checks out for errors of
 * writing. */
void
svg_draw(FILE *out, const struct panel *panels, int count, const char *title);

#endif

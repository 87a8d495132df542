/* svg - draws runs as SVG: a panel for each, one below the other, all on one
 * time axis, so that lengths compare.
 *
 * What the picture holds for those who read it back: a <g class="panel"> with
 * data-model for each panel; in it a <g class="lane"> with data-client (from 1)
 * and data-end-s (seconds since the start of the run, empty: has not ended) for
 * each client that is drawn, and a <g class="worker-lane"> with data-worker
 * (from 1) and data-worker-id for each worker.  In a lane each <rect> is a
 * stretch of waiting (class wait) or of being served (class serve); a time of t
 * ns lies at
 *
 *     x = data-left + data-plot * t / data-span-ns
 *
 * with the data of the <svg>, in two decimals. */

#ifndef CLIENT_DRAW_SVG_H
#define CLIENT_DRAW_SVG_H

#include <stdbool.h>
#include <stdio.h>

#include "client/draw/panel.h"

#define SVG_LANES_MAX 200 /* of clients, and of workers, in a panel */

struct svg_options {
    const char *title;   /* one line above the panels; "": none */
    bool inline_in_html; /* a part of a page, and no file of its own */
};

/* Draws the panels in the order given.  Strings may hold any bytes.  The same
 * panels give the same bytes.  Returns 0, or -1 with errno set if there is not
 * the memory; what becomes of out is for the caller to ask. */
int svg_draw(FILE *out, const struct panel *panels, int count,
             const struct svg_options *options);

#endif

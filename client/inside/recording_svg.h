/* recording_svg - a recording as SVG: a lane per client, the accept queue and
 * the unread bytes, and a lane per task of the server, all on one time axis.
 *
 * Programs can read the picture back.  It has a <g class="lane"> with
 * data-name, such as "client 1" or "child 2", per client and per task, and a
 * <g class="band"> per measured value.  In each, a <rect> with a <title> is a
 * stretch of time in one state, cut to steps of two units; data-otherwise says
 * what is the case where there is none.  A time of t ns lies
 * at
 *
 *     x = data-left + data-plot * t / data-span-ns
 *
 * where the data are those of the <svg>. */

#ifndef CLIENT_INSIDE_RECORDING_SVG_H
#define CLIENT_INSIDE_RECORDING_SVG_H

#include <stdbool.h>
#include <stdio.h>

#include "client/inside/recording.h"

#define RECORDING_SVG_LANES_MAX 64 /* of clients, and of tasks */

/* Draws the recording, as a file or, if in_page is true, as a part of an HTML
 * page that has the style of svg_style.h; that part has a hidden line with the
 * id "now" over all lanes, at the beginning of the time axis.  The caller
 * checks out for errors. */
void recording_svg_draw(FILE *out, const struct recording *r, bool in_page);

#endif

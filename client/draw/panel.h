/* panel - a run as it is drawn among others: one lane a client, and, where few
 * workers served many clients, one lane a worker.  Plain data: the timeline,
 * the SVG and the exports are made from it. */

#ifndef CLIENT_DRAW_PANEL_H
#define CLIENT_DRAW_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/record/figures.h"
#include "client/record/record.h"

struct panel {
    const char *title; /* "prefork -w 5", "" where there is but one */
    const struct record *record;
    const struct figures *figures;
    const char *failure;  /* why the run is not whole, "" if it is */
    const char *formula;  /* "ceil(6 / 5) x 3 x 100 ms = 600 ms", or "" */
    int64_t predicted_ns; /* for the whole run; or RECORD_NEVER */
    int64_t guess_ns;     /* what somebody said before; or RECORD_NEVER */
};

/* Returns the panel of a run that stands for itself: no title, and nothing that
 * was expected of it. */
struct panel
panel_alone(const struct record *record, const struct figures *figures);

/* Returns how much time the pictures of all panels have to have room for; at
 * least 1. */
int64_t panel_span_ns(const struct panel *panels, int count);

/* Tells whether a lane a worker shows what the lanes of the clients do not:
 * some worker of several served more than one client. */
bool panel_has_workers(const struct panel *panel);

#endif

/* panel - what is drawn of one run: its record, its figures, and what was
 * expected of it.  It is plain data; timeline, svg, csv and trace take a list
 * of panels. */

#ifndef CLIENT_DRAW_PANEL_H
#define CLIENT_DRAW_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/record/figures.h"
#include "client/record/record.h"

struct panel {
    const char *title; /* "prefork -w 5"; "" for a single run */
    const struct record *record;
    const struct figures *figures;
    const char *failure;  /* why the run is not complete; "" if it is */
    const char *formula;  /* "ceil(6 / 5) x 3 x 100 ms = 600 ms", or "" */
    int64_t predicted_ns; /* how long the whole run takes by the model; or
                           * RECORD_NEVER */
    int64_t guess_ns;     /* the same by the user's guess; or RECORD_NEVER */
    bool is_untold; /* the server was not told how much to work per message, so
                     * its times cannot be compared with those of others */
};

/* Returns the panel of a single run, of which nothing was expected.  It points
 * to the record and the figures. */
struct panel
panel_alone(const struct record *record, const struct figures *figures);

/* Returns how long the time axis of a picture of these panels is; at least 1.
 * It ends where the slowest run ends that is whole, if there is one: others may
 * go on behind its end. */
int64_t panel_span_ns(const struct panel *panels, int count);

#endif

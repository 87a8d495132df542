/* trace - runs in Chrome's trace event format (JSON), as Perfetto reads it.
 *
 * Each panel is a process of the trace.  It has a thread per client and, if the
 * panel shows workers, a thread per worker.  Slices of one thread never
 * overlap.  Two counters tell how many messages wait and how many are being
 * served.  A service whose times are an estimate is marked as estimated. */

#ifndef CLIENT_DRAW_TRACE_H
#define CLIENT_DRAW_TRACE_H

#include <stdio.h>

#include "client/draw/panel.h"

/* Writes the panels as one trace.  The caller checks out for errors of writing.
 */
void trace_write(FILE *out, const struct panel *panels, int count);

#endif

/* service_report - what the answers of a service say when they are put
 * together: whether the table of kv has lost updates, and whether all clients
 * got the same file, how fast, and how fairly. */

#ifndef CLIENT_DRAW_SERVICE_REPORT_H
#define CLIENT_DRAW_SERVICE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/play/load.h"
#include "client/record/record.h"

/* Writes the lines of a run; none if its service has none.  Returns false if
 * they say that the server has done something wrong. */
bool service_report(FILE *out, const struct record *r, int width);

/* The same for a load. */
bool service_report_load(FILE *out, const struct load *l, int width);

#endif

/* export - runs as data, for those who go on with their own tools.
 *
 * CSV is one row a message, in the columns
 *
 *     version         of these columns: 1
 *     model           the title of the panel, "" for that of a single run
 *     client          from 1
 *     message         of this client, from 1
 *     bytes           in the message, without its ETX
 *     started_s       the client began to connect
 *     connected_s
 *     sent_s          the last byte of the message went out
 *     service_began_s as the server logged it; never an estimate
 *     service_ended_s
 *     answered_s
 *     answer          ack or nak
 *     worker          the process or thread that served
 *     ended_s         the client's end, however it ended
 *
 * where times are seconds since the start of the run, with 6 decimals, and an
 * empty cell is what did not happen or is not known.  A client that sent
 * nothing has one row, without a message.  Cells are quoted as RFC 4180 has it;
 * lines end with a line feed alone, as cut and awk expect.
 *
 * The trace is Chrome's trace event format, as Perfetto reads it: a process a
 * panel, a thread a client, and, where the panel has workers, a thread a
 * worker. Slices of one thread never overlap.  A service that is estimated says
 * so. */

#ifndef CLIENT_DRAW_EXPORT_H
#define CLIENT_DRAW_EXPORT_H

#include <stdio.h>

#include "client/draw/panel.h"

/* Writes the messages of all panels, under one header. */
void export_csv(FILE *out, const struct panel *panels, int count);

/* Writes the panels as one trace.  Returns 0, or -1 with errno set if there is
 * not the memory. */
int export_trace(FILE *out, const struct panel *panels, int count);

/* Writes a field of CSV, in quotes where RFC 4180 has them. */
void export_field(FILE *out, const char *text);

#endif

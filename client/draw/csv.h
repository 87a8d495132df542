/* csv - runs as comma-separated values, for people who want to use tools of
 * their own.
 *
 * There is one row per message, in these columns:
 *
 *     version         of these columns: 1
 *     model           the title of the panel, "" for a single run
 *     client          counted from 1
 *     message         of this client, counted from 1
 *     bytes           in the message, without its ETX
 *     started_s       when the client began to connect
 *     connected_s
 *     sent_s          when the last byte of the message was sent
 *     service_began_s as the server logged it; never an estimate
 *     service_ended_s
 *     answered_s
 *     answer          ack or nak
 *     worker          the process or thread that served the message
 *     ended_s         when the client ended, however it ended
 *
 * Times are seconds since the start of the run, with 6 decimals.  A cell is
 * empty if the event did not happen or is not known.  A client that sent
 * nothing has one row without a message.  Cells are quoted as in RFC 4180, but
 * a line ends with a line feed alone, because cut and awk expect that. */

#ifndef CLIENT_DRAW_CSV_H
#define CLIENT_DRAW_CSV_H

#include <stdio.h>

#include "client/draw/panel.h"

/* Writes text as one cell, in quotes if it needs them.  A byte that is no part
 * of a UTF-8 character is written as "\xff", so that the file is UTF-8. */
void csv_field(FILE *out, const char *text);

/* Writes a header, then the messages of all panels. */
void csv_write(FILE *out, const struct panel *panels, int count);

#endif

/* csv - runs as comma-separated values, for people who want to use tools of
 * their own.
 *
 * There is one row per message, in these columns:
 *
 *     version         of these columns: 2
 *     model           the title of the panel, "" for a single run
 *     client          counted from 1
 *     message         of this client, counted from 1, as in pictures
 *     bytes           in the message, without its ETX
 *     started_s       when the client began to connect
 *     connected_s
 *     sent_s          when the last byte of the message was sent
 *     service_began_s as the server logged it; never an estimate
 *     service_ended_s
 *     answered_s
 *     answer          ack or nak
 *     worker          that served the message, counted from 1, as in pictures
 *     ended_s         when the client ended, however it ended
 *     worker_id       the process or thread, as in the server's log
 *     accept_queue_s  for how long the message waited in each of these places,
 *     unread_s        as the kernel said: its client in the accept queue;
 *     read_s          accepted, and the message unread; read by the server
 *     look_s          the mean time between two looks: the places are not known
 *                     more exactly
 *     clients         what the run was: these have the same value in all rows
 *     messages        of a model
 *     in_flight
 *     think_s
 *     stagger_s
 *     delay_s         what the server was told to wait per message, if it was,
 *     cpu_per_message_s   and to compute
 *     date            when the file was written
 *     program_version
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
 * of a UTF-8 character is written as "\xff", so that the file is UTF-8.  If a
 * spreadsheet would take text for a formula, its first byte is written in the
 * same way: "=1+1" becomes "\x3d1+1". */
void csv_field(FILE *out, const char *text);

#define CSV_DATE_MAX 24

/* What the panels do not know. */
struct csv_conditions {
    const char *date; /* see csv_date */
    int64_t delay_ns; /* per message; RECORD_NEVER: not known */
    int64_t cpu_ns;   /* the same */
};

/* Writes the current time, as "2026-11-29T21:40:00Z".  Returns out. */
const char *csv_date(char out[CSV_DATE_MAX]);

/* Writes a header, then the messages of all panels. */
void csv_write(FILE *out, const struct panel *panels, int count,
               const struct csv_conditions *conditions);

#endif

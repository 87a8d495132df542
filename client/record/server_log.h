/* server_log - reads from a server's event log who served each message of a
 * run, and from when until when.
 *
 * The server counts time from its own start, in milliseconds, and numbers its
 * clients in the order in which it accepts them.  A client is recognised by its
 * port.  Both clocks run at the same speed, and only their starts differ; the
 * difference is found from the run, because no message was served before it was
 * sent, and none was answered before its service had ended. */

#ifndef CLIENT_RECORD_SERVER_LOG_H
#define CLIENT_RECORD_SERVER_LOG_H

#include <stdio.h>

#include "client/record/record.h"

/* Reads the log of a server whose only clients were those of the record, and
 * fills in the services, the workers, and how many were served at once.  Lines
 * that are not events are skipped.  If no message of the record is in the log,
 * the services stay unknown. */
void server_log_read(struct record *r, FILE *log);

#endif

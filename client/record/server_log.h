/* journal - what a server's event log tells of a run: who served each message,
 * from when until when.
 *
 * The server counts its time from its own start, in milliseconds, and its
 * clients as it accepts them.  A client is found by the port it came from.  The
 * two clocks are the same but for where they begin, and that is found from the
 * run: no message was served before it was sent, nor answered before it was
 * served. */

#ifndef CLIENT_RECORD_SERVER_LOG_H
#define CLIENT_RECORD_SERVER_LOG_H

#include <stdio.h>

#include "client/record/record.h"

/* Reads the log of a server that had no clients but those of the record, and
 * fills in the services, the workers and how many were served at once.  Lines
 * that are no events are passed over; if no message of the record is in the
 * log, services stay unknown.  Returns 0, or -1 with errno set if there is not
 * the memory. */
int server_log_read(struct record *r, FILE *log);

#endif

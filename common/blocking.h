/* blocking - drives a session by waiting: for single-process, fork-per-client,
 * prefork and threaded.
 *
 * Whoever calls it does nothing else until the client has gone, and that is the
 * model of these servers: it waits in recv for bytes, in a sleep for the delay,
 * and in send for a client that does not read.  A message costs two system
 * calls, recv and send, and one for the delay if there is one; while nothing
 * comes it costs none. */

#ifndef COMMON_BLOCKING_H
#define COMMON_BLOCKING_H

#include "common/accept.h"
#include "common/options.h"

/* Serves client from its first byte to its last and closes it.  A stop request
 * cuts that short: the message in hand is answered, what follows is not. */
void blocking_serve(const struct client *client, const struct options *opt);

#endif

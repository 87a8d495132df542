/* blocking - talks with one client by waiting, from its first byte to its last:
 * for single-process, fork-per-client, prefork and threaded.
 *
 * The process or thread that calls blocking_serve does nothing else until the
 * client has gone, and that is the model of these servers.  It waits in recv
 * for bytes, in a sleep for the delay, and in send for a client that does not
 * read.  A message costs two system calls, recv and send, and one more for the
 * delay if there is one.  While nothing comes, it costs none. */

#ifndef COMMON_BLOCKING_H
#define COMMON_BLOCKING_H

#include "common/client.h"
#include "common/options.h"

/* Serves a client that has just been accepted, on a blocking socket, and closes
 * it.  A stop request cuts that short: the message in hand is still worked on
 * and answered, and what comes after it is not. */
void blocking_serve(struct client *client, const struct options *opt);

#endif

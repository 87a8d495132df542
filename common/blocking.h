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

#include <stdint.h>

#include "common/client.h"
#include "common/options.h"

/* Serves a client that has just been accepted, on a blocking socket, and closes
 * it.  compute is called once for each message, with the CPU time that the work
 * on it takes; the server passes clock_compute, or a function that calls it
 * when the thread may compute.  A stop request cuts the conversation short: the
 * message in hand is still worked on and answered, and what comes after it is
 * not. */
void blocking_serve(struct client *client, const struct options *opt,
                    void (*compute)(int64_t cpu_ns));

#endif

/* blocking - serves one client from its first byte to its last, and waits for
 * it.  Servers use it whose processes or threads serve one client at a time.
 *
 * The process or thread that calls blocking_serve does nothing else until the
 * client has left.  It waits in recv for bytes, in clock_nanosleep for the
 * delay, and in send for a client that does not read.  Apart from log lines and
 * --cpu, a message costs two system calls, recv and send, and one more for the
 * delay if there is one.  While the client sends nothing, it costs no system
 * call. */

#ifndef COMMON_BLOCKING_H
#define COMMON_BLOCKING_H

#include <stdint.h>

#include "common/client.h"
#include "common/options.h"

/* Serves a client that has just been accepted, and closes its socket, which
 * must block.  It calls compute once per message, with the CPU time that the
 * work on the message must use.  All servers pass clock_compute; a server that
 * limits how many threads compute at the same time would pass its own function,
 * which waits and then calls clock_compute.  After a stop request, the message
 * in hand is still worked on and answered, and later messages are not. */
void blocking_serve(struct client *client, const struct options *opt,
                    void (*compute)(int64_t cpu_ns));

#endif

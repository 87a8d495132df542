/* yielding - blocking.c, word for word, for a server that waits in another way.
 *
 * The file yielding.c includes blocking.c and replaces the four functions in
 * which it waits.  Each of them calls one function of the server,
 * yielding_wait, so the server decides what happens during a wait.  It can let
 * other clients go on in the same thread if it keeps a stack for each of them
 * (fibers.c). */

#ifndef COMMON_YIELDING_H
#define COMMON_YIELDING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/client.h"
#include "common/conns.h"
#include "common/options.h"

#define YIELDING_TURN 0 /* a time limit, see below */

/* Serves a client whose socket does not block, as blocking_serve does, and
 * closes the socket.  It has no idle timeout of its own. */
void yielding_serve(struct client *client, const struct options *opt,
                    void (*compute)(int64_t cpu_ns));

/* The server must define this function.  It returns when the socket of the
 * client that is being served can be read or written, whichever is wanted, or
 * when a stop is requested.  WATCH_AWAY means that neither is wanted.  Returns
 * false if until_ns has come before that.
 *
 * CLOCK_NEVER means that the only limit is for how long a client may be silent.
 * YIELDING_TURN means that the client could go on now, but all others that can
 * go on must have their turn first. */
bool yielding_wait(enum watch wanted, int64_t until_ns);

#endif

/* accept - takes the next client from a listener.
 *
 * Most errors of accept(2) are not a fault of the server: the client has left
 * before it was accepted, or no descriptor is free at the moment.  In the
 * second case the client stays in the kernel's accept queue.  If the server
 * called accept again immediately, the call would fail again, and this loop
 * would use a whole core.  Therefore the server pauses before it calls accept
 * again. */

#ifndef COMMON_ACCEPT_H
#define COMMON_ACCEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/client.h"

/* How long a server pauses when no descriptor, memory or process is left for
 * another client. */
#define ACCEPT_PAUSE_NS INT64_C(100000000)

enum accept_result {
    ACCEPT_CLIENT, /* a client was accepted; the caller must close its socket */
    ACCEPT_NONE,   /* no client was waiting, a signal came, or a stop */
    ACCEPT_LOST,   /* the client has left; others may be waiting */
    ACCEPT_SCARCE, /* no descriptor or memory: try again after the pause */
};

/* Accepts a client and logs it.  Waits for one if the listener blocks.  The
 * client's socket blocks.  Fills *client and returns true.  Returns false if
 * there is no client this time: a signal came, a stop was requested, the client
 * has left, or no descriptor was free.  In the last case it has logged a
 * warning and has made the pause. */
bool accept_client(int listener, struct client *client);

/* Does the same for event loops.  The listener must not block, and the client's
 * socket will not block.  At ACCEPT_SCARCE the caller must make the pause. */
enum accept_result accept_nonblocking(int listener, struct client *client);

/* Does what follows an accept that the kernel has done for the server.  result
 * is what accept would have returned, or minus errno.  Fills *client as above.
 * At ACCEPT_SCARCE the caller must make the pause. */
enum accept_result accept_completed(int result, struct client *client);

/* Logs that the server is full and that new clients stay in the kernel's accept
 * queue.  The line says "full: LIMIT WHAT"; what is a text such as "clients
 * wait for a worker".  Only the first call logs.  Call it from one thread
 * only. */
void accept_warn_full(const char *what, int limit);

/* Logs that a client is refused, and closes its socket.  reason is one word. */
void accept_refuse(const struct client *client, const char *reason);

#endif

/* accept - takes the next client from a listener.
 *
 * Most errors of accept(2) do not concern the server: the client has gone away
 * before its turn, or descriptors are scarce for the moment.  In the second
 * case the client stays in the kernel's accept queue, and calling accept again
 * at once would fail again at once, in a loop that uses up a core.  Hence the
 * pause. */

#ifndef COMMON_ACCEPT_H
#define COMMON_ACCEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/client.h"

/* How long a server does not accept when descriptors or memory are scarce. */
#define ACCEPT_PAUSE_NS INT64_C(100000000)

enum accept_result {
    ACCEPT_CLIENT, /* a client has been taken; the caller must close it */
    ACCEPT_NONE,   /* no client is there any more, or a stop was requested */
    ACCEPT_SCARCE, /* no descriptor or memory: try again after the pause */
};

/* Takes a client from a listener, and waits for one if the listener blocks.
 * The client's socket blocks.  Returns true and fills *client; or returns false
 * if there is no client this time: a signal came, a stop was requested, the
 * client has gone away, or descriptors were scarce, which has been logged, and
 * the pause is over.  Logs the client. */
bool accept_client(int listener, struct client *client);

/* The same for event loops: the listener must not block, the client's socket
 * does not block, and the caller must make the pause. */
enum accept_result accept_nonblocking(int listener, struct client *client);

/* Logs, the first time only, that the server has as many clients as it can
 * hold: limit of them, and what says what they have; new ones stay in the
 * kernel's accept queue.  Call it from one thread only. */
void accept_warn_full(const char *what, int limit);

/* Logs that a client is refused, with the reason in one word, and closes it. */
void accept_refuse(const struct client *client, const char *reason);

#endif

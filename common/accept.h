/* accept - takes the next client from a listener, and tells what the failures
 * mean.
 *
 * Most errors of accept(2) are not the server's end: the client has gone again
 * before its turn, or descriptors are short for the moment.  In the second case
 * the client stays in the listen queue, and who calls accept again at once
 * calls it again and again: hence the pause. */

#ifndef COMMON_ACCEPT_H
#define COMMON_ACCEPT_H

#include <stdbool.h>
#include <stdint.h>

#define ACCEPT_PAUSE_NS INT64_C(100000000) /* when descriptors are short */

struct client {
    int fd;
    unsigned id; /* counts from 1, in all processes of a server */
};

enum accept_result {
    ACCEPT_CLIENT, /* a client, to be closed by the caller */
    ACCEPT_NONE,   /* nobody is waiting, or whoever was has gone again */
    ACCEPT_FULL,   /* no descriptor or memory; call again after the pause */
};

/* Takes a client from a non-blocking listener; the client's socket does not
 * block, either.  Logs it, and once for each run of failures that the server is
 * full. */
enum accept_result accept_ready(int listener, struct client *client);

/* Takes a client from a blocking listener, waiting for one.  Returns false if
 * there is none this time: a signal has come or did before (see stop_wakes),
 * the client has gone, or descriptors are short, and that has been logged and
 * the pause is over. */
bool accept_blocking(int listener, struct client *client);

/* Logs, the first time only, that so many clients are all there may be, what
 * they do, and that the next have to wait.  For one thread. */
void accept_full(const char *what, int limit);

/* Logs that a client is not served, and why in one word, and closes it. */
void accept_refuse(const struct client *client, const char *reason);

#endif

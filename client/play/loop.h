/* loop - waits for all clients of a run, or of a load, at once: one thread and
 * one wait for everything, so that the program that measures a server is
 * not what limits it. */

#ifndef CLIENT_PLAY_LOOP_H
#define CLIENT_PLAY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "client/play/client.h"

struct loop {
    struct client_group group;
    struct client *clients;
    int count;
    /* The longest time between two waits.  What happens while the loop is busy
     * is seen, and gets its time, so much later at most. */
    int64_t lag_ns;
    int64_t woken_ns;   /* when the last wait ended */
    int64_t look_ns;    /* the next wait ends no later than this */
    int64_t stopped_ns; /* how long this program did not run, in all: it, or its
                         * container, was stopped, or the machine was busy */
};

/* Raises the limit on descriptors and returns 0 if it is enough for so many
 * clients; otherwise returns how many descriptors are needed. */
int loop_lacks_descriptors(int clients);

/* Prepares clients for what the plan says, all of them absent.  Their times
 * begin to count now.  The addresses, the callbacks and what context points to
 * must stay until loop_close, which frees everything.  If memory or
 * descriptors are short, the program ends with status 1. */
void
loop_open(struct loop *l, const struct plan *plan, int clients,
          const struct address_list *to,
          const struct client_callbacks *callbacks, void *context, int stop_fd);

/* Closes what loop_open opened.  All clients must be absent or have ended. */
void loop_close(struct loop *l);

/* Returns the time on the clock of the loop. */
int64_t loop_now(const struct loop *l);

/* Waits until something happens, or until the time until_ns at the latest, and
 * lets every client go on that can.  It may return when nothing has happened.
 * Returns false if stop_fd is readable. */
bool loop_wait(struct loop *l, int64_t until_ns);

#endif

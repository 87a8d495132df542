/* timers - which client is due next: a heap, so that with ten thousand clients
 * adding and taking one still are a few comparisons.
 *
 * A client that has ended is not taken out; whoever takes its timer sees
 * that nothing is left to do. */

#ifndef CLIENT_PLAY_TIMERS_H
#define CLIENT_PLAY_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t when_ns;
    int client;
};

struct timers {
    struct timer *heap; /* heap[0] is due first */
    size_t count;
};

/* Makes room for max timers.  Returns 0, or -1 with errno set.  To be freed by
 * timers_close. */
int timers_open(struct timers *t, size_t max);

/* Frees what timers_open took. */
void timers_close(struct timers *t);

/* Adds a timer.  There must be room. */
void timers_add(struct timers *t, int64_t when_ns, int client);

/* Returns when the first one is due; CLOCK_NEVER if there is none. */
int64_t timers_next(const struct timers *t);

/* If one is due at now_ns, takes it out, sets *client and returns true. */
bool timers_take(struct timers *t, int64_t now_ns, int *client);

#endif

/* deadline - a queue of moments: which one comes next.
 *
 * Use one queue for deadlines of equal length, for example one queue for the
 * delays of all messages and one for the idle timeouts of all clients.  Then
 * the deadlines are added in the order in which they are due, so adding and
 * removing change only a few pointers, the first deadline is always at the
 * front, and no heap is needed.  If a new deadline is due before others, the
 * queue puts it before them, which takes one step per deadline after it.
 *
 * A struct deadline is a member of the object that waits.  The queue does not
 * own it, and it is in at most one queue at a time. */

#ifndef COMMON_DEADLINE_H
#define COMMON_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
    struct deadline *prev, *next; /* NULL: in no queue */
    int64_t when_ns;
};

struct deadline_queue {
    struct deadline ends; /* .next is the first, .prev the last */
};

/* Makes an empty queue. */
void deadline_init(struct deadline_queue *q);

/* Adds d, which must be in no queue.  It is due at when_ns. */
void
deadline_add(struct deadline_queue *q, struct deadline *d, int64_t when_ns);

/* Takes d out of its queue, if it is in one. */
void deadline_remove(struct deadline *d);

/* Returns the deadline that is due first, still in the queue, or NULL. */
struct deadline *deadline_first(const struct deadline_queue *q);

/* Returns when the first is due, CLOCK_NEVER if there is none. */
int64_t deadline_next(const struct deadline_queue *q);

#endif

/* deadline - a queue of moments: which one comes next.
 *
 * A queue is meant for deadlines that are equally far away when they are added,
 * such as one delay for all messages, or one idle timeout for all clients. Then
 * they are added in the order in which they are due, so adding, removing and
 * finding the first change a few pointers each, and no heap is needed.  A
 * deadline that is less far away is put into its place, which takes one step
 * for each deadline that is due after it.
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

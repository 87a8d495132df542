/* deadline - who is due next.
 *
 * A queue of deadlines that lie equally far ahead when they are added (one
 * delay for all messages, one idle timeout for all clients).  Then the order of
 * arrival already is the order of time: adding, removing and finding the first
 * are a few pointers each, and no heap is needed.  One that lies less far ahead
 * is put in its place, which takes a step for each that is due after it.
 *
 * A deadline is a field of the object that waits, which the queue does not
 * own.  It stands in one queue at a time. */

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

/* Adds d, which must be in no queue, as due at when_ns. */
void
deadline_add(struct deadline_queue *q, struct deadline *d, int64_t when_ns);

/* Takes d out of its queue, if it is in one. */
void deadline_remove(struct deadline *d);

/* Returns the deadline that is due first, still in the queue, or NULL. */
struct deadline *deadline_first(const struct deadline_queue *q);

/* Returns when the first is due, CLOCK_NEVER if there is none. */
int64_t deadline_next(const struct deadline_queue *q);

#endif

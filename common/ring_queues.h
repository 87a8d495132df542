/* ring_queues - the two queues that a program and the kernel share: one has the
 * operations that the program submits, the other one the completions of those
 * that the kernel has done.  Linux only.
 *
 * Each queue is an array that is used as a circle, with a head and a tail.  One
 * side writes the tail, after it has filled an entry; the other side writes the
 * head, after it has read an entry.  Both sides run at the same time, so the
 * order of these writes must be kept (ring_queues_linux.c says how). */

#ifndef COMMON_RING_QUEUES_H
#define COMMON_RING_QUEUES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/io_uring.h"

/* All pointers point into memory that is shared with the kernel. */
struct ring_queues {
    _Atomic unsigned *submission_head, *submission_tail;
    unsigned submission_mask;
    struct io_uring_sqe *submissions;
    _Atomic unsigned *completion_head, *completion_tail;
    unsigned completion_mask;
    struct io_uring_cqe *completions;

    void *memory; /* both queues, except the array of submissions */
    size_t size, submissions_size;
};

/* Maps the memory of the queues, which the kernel has made, and finds the
 * queues in it.  io_uring_setup has returned fd and filled p.  Ends the program
 * with status 1 if there is no memory. */
void
ring_queues_map(struct ring_queues *q, int fd, const struct io_uring_params *p);

/* Unmaps the memory.  The queues must not be used any more. */
void ring_queues_unmap(struct ring_queues *q);

/* Returns how many operations have not been submitted yet. */
unsigned ring_queues_waiting(const struct ring_queues *q);

/* Puts an operation into the submission queue.  Returns false if it is full. */
bool
ring_queues_put(struct ring_queues *q, const struct io_uring_sqe *operation);

/* Takes the next completion out of the queue, or returns false if there is none
 * at the moment. */
bool ring_queues_take(struct ring_queues *q, struct io_uring_cqe *done);

#endif

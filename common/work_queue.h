/* work_queue - a queue of clients between threads.
 *
 * A client that is in the queue, or that a thread has taken from it, is away
 * (conns_take_work).  The thread that takes a client is the only one that may
 * use it, until it puts the client into another queue, or steps it with
 * CONN_ANSWERED if it is the loop.  So a client needs no lock of its own: the
 * lock of the queue also makes sure that the next thread sees everything that
 * the last one has written.
 *
 * Queues often form a circle of threads, and if each queue were full, each
 * thread would wait for the next one without end (deadlock).  These queues are
 * never full, because at most CONNS_AWAY_MAX clients are away. */

#ifndef COMMON_WORK_QUEUE_H
#define COMMON_WORK_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "common/conns.h"

struct work_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a client has been put in, or the queue closed */
    /* Protected by lock: */
    struct conn *clients[CONNS_AWAY_MAX];
    unsigned in, out; /* how many have been put in and taken out */
    bool closed;
};

/* The first value of a queue: it is open and empty. */
#define WORK_QUEUE_INITIALIZER                                                 \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER \
    }

/* Puts c, which must be away, at the end of the queue.  Never waits.  Wakes up
 * a thread that waits in work_queue_wait, if there is one.  Returns whether the
 * queue was empty before.  If the taker does not wait in work_queue_wait, the
 * caller must wake it up in another way then; otherwise it is awake already, or
 * another caller wakes it up. */
bool work_queue_put(struct work_queue *q, struct conn *c);

/* Waits until there is a client, takes the first one and returns it.  Returns
 * NULL if the queue is closed and empty. */
struct conn *work_queue_wait(struct work_queue *q);

/* Takes the first client and returns it.  Returns NULL if the queue is empty.
 */
struct conn *work_queue_take(struct work_queue *q);

/* Closes the queue: ends all waits in work_queue_wait, now and later, as soon
 * as the queue is empty.  No client may be put in any more. */
void work_queue_close(struct work_queue *q);

#endif

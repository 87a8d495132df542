#include "common/work_queue.h"

#include <assert.h>
#include <stddef.h>

/* No function of a mutex or condition variable can fail as it is used here. */

bool
work_queue_put(struct work_queue *q, struct conn *c)
{
    bool was_empty;

    pthread_mutex_lock(&q->lock);
    assert(!q->closed && q->in - q->out < CONNS_AWAY_MAX);
    was_empty = q->in == q->out;
    q->clients[q->in++ % CONNS_AWAY_MAX] = c;
    pthread_mutex_unlock(&q->lock);
    /* After unlocking, because the thread that wakes up needs the lock. */
    pthread_cond_signal(&q->changed);
    return was_empty;
}

/* Takes the first client, or returns NULL.  The caller holds the lock. */
static struct conn *
take(struct work_queue *q)
{
    return q->in == q->out ? NULL : q->clients[q->out++ % CONNS_AWAY_MAX];
}

struct conn *
work_queue_wait(struct work_queue *q)
{
    struct conn *c;

    pthread_mutex_lock(&q->lock);
    while (q->in == q->out && !q->closed)
        pthread_cond_wait(&q->changed, &q->lock);
    c = take(q);
    pthread_mutex_unlock(&q->lock);
    return c;
}

struct conn *
work_queue_take(struct work_queue *q)
{
    struct conn *c;

    pthread_mutex_lock(&q->lock);
    c = take(q);
    pthread_mutex_unlock(&q->lock);
    return c;
}

void
work_queue_close(struct work_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->changed); /* to all threads that wait */
}

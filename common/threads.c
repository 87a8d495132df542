#include "common/threads.h"

#include <assert.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/stop.h"

static pthread_t *threads; /* by place, as the next two */
static bool *taken;        /* a thread has been started and not joined */
static atomic_bool *ended; /* it has called threads_ended */
static int places;
static sem_t ends; /* how many threads have ended and have not been joined */

void
threads_open(int max)
{
    threads = calloc((size_t)max, sizeof(threads[0]));
    taken = calloc((size_t)max, sizeof(taken[0]));
    ended = calloc((size_t)max, sizeof(ended[0]));
    if (threads == NULL || taken == NULL || ended == NULL)
        die("calloc");
    if (sem_init(&ends, 0, 0) == -1)
        die("sem_init");
    places = max;
}

int
threads_place(void)
{
    for (int place = 0; place < places; place++)
        if (!taken[place])
            return place;
    return -1;
}

void
threads_add(int place, pthread_t thread)
{
    assert(!taken[place]);
    threads[place] = thread;
    taken[place] = true;
}

void
threads_ended(int place)
{
    atomic_store(&ended[place], true);
    /* It fails only above SEM_VALUE_MAX, and there are fewer places. */
    (void)sem_post(&ends);
}

int
threads_join(void)
{
    if (sem_trywait(&ends) == -1)
        return -1;
    for (int place = 0; place < places; place++)
        if (atomic_exchange(&ended[place], false)) {
            /* The thread has nothing more to do, so this wait is short.  It
             * cannot fail, because only this line joins the thread. */
            (void)pthread_join(threads[place], NULL);
            taken[place] = false;
            return place;
        }
    return -1; /* a stop request has posted the semaphore */
}

void
threads_wait_for_end(void)
{
    if (stop_wait_semaphore(&ends))
        (void)sem_post(&ends); /* threads_join decrements it again */
}

void
threads_stop(void)
{
    int count = 0;

    for (int place = 0; place < places; place++)
        if (taken[place])
            threads[count++] = threads[place];
    stop_threads(threads, count);
    free(threads);
    free(taken);
    free(ended);
}

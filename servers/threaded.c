/* threaded - N threads, started before the first client comes.
 *
 * The main thread accepts clients and puts them into a queue, as long as the
 * queue has room.  A worker takes a client from the queue, serves it until it
 * leaves, and takes the next one.  Compare with prefork.c: these workers share
 * memory, so what they share needs a lock. */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"

#define QUEUE_MAX 16 /* clients that wait for a worker; a power of 2 */

static const struct options_about about = {
    .name = "threaded",
    .summary = "Serve the ETX/ack protocol with N threads and a queue.",
    .lesson = "notes/13-threaded.md",
    .traits = "at_once=workers processes=one threads=one-per-worker "
              "computes=each waits_in=accept4",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static pthread_t workers[WORKERS_MAX];

static struct {
    sem_t room; /* the free places, without the one for the next client */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a client has been put in, or the queue closed */
    /* Protected by lock: */
    struct client clients[QUEUE_MAX];
    unsigned in, out; /* how many have been put in and taken out */
    bool closed;      /* no worker may take a client any more */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

/* Puts a client into the queue, and then waits until there is room for another
 * one or the server stops.  A semaphore counts the room, because the handler of
 * a stop request must not signal a condition variable (signal-safety(7)). */
static void
queue_put(const struct client *client)
{
    pthread_mutex_lock(&queue.lock); /* cannot fail, used as it is here */
    queue.clients[queue.in++ % QUEUE_MAX] = *client;
    pthread_mutex_unlock(&queue.lock);
    /* After unlocking, because the worker that wakes up needs the lock. */
    pthread_cond_signal(&queue.changed);
    if (sem_trywait(&queue.room) == -1) {
        accept_warn_full("clients wait for a worker", QUEUE_MAX);
        stop_wait_semaphore(&queue.room);
    }
}

/* Waits for a client and takes it.  Returns false when the queue is closed. */
static bool
queue_take(struct client *client)
{
    bool closed;

    pthread_mutex_lock(&queue.lock);
    /* "while", not "if": another worker may have taken the client before this
     * one got the lock back, and pthread_cond_wait may return for no reason. */
    while (queue.in == queue.out && !queue.closed)
        pthread_cond_wait(&queue.changed, &queue.lock);
    closed = queue.closed;
    if (!closed)
        *client = queue.clients[queue.out++ % QUEUE_MAX];
    pthread_mutex_unlock(&queue.lock);
    sem_post(&queue.room); /* fails only above SEM_VALUE_MAX */
    return !closed;
}

/* In a worker: serves one client after another. */
static void *
serve(void *worker)
{
    struct client client;

    tally_worker((int)(intptr_t)worker);
    while (queue_take(&client))
        blocking_serve(&client, &opt, clock_compute);
    return NULL;
}

int
main(int argc, char **argv)
{
    struct client client;
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_THREADS);
    log_show_threads();
    if (sem_init(&queue.room, 0, QUEUE_MAX - 1) == -1)
        die("sem_init");
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    stop_hold(); /* so that stop requests come to the main thread only */
    for (int i = 0; i < opt.workers; i++) {
        errno = pthread_create(&workers[i], NULL, serve, (void *)(intptr_t)i);
        if (errno != 0)
            die("cannot start thread %d of %d", i + 1, opt.workers);
    }
    stop_release();
    net_announce(listener);

    while (!stop_requested())
        if (accept_client(listener, &client))
            queue_put(&client);

    net_close(listener);
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_broadcast(&queue.changed); /* to all workers that wait */
    stop_threads(workers, opt.workers);
    while (queue.out != queue.in)
        accept_refuse(&queue.clients[queue.out++ % QUEUE_MAX], "stop");
    return server_end();
}

/* threaded - N threads, started before the first client comes.
 *
 * The main thread accepts clients into a queue, and only when that has room; a
 * worker takes one, serves it until it leaves, and takes the next.  Compare
 * with prefork.c: these workers share memory.  What they share needs a lock. */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"
#include "common/stats.h"
#include "common/stop.h"

#define QUEUE_MAX 16 /* clients accepted and not being served; a power of 2 */

static const struct options_about about = {
    .name = "threaded",
    .summary = "Serve the ETX/ack protocol with N threads and a queue.",
    .lesson = "notes/06-threaded.md",
    .traits =
        "at_once=workers processes=one threads=one-per-worker computes=each "
        "waits_in=accept4",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static pthread_t workers[WORKERS_MAX];
static atomic_int started; /* of them */

static struct {
    sem_t room; /* counts free places; the main thread waits for one */
    pthread_mutex_t lock;
    pthread_cond_t filled; /* a worker waits for this: a client, or closed */
    /* Under lock: */
    struct client clients[QUEUE_MAX];
    unsigned in, out; /* so many have been put and taken */
    bool closed;      /* nobody takes any more */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .filled = PTHREAD_COND_INITIALIZER};

/* A semaphore, not a second condition variable: a stop request calls this, too;
 * sem_post is async-signal-safe, and it ends a wait that begins later. */
static void
make_room(void)
{
    (void)sem_post(&queue.room); /* fails at SEM_VALUE_MAX only */
}

/* Adds a client; there is room.  Locks used by their rules cannot fail. */
static void
put(const struct client *client)
{
    pthread_mutex_lock(&queue.lock);
    queue.clients[queue.in++ % QUEUE_MAX] = *client;
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_signal(&queue.filled); /* after that: whom it wakes wants it */
}

/* Waits for a client and takes it.  Returns false when the queue is closed. */
static bool
take(struct client *client)
{
    bool taken;

    pthread_mutex_lock(&queue.lock);
    /* "while", not "if": another worker may have been faster to the lock. */
    while (queue.in == queue.out && !queue.closed)
        pthread_cond_wait(&queue.filled, &queue.lock);
    taken = !queue.closed;
    if (taken)
        *client = queue.clients[queue.out++ % QUEUE_MAX];
    pthread_mutex_unlock(&queue.lock);
    if (taken)
        make_room();
    return taken;
}

/* A worker: serves one client after another. */
static void *
serve(void *none)
{
    struct client client;

    stats_worker(atomic_fetch_add(&started, 1));
    while (take(&client))
        blocking_serve(&client, &opt);
    return none;
}

/* Lets the workers finish what they have in hand. */
static void
stop(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_cond_broadcast(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
    for (int i = 0; i < opt.workers; i++)
        stop_thread(workers[i]);
    for (int i = 0; i < opt.workers; i++)
        pthread_join(workers[i], NULL);
    while (queue.out != queue.in)
        accept_refuse(&queue.clients[queue.out++ % QUEUE_MAX], "stop");
}

int
main(int argc, char **argv)
{
    struct client client;
    int listener;

    options_read(&opt, &about, argc, argv);
    log_show_threads();
    stats_open(opt.workers);
    if (sem_init(&queue.room, 0, QUEUE_MAX) == -1)
        die("sem_init");
    stop_on_signals();
    stop_calls(make_room);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    (void)stop_wakes(listener);
    stop_hold(); /* in the workers: stop requests are for the main thread */
    for (int i = 0; i < opt.workers; i++)
        if ((errno = pthread_create(&workers[i], NULL, serve, NULL)) != 0)
            die("cannot start thread %d of %d", i + 1, opt.workers);
    stop_release();
    net_announce(listener);

    while (!stop_requested()) {
        if (sem_trywait(&queue.room) == -1) {
            accept_full("clients wait for a worker", QUEUE_MAX);
            if (sem_wait(&queue.room) == -1) /* EINTR */
                continue;
        }
        if (!stop_requested() && accept_blocking(listener, &client))
            put(&client);
        else
            make_room();
    }

    (void)stop_wakes(-1);
    net_close(listener);
    stop();
    stats_print();
    return EXIT_SUCCESS;
}

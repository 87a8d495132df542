/* prethreaded - N threads, started before the first client comes.
 *
 * All workers share one listener.  Each waits in accept, serves its client
 * until the client leaves, and calls accept again, as in prefork.c.  For each
 * client the kernel wakes one waiting worker.  The main thread only waits for a
 * stop request.  The workers share memory, and if one crashes, all end.
 * Compare with threaded.c, where the main thread accepts for all. */

#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"

static const struct options_about about = {
    .name = "prethreaded",
    .summary = "Serve the ETX/ack protocol with N threads that accept.",
    .lesson = "notes/10-prethreaded.md",
    .traits = "at_once=workers processes=one threads=one-per-worker "
              "computes=each waits_in=accept4",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static int listener;
static pthread_t workers[WORKERS_MAX];

/* In a worker: serves one client after another. */
static void *
serve(void *worker)
{
    struct client client;

    tally_worker((int)(intptr_t)worker);
    while (!stop_requested())
        if (accept_client(listener, &client))
            blocking_serve(&client, &opt, clock_compute);
    return NULL;
}

int
main(int argc, char **argv)
{
    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_THREADS);
    log_show_threads();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    stop_hold(); /* so that stop requests come to the main thread only */
    for (int i = 0; i < opt.workers; i++) {
        errno = pthread_create(&workers[i], NULL, serve, (void *)(intptr_t)i);
        if (errno != 0)
            die("cannot start thread %d of %d", i + 1, opt.workers);
    }
    stop_release();
    net_announce(listener);

    stop_wait();
    stop_threads(workers, opt.workers);
    /* Only now, because a worker that is about to call accept would otherwise
     * use a descriptor that is closed, or that belongs to another file. */
    net_close(listener);
    return server_end();
}

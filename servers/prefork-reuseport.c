/* prefork-reuseport - N processes, each with a listener of its own.
 *
 * All listeners are bound to the same port (SO_REUSEPORT), and each has its own
 * accept queue.  When a client connects, the kernel puts it into one of the
 * queues by a hash of addresses and ports.  It does not know which workers are
 * idle, so a client may wait although a worker is.  And a queue ends with its
 * worker, together with the clients in it.  Compare with prefork.c. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/children.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"

static const struct options_about about = {
    .name = "prefork-reuseport",
    .summary = "Serve the ETX/ack protocol with N processes that each listen.",
    .lesson = "notes/12-prefork-reuseport.md",
    .traits = "at_once=up-to-workers processes=one-per-worker threads=one "
              "computes=each waits_in=accept4",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static int reserved; /* keeps the port for the workers, and never listens */

/* In a worker: serves one client after another. */
static _Noreturn void
serve(int worker, int listener)
{
    struct client client;

    net_close(reserved);
    tally_worker(worker);
    stop_in_child();
    stop_drains(listener);
    while (!stop_requested())
        if (accept_client(listener, &client))
            blocking_serve(&client, &opt, clock_compute);
    /* When the listener is closed, the kernel resets all clients in its queue.
     * So the worker takes them first, but no more than the queue can hold. */
    for (int i = 0; i <= opt.backlog && accept_client(listener, &client); i++)
        blocking_serve(&client, &opt, clock_compute);
    _exit(EXIT_SUCCESS);
}

/* Forks a worker with a listener into a free place. */
static void
spawn(int worker)
{
    /* Made by the parent, so that clients can connect when spawn returns. */
    int listener = net_listen_too(reserved, opt.backlog, NET_BLOCKING);

    if (listener == -1) {
        children_pause(strerror(errno));
        return;
    }
    if (children_fork(worker) == 0)
        serve(worker, listener);
    net_close(listener); /* it is the worker's alone */
}

/* Forks workers into all free places, except during a pause or a stop. */
static void
fill(void)
{
    int worker;

    while ((worker = children_vacancy()) != -1)
        spawn(worker);
}

/* Reaps the children that have ended. */
static void
reap(void)
{
    int worker;

    while ((worker = children_reap()) != -1)
        if (children_failed()) /* it did not take the clients in its queue */
            log_event("warning",
                      "worker %d had a listener; the kernel resets the clients "
                      "in its queue, unless tcp_migrate_req is 1",
                      worker + 1);
}

int
main(int argc, char **argv)
{
    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_PROCESSES);
    reserved = net_reserve(opt.address, opt.port);
    children_open_pool(opt.workers);
    fill();
    net_announce(reserved);

    while (!stop_requested()) {
        children_wait_for_end(CLOCK_NEVER);
        reap();
        fill();
    }

    net_close(reserved);
    children_signal(SIGTERM);
    children_wait_for_all();
    return server_end();
}

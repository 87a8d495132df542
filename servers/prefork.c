/* prefork - N processes, forked before the first client comes.
 *
 * All workers share one listener.  Each waits in accept, serves its client
 * until the client leaves, and calls accept again.  For each client the kernel
 * wakes one waiting worker.  N clients are served at the same time; the next
 * one waits in the kernel's accept queue.  The parent only replaces workers
 * that end.  Compare with fork-per-client.c and threaded.c. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/children.h"
#include "common/clock.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"

static const struct options_about about = {
    .name = "prefork",
    .summary = "Serve the ETX/ack protocol with N processes forked beforehand.",
    .lesson = "notes/08-prefork.md",
    .traits = "at_once=workers processes=one-per-worker threads=one "
              "computes=each waits_in=accept4",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static int listener;

/* In a worker: serves one client after another. */
static _Noreturn void
serve(int worker)
{
    struct client client;

    tally_worker(worker);
    stop_in_child();
    while (!stop_requested())
        if (accept_client(listener, &client))
            blocking_serve(&client, &opt, clock_compute);
    _exit(EXIT_SUCCESS);
}

/* Forks workers into all free places, except during a pause or a stop. */
static void
fill(void)
{
    int worker;

    while ((worker = children_vacancy()) != -1)
        if (children_fork(worker) == 0)
            serve(worker);
}

/* Reaps the children that have ended. */
static void
reap(void)
{
    /* One SIGCHLD may stand for several children, so ask until none is left. */
    while (children_reap() != -1)
        continue;
}

int
main(int argc, char **argv)
{
    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_PROCESSES);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    children_open_pool(opt.workers);
    fill();
    net_announce(listener);

    while (!stop_requested()) {
        children_wait_for_end(CLOCK_NEVER);
        reap();
        fill();
    }

    net_close(listener);
    children_signal(SIGTERM);
    children_wait_for_all();
    return server_end();
}

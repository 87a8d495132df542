/* prefork-passing - N processes, and a parent that gives each of them clients.
 *
 * Only the parent accepts, and it passes each client to a free worker over a
 * UNIX socket.  While none is free it does not accept, so the next client waits
 * in the kernel's accept queue.  In prefork.c the kernel chooses the worker. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/children.h"
#include "common/clock.h"
#include "common/handoff.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"

static const struct options_about about = {
    .name = "prefork-passing",
    .summary = "Serve the ETX/ack protocol with a parent and N processes.",
    .lesson = "notes/11-prefork-passing.md",
    .traits = "at_once=workers processes=one-per-worker threads=one "
              "computes=each waits_in=ppoll",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static int listener;
static struct handoff workers[WORKERS_MAX]; /* the parent's side of each */

/* In a worker: serves one client after another. */
static _Noreturn void
serve(int worker, int parent)
{
    struct client client;

    /* While any copy of its descriptor is open, a client sees no end. */
    handoff_close_copies(workers, opt.workers);
    net_close(listener);
    tally_worker(worker);
    stop_in_child();
    stop_drains(parent);
    while (!stop_requested())
        if (handoff_receive(parent, &client)) {
            handoff_report(parent); /* that it has the client */
            blocking_serve(&client, &opt, clock_compute);
            handoff_report(parent); /* that it is free */
        }
    _exit(EXIT_SUCCESS);
}

/* Forks workers into all free places, except during a pause or a stop. */
static void
fill(void)
{
    int worker, channel;

    while ((worker = children_vacancy()) != -1)
        if (handoff_fork(&workers[worker], worker, &channel) == 0)
            serve(worker, channel);
}

/* Reaps the children that have ended. */
static void
reap(void)
{
    int worker;

    while ((worker = children_reap()) != -1)
        handoff_end(&workers[worker]);
}

/* Waits for a report or the end of a worker, and, if a worker is free, for a
 * client.  Returns a free worker if there is a client for it, otherwise -1. */
static int
wait_for_client(void)
{
    static struct pollfd fds[WORKERS_MAX + 1];
    bool is_free = handoff_find_free(workers, opt.workers) != -1;
    bool ready;

    if (handoff_all_busy(workers, opt.workers))
        accept_warn_full("clients have a worker each", opt.workers);
    for (int i = 0; i < opt.workers; i++)
        fds[i] = (struct pollfd){.fd = workers[i].channel, .events = POLLIN};
    fds[opt.workers] = (struct pollfd){.fd = listener, .events = POLLIN};
    ready = children_wait_for_ready(fds, opt.workers + (is_free ? 1 : 0));
    for (int i = 0; i < opt.workers && ready; i++)
        if (fds[i].revents != 0)
            handoff_hear(&workers[i]);
    ready = ready && fds[opt.workers].revents != 0;
    return ready ? handoff_find_free(workers, opt.workers) : -1;
}

int
main(int argc, char **argv)
{
    struct client client;
    int worker;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_PROCESSES);
    /* Not blocking, because a client may leave before the parent accepts it. */
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    handoff_open(workers, opt.workers);
    children_open_pool(opt.workers);
    fill();
    net_announce(listener);

    while (!stop_requested()) {
        worker = wait_for_client();
        if (worker != -1 && accept_client(listener, &client))
            handoff_send(&workers[worker], &client);
        reap();
        fill();
    }

    net_close(listener);
    children_signal(SIGTERM);
    children_wait_for_all();
    for (int i = 0; i < opt.workers; i++) {
        handoff_end(&workers[i]);
        if (workers[i].state == HANDOFF_PASSED)
            accept_refuse(&workers[i].client, "stop");
    }
    return server_end();
}

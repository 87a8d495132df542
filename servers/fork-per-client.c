/* fork-per-client - a process for each client.
 *
 * The parent waits for a client, forks a child that serves only this client,
 * and waits for the next one.  Each client costs a fork, an exit and the memory
 * of a process.  In return, the code for one client is that of
 * single-process.c, the children can use all cores, and a child that crashes
 * loses only its client.  Compare with prefork.c, which forks earlier. */

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

static const struct options_about about = {
    .name = "fork-per-client",
    .summary = "Serve the ETX/ack protocol with a process for each client.",
    .lesson = "notes/04-fork-per-client.md",
    .traits = "at_once=all processes=one-per-client threads=one computes=each "
              "waits_in=ppoll",
    .extra = OPTIONS_MAX_CLIENTS,
};

static struct options opt;
static int listener;

/* In the child: serves its client and ends. */
static _Noreturn void
serve(struct client *client)
{
    /* A child that kept the listener would keep the port in use. */
    net_close(listener);
    stop_in_child();
    blocking_serve(client, &opt, clock_compute);
    _exit(EXIT_SUCCESS);
}

/* Forks a child for the client, or refuses it, followed by a pause. */
static void
spawn(int place, struct client *client)
{
    pid_t pid = fork();

    if (pid == 0)
        serve(client);
    log_call(pid, "fork()");
    if (pid == -1) {
        log_event("warning", "cannot fork: %s", strerror(errno));
        accept_refuse(client, "no-process");
        clock_wait_until(clock_now() + ACCEPT_PAUSE_NS);
        return;
    }
    log_event("spawn", "pid=%d client=%u", (int)pid, client->id);
    children_add(place, pid);
    /* The child has its own copy of the descriptor.  If the parent kept this
     * one, the client would never see the end of the connection. */
    net_close(client->fd);
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
    struct client client;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_PROCESSES);
    /* Not blocking, because a client may leave before the parent accepts it. */
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    children_open(opt.max_clients);
    net_announce(listener);

    while (!stop_requested()) {
        int place = children_place();

        if (place == -1) {
            accept_warn_full("clients have a process each", opt.max_clients);
            children_wait_for_end(CLOCK_NEVER);
        } else if (children_wait_for_client(listener) &&
                   accept_client(listener, &client)) {
            spawn(place, &client);
        }
        reap();
    }

    net_close(listener);
    children_signal(SIGTERM);
    children_wait_for_all();
    return server_end();
}

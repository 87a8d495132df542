/* fork-per-client - a process for each client.
 *
 * The parent waits for a client, forks a child that serves it and nobody else,
 * and waits for the next at once.  A client costs a fork, an exit and the
 * memory of a process; in return the code for one client is as simple as in
 * single-process.c, all cores are used, and what happens to one child happens
 * to one client.  Compare with prefork.c, which forks before clients come. */

#include <errno.h>
#include <fcntl.h>
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
#include "common/options.h"
#include "common/stats.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "fork-per-client",
    .summary = "Serve the ETX/ack protocol with a process for each client.",
    .lesson = "notes/03-fork-per-client.md",
    .traits = "at_once=all processes=one-per-client threads=one computes=each "
              "waits_in=accept4",
    .extra = OPTIONS_MAX_CLIENTS,
};

static struct options opt;
static int listener;
static volatile sig_atomic_t ended = 1; /* a child may have: reap it */

/* SIGCHLD: a child has ended.  It is not reaped here, for that is logged, which
 * a handler must not do; the handler only sees to it that accept returns: the
 * one that waits is interrupted, and one that is about to wait finds a listener
 * that does not block. */
static void
on_child(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    ended = 1;
    (void)fcntl(listener, F_SETFL, O_NONBLOCK);
    errno = saved;
}

/* Reaps the children that have ended.  The listener blocks again before that: a
 * child that ends from now on is reaped here, or makes accept return. */
static void
reap(void)
{
    int result;

    if (!ended)
        return;
    ended = 0;
    result = fcntl(listener, F_SETFL, 0);
    log_call(result, "fcntl(%d, F_SETFL, 0)", listener);
    if (result == -1)
        die("fcntl");
    /* Several deaths may share one signal: until nobody is left. */
    while (children_reap() != -1)
        continue;
}

/* There are as many children as there may be: waits for one to end. */
static void
wait_for_child(void)
{
    accept_full("clients have a process each", opt.max_clients);
    stop_hold();
    reap();
    if (children_place() == -1 && !stop_requested())
        stop_pause(CLOCK_NEVER);
    stop_release();
}

/* In the child: serves its client and ends. */
static _Noreturn void
serve(const struct client *client, pid_t parent)
{
    /* A child that kept it would keep the port. */
    net_close(listener);
    stop_in_child(parent);
    blocking_serve(client, &opt);
    _exit(EXIT_SUCCESS);
}

/* Forks a child for the client.  If that fails it costs this client only. */
static void
spawn(const struct client *client)
{
    pid_t parent = getpid();
    pid_t pid;

    /* A stop request of the child's must not end the parent's accept. */
    (void)stop_wakes(-1);
    pid = fork();
    if (pid == 0)
        serve(client, parent);
    (void)stop_wakes(listener);
    log_call(pid, "fork()");
    if (pid == -1) {
        log_event("warning", "cannot fork: %s", strerror(errno));
        accept_refuse(client, "no-process");
        return;
    }
    log_event("spawn", "pid=%d client=%u", (int)pid, client->id);
    children_add(children_place(), pid);
    /* The child has its own copy; until this one is closed, too, the client
     * would see no end of input. */
    net_close(client->fd);
}

int
main(int argc, char **argv)
{
    struct client client;

    options_read(&opt, &about, argc, argv);
    stats_open(0);
    stop_on_signals();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    (void)stop_wakes(listener);
    children_open(opt.max_clients, on_child);
    net_announce(listener);

    while (!stop_requested()) {
        reap();
        if (children_place() == -1)
            wait_for_child();
        else if (accept_blocking(listener, &client))
            spawn(&client);
    }

    (void)stop_wakes(-1);
    net_close(listener);
    children_tell(SIGTERM);
    children_wait();
    stats_print();
    return EXIT_SUCCESS;
}

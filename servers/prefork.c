/* prefork - N processes, forked before the first client comes.
 *
 * Each worker waits in accept on the listener they all share, serves the client
 * it gets until it leaves, and waits again.  For each client the kernel wakes
 * one of those that wait: nobody has to share clients out.  N are served at
 * once, the next waits in the listen queue.  The parent serves nobody; it
 * replaces workers that die.  Compare with fork-per-client.c and threaded.c. */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* If a worker dies young, the next comes after a pause, which then doubles. */
#define YOUNG_NS     (1 * CLOCK_S)
#define PAUSE_MIN_NS (100 * CLOCK_MS)
#define PAUSE_MAX_NS (5 * CLOCK_S)

static const struct options_about about = {
    .name = "prefork",
    .summary = "Serve the ETX/ack protocol with N processes forked beforehand.",
    .lesson = "notes/05-prefork.md",
    .traits =
        "at_once=workers processes=one-per-worker threads=one computes=each "
        "waits_in=accept4",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static int listener;
static int64_t born_ns[WORKERS_MAX];
static int64_t pause_ns = PAUSE_MIN_NS / 2; /* half of the next one */
static int64_t resume_ns;                   /* until then no worker is forked */

/* SIGCHLD need only end the parent's wait. */
static void
on_child(int signal_number)
{
    (void)signal_number;
}

/* In a worker: serves one client after another. */
static _Noreturn void
serve(int worker, pid_t parent)
{
    struct client client;

    stats_worker(worker);
    stop_in_child(parent);
    stop_release();
    /* No stop_wakes: the listener is shared, and the parent shuts it down. */
    while (!stop_requested())
        if (accept_blocking(listener, &client))
            blocking_serve(&client, &opt);
    _exit(EXIT_SUCCESS);
}

/* No worker is forked for a while, and for twice that the next time. */
static void
back_off(const char *reason)
{
    pause_ns = pause_ns < PAUSE_MAX_NS / 2 ? 2 * pause_ns : PAUSE_MAX_NS;
    resume_ns = clock_now() + pause_ns;
    log_event("warning", "%s; next worker in %.1f s", reason,
              clock_seconds(pause_ns));
}

/* Forks a worker into a free place.  Signals are held off in the parent. */
static void
spawn(int worker)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0)
        serve(worker, parent);
    log_call(pid, "fork()");
    if (pid == -1) {
        back_off(strerror(errno));
        return;
    }
    log_event("spawn", "pid=%d worker=%d", (int)pid, worker + 1);
    children_add(worker, pid);
    born_ns[worker] = clock_now();
}

/* Forks workers for the places that are free, if it is time to. */
static void
fill(void)
{
    int worker;

    while (clock_now() >= resume_ns && (worker = children_place()) != -1)
        spawn(worker);
}

/* Reaps the workers that have died. */
static void
reap(void)
{
    bool young = false;
    int worker;

    while ((worker = children_reap()) != -1)
        if (clock_now() - born_ns[worker] < YOUNG_NS)
            young = true;
        else
            pause_ns = PAUSE_MIN_NS / 2;
    if (young)
        back_off("a worker died young");
}

int
main(int argc, char **argv)
{
    options_read(&opt, &about, argc, argv);
    stats_open(opt.workers);
    stop_on_signals();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    children_open(opt.workers, on_child);
    stop_hold(); /* signals come in at stop_pause and nowhere else */
    fill();
    net_announce(listener);

    while (!stop_requested()) {
        stop_pause(children_place() == -1 ? CLOCK_NEVER : resume_ns);
        reap();
        fill();
    }

    stop_release(); /* a second signal ends the parent, and so the workers */
    children_tell(SIGTERM);
    /* A worker that was about to wait in accept does not, or no longer. */
    if (shutdown(listener, SHUT_RD) == -1)
        log_event("warning", "shutdown: %s", strerror(errno));
    children_wait();
    net_close(listener);
    stats_print();
    return EXIT_SUCCESS;
}

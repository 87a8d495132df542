/* epoll - one process, one thread, one wait for everything.
 *
 * As in poll.c the server asks the kernel what can be done without waiting,
 * does it, and asks again.  Here the kernel keeps what is watched: epoll_ctl
 * tells it about changes, and epoll_wait returns only descriptors for which
 * something has happened: a thousand silent clients cost nothing.  It reports
 * them again as long as there is something to do (level-triggered).  Linux. */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"
#include "common/stats.h"
#include "common/stop.h"

#define EVENTS_MAX 256 /* reported at a time; the rest at the next */

static const struct options_about about = {
    .name = "epoll",
    .summary = "Serve the ETX/ack protocol with one loop around epoll(7).",
    .lesson = "notes/09-epoll.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=epoll_wait",
};

static struct conns clients;
static int epoll; /* the kernel's list of what is watched */
static unsigned char watched[NET_FDS_MAX]; /* and for what, at this moment */

/* Watches fd for what is wanted, or no more.  Returns false if the kernel has
 * no memory for a new one.  What is closed leaves the list by itself, since no
 * other process has a copy of it. */
static bool
watch(int fd, enum conn_want want)
{
    struct epoll_event event = {.data.fd = fd};
    int operation = watched[fd] == CONN_CLOSED ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (want == CONN_READ)
        event.events = EPOLLIN;
    if (want == CONN_WRITE)
        event.events = EPOLLOUT;
    if (want != watched[fd] && want != CONN_CLOSED) {
        int result = epoll_ctl(epoll, operation, fd, &event);

        log_call(result, "epoll_ctl(%s, %d, events %u)",
                 operation == EPOLL_CTL_ADD ? "ADD" : "MOD", fd, event.events);
        if (result == -1)
            return false;
    }
    watched[fd] = (unsigned char)want;
    return true;
}

/* Does what can be done for c now, and watches for what it wants next. */
static void
step(struct conn *c, enum conn_event event)
{
    int fd = c->fd;

    (void)watch(fd, conn_step(&clients, c, event));
}

/* Accepts the clients that are waiting, but not all of a crowd. */
static void
admit(int listener)
{
    struct conn *c;
    int i = 0;

    while (i++ < CONN_ACCEPTS && (c = conn_accept(&clients, listener)) != NULL)
        if (!watch(c->fd, CONN_READ))
            step(c, CONN_LOST);
}

/* Waits until something happens or is due, and does what it calls for. */
static void
turn(int listener)
{
    struct epoll_event events[EVENTS_MAX];
    struct conn *c;
    int64_t now_ns;
    int ready;

    ready = epoll_wait(epoll, events, EVENTS_MAX,
                       clock_timeout_ms(conn_next_due(&clients)));
    log_call(ready, "epoll_wait(%d)", EVENTS_MAX);
    if (ready == -1 && errno != EINTR)
        die("epoll_wait");
    now_ns = clock_now();
    for (int i = 0; i < ready; i++) {
        int fd = events[i].data.fd;

        if (fd == listener)
            admit(listener);
        else if ((c = conn_find(&clients, fd)) != NULL)
            step(c, events[i].events & (EPOLLERR | EPOLLHUP) ? CONN_GONE
                                                             : CONN_READY);
    }
    while ((c = conn_due(&clients, now_ns)) != NULL)
        step(c, CONN_DUE);
}

/* No new clients; what is in hand is finished, and then they are closed. */
static void
stop(int listener)
{
    (void)watch(stop_pipe(), CONN_TIME);
    (void)watch(listener, CONN_CLOSED);
    net_close(listener);
    conn_stop(&clients);
    for (int fd = 0; fd < clients.fd_end; fd++)
        if (conn_find(&clients, fd) != NULL)
            step(conn_find(&clients, fd), CONN_STOP);
    while (clients.open > 0)
        turn(-1);
}

int
main(int argc, char **argv)
{
    struct options opt;
    int listener;

    options_read(&opt, &about, argc, argv);
    stats_open(0);
    stop_on_signals();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    conn_init(&clients, &opt, net_raise_limit());
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1 || !watch(stop_pipe(), CONN_READ) ||
        !watch(listener, CONN_READ))
        die("epoll");
    net_announce(listener);

    while (!stop_requested()) {
        (void)watch(listener, conn_accepting(&clients) ? CONN_READ : CONN_TIME);
        turn(listener);
    }

    stop(listener);
    net_close(epoll);
    stats_print();
    conn_free(&clients);
    return EXIT_SUCCESS;
}

/* poll - one process, one thread, one wait for everything.
 *
 * As in select.c the server asks the kernel what can be done without waiting,
 * does it, and asks again.  poll is given an array, with a field for the
 * question and one for the answer; it may be as long as descriptors go.  The
 * kernel and the loop still go through all of it each time, however few of the
 * clients have something to say.  A hang-up is reported whether one asked for
 * it or not.  Compare with epoll.c, where the kernel keeps the array. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"
#include "common/stats.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "poll",
    .summary = "Serve the ETX/ack protocol with one loop around poll(2).",
    .lesson = "notes/08-poll.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=poll",
};

static struct conns clients;
static struct pollfd fds[NET_FDS_MAX]; /* what is watched, each at its place */
static int highest = -1;               /* descriptor in them */

/* Watches fd for what is wanted, or no more. */
static void
watch(int fd, enum conn_want want)
{
    while (highest < fd)
        fds[++highest].fd = -1;
    fds[fd] = (struct pollfd){.fd = want == CONN_CLOSED ? -1 : fd};
    if (want == CONN_READ)
        fds[fd].events = POLLIN;
    if (want == CONN_WRITE)
        fds[fd].events = POLLOUT;
    while (highest > 0 && fds[highest].fd == -1)
        highest--;
}

/* Does what can be done for c now, and watches for what it wants next. */
static void
step(struct conn *c, enum conn_event event)
{
    int fd = c->fd;

    watch(fd, conn_step(&clients, c, event));
}

/* Accepts the clients that are waiting, but not all of a crowd. */
static void
admit(int listener)
{
    struct conn *c;
    int i = 0;

    while (i++ < CONN_ACCEPTS && (c = conn_accept(&clients, listener)) != NULL)
        watch(c->fd, CONN_READ);
}

/* poll(2) for all of fds.  It refuses more of them than RLIMIT_NOFILE, which
 * may have been lowered since; then they are asked about one by one. */
static int
poll_all(int timeout_ms)
{
    int ready = poll(fds, (nfds_t)highest + 1, timeout_ms);

    if (ready != -1 || errno != EINVAL)
        return ready;
    ready = 0;
    for (int fd = 0; fd <= highest; fd++)
        ready += poll(&fds[fd], 1, 0) == 1;
    if (ready == 0)
        clock_wait_until(clock_now() + 10 * CLOCK_MS);
    return ready;
}

/* Waits until something happens or is due, and does what it calls for. */
static void
turn(int listener)
{
    struct conn *c;
    int64_t now_ns;
    int ready;

    ready = poll_all(clock_timeout_ms(conn_next_due(&clients)));
    log_call(ready, "poll(%d)", highest + 1);
    if (ready == -1 && errno != EINTR)
        die("poll");
    now_ns = clock_now();
    for (int fd = 0; ready > 0; fd++) {
        int events = fds[fd].revents;

        if (events == 0)
            continue;
        ready--;
        if (fd == listener)
            admit(listener);
        else if ((c = conn_find(&clients, fd)) != NULL)
            step(c, events & (POLLERR | POLLHUP) ? CONN_GONE : CONN_READY);
    }
    while ((c = conn_due(&clients, now_ns)) != NULL)
        step(c, CONN_DUE);
}

/* No new clients; what is in hand is finished, and then they are closed. */
static void
stop(int listener)
{
    watch(stop_pipe(), CONN_TIME);
    watch(listener, CONN_CLOSED);
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
    watch(stop_pipe(), CONN_READ);
    net_announce(listener);

    while (!stop_requested()) {
        watch(listener, conn_accepting(&clients) ? CONN_READ : CONN_TIME);
        turn(listener);
    }

    stop(listener);
    stats_print();
    conn_free(&clients);
    return EXIT_SUCCESS;
}

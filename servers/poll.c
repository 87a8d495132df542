/* poll - one process, one thread, one wait for everything.
 *
 * As in select.c, the server asks the kernel what can be done without waiting,
 * does it, and asks again.  poll takes an array with an entry per descriptor,
 * and the kernel and the loop still go through all of it each time.  poll also
 * reports a hang-up, although the server has not asked for it.  Compare with
 * epoll.c, where the kernel keeps the list. */

#include <errno.h>
#include <poll.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "poll",
    .summary = "Serve the ETX/ack protocol with one loop around poll(2).",
    .lesson = "notes/16-poll.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=poll",
};

static struct options opt;
static struct conns clients;
static struct pollfd fds[NET_FDS_MAX]; /* what is watched, by descriptor */
static int highest = -1;               /* the highest descriptor in it */

/* Watches fd for what is wanted. */
static void
watch(int fd, enum watch wanted)
{
    while (highest < fd)
        fds[++highest].fd = -1;
    fds[fd] = (struct pollfd){.fd = wanted == WATCH_CLOSED ? -1 : fd};
    if (wanted == WATCH_INPUT || wanted == WATCH_OUTPUT)
        fds[fd].events = wanted == WATCH_INPUT ? POLLIN : POLLOUT;
    while (highest >= 0 && fds[highest].fd == -1)
        highest--;
}

/* Does what can be done for c now, and watches for what it needs next. */
static void
step(struct conn *c, enum conn_event event)
{
    int fd = c->client.fd;
    enum conn_need need = conn_step(&clients, c, event);

    /* Work that takes no time is done at once.  A delay is a deadline: the loop
     * goes on, and comes back when it is over. */
    while (need == CONN_WORK && options_instant(&opt))
        need = conn_step(&clients, c, CONN_WORKED);
    if (need == CONN_WORK)
        conn_work_after(&clients, c, opt.delay_ns);
    watch(fd, conn_watch(need));
}

/* Waits until something happens or is due, and does what that calls for. */
static void
turn(int listener)
{
    struct conn *c;
    int64_t asked_ns = clock_now();
    int ready = poll(fds, (nfds_t)highest + 1,
                     clock_timeout_ms(conns_next_due(&clients)));
    int64_t now_ns = clock_now();

    log_call(ready, "poll(%d)", highest + 1);
    if (ready == -1 && errno == EINVAL) /* the descriptor limit was lowered */
        clock_wait_until(clock_now() + 100 * CLOCK_MS);
    else if (ready == -1 && errno != EINTR)
        die("poll");
    for (int fd = 0; ready > 0; fd++) {
        int events = fds[fd].revents;

        if (events == 0)
            continue;
        ready--;
        if (fd == listener)
            while ((c = conns_accept(&clients, listener)) != NULL)
                watch(c->client.fd, WATCH_INPUT);
        else if ((c = conns_find(&clients, fd)) != NULL)
            step(c, events & (POLLERR | POLLHUP) ? CONN_GONE : CONN_READY);
    }
    while ((c = conns_work_due(&clients, now_ns)) != NULL) {
        /* There is one thread: while it computes, all other clients wait. */
        clock_compute(opt.cpu_ns);
        step(c, CONN_WORKED);
    }
    while ((c = conns_expired(&clients, ready == -1 ? 0 : asked_ns)) != NULL)
        step(c, CONN_EXPIRED);
}

int
main(int argc, char **argv)
{
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_ALONE);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    conns_init(&clients, &opt, NET_FDS_MAX);
    net_announce(listener);

    while (!stop_requested()) {
        watch(listener, conns_watch_listener(&clients));
        turn(listener);
    }

    watch(listener, WATCH_CLOSED);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    conns_free(&clients);
    return server_end();
}

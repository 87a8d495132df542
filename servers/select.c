/* select - one process, one thread, one wait for everything.
 *
 * The server asks the kernel which descriptors can be read or written without
 * waiting, does that, and asks again.  So all clients are served at once, and a
 * delay is only a moment to come back at.  select takes sets of descriptors and
 * overwrites them with its answer; the kernel and the loop go through them from
 * 0 to the highest descriptor.  A set ends at FD_SETSIZE, so a client above
 * that is refused.  Compare with poll.c, which has no such limit. */

#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "select",
    .summary = "Serve the ETX/ack protocol with one loop around select(2).",
    .lesson = "notes/15-select.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=pselect6",
};

static struct options opt;
static struct conns clients;
static fd_set reads, writes; /* the descriptors that are watched */
static int highest = -1;     /* the highest of them */

/* Watches fd for what is wanted. */
static void
watch(int fd, enum watch wanted)
{
    FD_CLR(fd, &reads);
    FD_CLR(fd, &writes);
    if (wanted == WATCH_INPUT)
        FD_SET(fd, &reads);
    if (wanted == WATCH_OUTPUT)
        FD_SET(fd, &writes);
    if (fd > highest)
        highest = fd;
    while (highest >= 0 && !FD_ISSET(highest, &reads) &&
           !FD_ISSET(highest, &writes))
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
    struct timeval timeout;
    fd_set can_read = reads, can_write = writes;
    struct conn *c;
    int64_t asked_ns = clock_now();
    int ready = select(highest + 1, &can_read, &can_write, NULL,
                       clock_timeout_tv(conns_next_due(&clients), &timeout));
    int64_t now_ns = clock_now();

    log_call(ready, "select(%d)", highest + 1);
    if (ready == -1 && errno != EINTR)
        die("select");
    for (int fd = 0; ready > 0; fd++) {
        if (!FD_ISSET(fd, &can_read) && !FD_ISSET(fd, &can_write))
            continue;
        ready--;
        if (fd == listener)
            while ((c = conns_accept(&clients, listener)) != NULL)
                watch(c->client.fd, WATCH_INPUT);
        else if ((c = conns_find(&clients, fd)) != NULL)
            step(c, CONN_READY);
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
    conns_init(&clients, &opt, FD_SETSIZE);
    if (listener >= FD_SETSIZE) {
        log_error(
            "so many descriptors are open that select cannot watch a new one");
        return EXIT_FAILURE;
    }
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

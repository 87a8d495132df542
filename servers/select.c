/* select - one process, one thread, one wait for everything.
 *
 * The server asks the kernel which of its descriptors can be read or written
 * without waiting, does that, and asks again.  All clients are served at once,
 * and a delay is a moment to come back at.  select is given sets of descriptors
 * and overwrites them with its answer; the kernel and the loop go through them
 * from 0 to the highest.  A set ends at FD_SETSIZE, and a client whose
 * descriptor is not below that is refused: FD_SET would write over other
 * memory.  Compare with poll.c, which has no such limit. */

#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"
#include "common/stats.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "select",
    .summary = "Serve the ETX/ack protocol with one loop around select(2).",
    .lesson = "notes/07-select.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=pselect6",
};

static struct conns clients;
static fd_set reads, writes; /* what is watched */
static int highest = -1;     /* descriptor in them */

/* Watches fd for what is wanted, or no more. */
static void
watch(int fd, enum conn_want want)
{
    FD_CLR(fd, &reads);
    FD_CLR(fd, &writes);
    if (want == CONN_READ)
        FD_SET(fd, &reads);
    if (want == CONN_WRITE)
        FD_SET(fd, &writes);
    if (fd > highest)
        highest = fd;
    while (highest > 0 && !FD_ISSET(highest, &reads) &&
           !FD_ISSET(highest, &writes))
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

/* Waits until something happens or is due, and does what it calls for. */
static void
turn(int listener)
{
    struct timeval timeout;
    fd_set can_read = reads;
    fd_set can_write = writes;
    struct conn *c;
    int64_t now_ns;
    int ready;

    ready = select(highest + 1, &can_read, &can_write, NULL,
                   clock_timeout_tv(conn_next_due(&clients), &timeout));
    log_call(ready, "select(%d)", highest + 1);
    if (ready == -1 && errno != EINTR)
        die("select");
    now_ns = clock_now();
    for (int fd = 0; ready > 0; fd++) {
        if (!FD_ISSET(fd, &can_read) && !FD_ISSET(fd, &can_write))
            continue;
        ready--;
        if (fd == listener)
            admit(listener);
        else if ((c = conn_find(&clients, fd)) != NULL)
            step(c, CONN_READY);
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
    (void)net_raise_limit();
    conn_init(&clients, &opt, FD_SETSIZE);
    errno = EMFILE;
    if (listener >= FD_SETSIZE || stop_pipe() >= FD_SETSIZE)
        die("so many descriptors are open that select cannot watch a new one");
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

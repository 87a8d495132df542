/* epoll-edge - one process, one thread, told once about each change.
 *
 * As in epoll.c, the kernel keeps the list of what is watched.  But it reports
 * a descriptor only when something new has happened to it (edge-triggered).  So
 * the server adds each once, and remembers what is left unread.  Linux only. */

#include <errno.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "epoll-edge",
    .summary = "Serve the ETX/ack protocol with edge-triggered epoll(7).",
    .lesson = "notes/19-epoll-edge.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=epoll_wait",
};

static struct options opt;
static struct conns clients;
static int epoll;      /* the kernel's list of what is watched */
static bool accepting; /* clients may wait in the accept queue */
static struct epoll_event events[NET_FDS_MAX]; /* room for all at once */

/* Watches fd for everything that may happen to it, until it is closed. */
static void
watch(int fd)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};
    int result = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);

    log_call(result, "epoll_ctl(ADD, %d, events %u)", fd, event.events);
    if (result == -1) /* the kernel has no memory for it */
        (void)conn_lose(&clients, fd);
}

/* Does what can be done for c now, and remembers whether more can be read. */
static void
step(struct conn *c, enum conn_event event)
{
    enum conn_need need = conn_step(&clients, c, event);

    /* Work that takes no time is done at once.  A delay is a deadline: the loop
     * goes on, and comes back when it is over. */
    while (need == CONN_WORK && options_instant(&opt))
        need = conn_step(&clients, c, CONN_WORKED);
    if (need == CONN_WORK)
        conn_work_after(&clients, c, opt.delay_ns);
    if (need == CONN_TURN || (need == CONN_OUTPUT && c->client.sent_much))
        conn_read_later(&clients, c); /* the kernel does not report c again */
}

/* Waits until something happens or is due, and does what that calls for. */
static void
turn(int listener)
{
    struct conn *c;
    int64_t asked_ns = clock_now();
    int ready = epoll_wait(epoll, events, NET_FDS_MAX,
                           clock_timeout_ms(conns_next_due(&clients)));
    int64_t now_ns = clock_now();

    log_call(ready, "epoll_wait()");
    if (ready == -1 && errno != EINTR)
        die("epoll_wait");
    for (int i = 0; i < ready; i++) {
        int fd = events[i].data.fd;
        uint32_t what = events[i].events;

        if (fd == listener)
            accepting = true;
        else if ((c = conns_find(&clients, fd)) != NULL)
            step(c, what & (EPOLLERR | EPOLLHUP) ? CONN_GONE
                    : what & EPOLLRDHUP          ? CONN_ENDED
                    : what & EPOLLIN             ? CONN_READY
                                                 : CONN_WRITABLE);
    }
    while ((c = conns_turn_due(&clients, asked_ns)) != NULL)
        step(c, CONN_READY);
    while ((c = conns_work_due(&clients, now_ns)) != NULL) {
        /* There is one thread: while it computes, all other clients wait. */
        clock_compute(opt.cpu_ns);
        step(c, CONN_WORKED);
    }
    while ((c = conns_expired(&clients, ready == -1 ? 0 : asked_ns)) != NULL)
        step(c, CONN_EXPIRED);
    /* Last, since a new client may get a descriptor whose event is still in the
     * array.  The kernel does not report those again that stay in the queue. */
    if (accepting && conns_watch_listener(&clients) == WATCH_INPUT) {
        while ((c = conns_accept(&clients, listener)) != NULL)
            watch(c->client.fd);
        accepting = !clients.drained;
    }
}

int
main(int argc, char **argv)
{
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_ALONE);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    conns_init(&clients, &opt, NET_FDS_MAX);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1)
        die("epoll_create1");
    watch(listener);
    net_announce(listener);

    while (!stop_requested())
        turn(listener);

    accepting = false;
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    net_close(epoll);
    conns_free(&clients);
    return server_end();
}

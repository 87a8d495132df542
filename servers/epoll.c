/* epoll - one process, one thread, one wait for everything.
 *
 * The loop is that of poll.c, but the kernel keeps the list of what is watched:
 * epoll_ctl changes it, and epoll_wait returns only the descriptors that are
 * ready, so a thousand silent clients cost nothing.  As long as a descriptor is
 * ready, epoll_wait reports it again (level-triggered).  Linux only. */

#include <errno.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "epoll",
    .summary = "Serve the ETX/ack protocol with one loop around epoll(7).",
    .lesson = "notes/17-epoll.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=epoll_wait",
};

static struct options opt;
static struct conns clients;
static int epoll; /* the kernel's list of what is watched */
static unsigned char watched[NET_FDS_MAX];     /* what is in it, for each fd */
static struct epoll_event events[NET_FDS_MAX]; /* room for all at once */

/* Watches fd for what is wanted.  When a descriptor is closed, the kernel
 * itself takes it off the list, because no other process has a copy of it. */
static void
watch(int fd, enum watch wanted)
{
    int operation = watched[fd] == WATCH_CLOSED ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    struct epoll_event event = {.data.fd = fd};

    if (wanted == WATCH_INPUT || wanted == WATCH_OUTPUT)
        event.events = wanted == WATCH_INPUT ? EPOLLIN : EPOLLOUT;
    if (wanted != WATCH_CLOSED && wanted != watched[fd]) {
        int result = epoll_ctl(epoll, operation, fd, &event);

        log_call(result, "epoll_ctl(%s, %d, events %u)",
                 operation == EPOLL_CTL_ADD ? "ADD" : "MOD", fd, event.events);
        if (result == -1) /* the kernel has no memory for it */
            wanted = conn_lose(&clients, fd);
    }
    watched[fd] = (unsigned char)wanted;
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
    int ready = epoll_wait(epoll, events, NET_FDS_MAX,
                           clock_timeout_ms(conns_next_due(&clients)));
    int64_t now_ns = clock_now();

    log_call(ready, "epoll_wait()");
    if (ready == -1 && errno != EINTR)
        die("epoll_wait");
    for (int i = 0; i < ready; i++) {
        int fd = events[i].data.fd;

        if (fd == listener)
            while ((c = conns_accept(&clients, listener)) != NULL)
                watch(c->client.fd, WATCH_INPUT);
        else if ((c = conns_find(&clients, fd)) != NULL)
            step(c, events[i].events & (EPOLLERR | EPOLLHUP) ? CONN_GONE
                                                             : CONN_READY);
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
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1)
        die("epoll_create1");
    net_announce(listener);

    while (!stop_requested()) {
        watch(listener, conns_watch_listener(&clients));
        turn(listener);
    }

    /* If another process has the listener, too, close does not do this. */
    watch(listener, WATCH_NOTHING);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    net_close(epoll);
    conns_free(&clients);
    return server_end();
}

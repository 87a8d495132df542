/* loop-per-core - N threads, each with a loop and with clients of its own.
 *
 * Each loop is the one of epoll.c, and the kernel chooses a loop for each
 * client by a hash.  The loops share the counters and the service.  While one
 * computes, its clients wait, even if another one is idle.  Linux only. */

#include <errno.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"

#define EVENTS_MAX 256 /* a loop takes so many at once */

static const struct options_about about = {
    .name = "loop-per-core",
    .summary = "Serve the ETX/ack protocol with an epoll(7) loop per core.",
    .lesson = "notes/20-loop-per-core.md",
    .traits = "at_once=all processes=one threads=one-per-worker "
              "computes=workers waits_in=epoll_wait",
    .extra = OPTIONS_CORES,
};

static struct options opt;
static pthread_t loops[WORKERS_MAX];
static int listeners[WORKERS_MAX], epolls[WORKERS_MAX];
/* Each loop has its own: */
static _Thread_local struct conns clients;
static _Thread_local int epoll; /* the kernel's list of what is watched */
static _Thread_local unsigned char watched[NET_FDS_MAX]; /* what is in it */
static _Thread_local struct epoll_event events[EVENTS_MAX];

/* Watches fd for what is wanted, in the list of this loop. */
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
    int ready = epoll_wait(epoll, events, EVENTS_MAX,
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
        /* While this thread computes, all clients of its loop wait. */
        clock_compute(opt.cpu_ns);
        step(c, CONN_WORKED);
    }
    while ((c = conns_expired(&clients, ready == -1 ? 0 : asked_ns)) != NULL)
        step(c, CONN_EXPIRED);
}

/* In a thread: runs one loop. */
static void *
run_loop(void *loop)
{
    int listener = listeners[(intptr_t)loop];

    tally_worker((int)(intptr_t)loop);
    conns_init(&clients, &opt, NET_FDS_MAX);
    epoll = epolls[(intptr_t)loop];
    while (!stop_requested()) {
        watch(listener, conns_watch_listener(&clients));
        turn(listener);
    }

    (void)epoll_ctl(epoll, EPOLL_CTL_DEL, listener, NULL); /* it stays open */
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    net_close(epoll);
    conns_free(&clients);
    return NULL;
}

int
main(int argc, char **argv)
{
    int reserved;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_THREADS);
    log_show_threads();
    reserved = net_reserve(opt.address, opt.port);
    for (int i = 0; i < opt.workers; i++) {
        listeners[i] = net_listen_too(reserved, opt.backlog, NET_NONBLOCKING);
        epolls[i] = epoll_create1(EPOLL_CLOEXEC);
        if (listeners[i] == -1 || epolls[i] == -1)
            die("cannot set up loop %d of %d", i + 1, opt.workers);
        stop_shuts(listeners[i]);
    }
    server_start_threads(loops, opt.workers, run_loop);
    net_announce(reserved);
    stop_wait();
    stop_threads(loops, opt.workers);
    return server_end();
}

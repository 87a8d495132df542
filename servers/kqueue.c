/* kqueue - one process, one thread, one wait for everything.
 *
 * The twin of epoll.c on the BSDs and on macOS.  One call, kevent, changes the
 * kernel's list of what is watched, and waits.  So the server collects its
 * changes, and they cost no call of their own.  An entry is a descriptor with a
 * filter, such as "can be read"; here it is reported once (EV_ONESHOT). */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/event.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

#define EVENTS_MAX 1024 /* the loop takes so many at once */

static const struct options_about about = {
    .name = "kqueue",
    .summary = "Serve the ETX/ack protocol with one loop around kqueue(2).",
    .lesson = "notes/27-kqueue.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=kevent",
};

static struct options opt;
static struct conns clients;
static int queue; /* the kernel's list of what is watched */
static unsigned char watched[NET_FDS_MAX]; /* what is in it, for each fd */
static struct kevent *changes;             /* of the list, with the next wait */
static int change_count;
static struct kevent events[EVENTS_MAX];

/* Adds a filter to the list, with the next wait. */
static void
add_filter(int id, short filter, unsigned short flags)
{
    EV_SET(&changes[change_count], (uintptr_t)id, filter,
           (unsigned short)(EV_ADD | flags), 0, 0, NULL);
    change_count++;
}

/* Watches fd for what is wanted.  When a descriptor is closed, the kernel
 * itself takes it off the list.  What is no longer wanted stays in it, and is
 * reported once at most. */
static void
watch(int fd, enum watch wanted)
{
    if (wanted == WATCH_INPUT && watched[fd] != WATCH_INPUT)
        add_filter(fd, EVFILT_READ, EV_ONESHOT);
    if (wanted == WATCH_OUTPUT && watched[fd] != WATCH_OUTPUT)
        add_filter(fd, EVFILT_WRITE, EV_ONESHOT);
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
    struct timespec left;
    int64_t asked_ns = clock_now();
    int ready = kevent(queue, changes, change_count, events, EVENTS_MAX,
                       clock_timeout_ts(conns_next_due(&clients), &left));
    int64_t now_ns = clock_now();

    log_call(ready, "kevent(%d changes)", change_count);
    if (ready == -1 && errno != EINTR)
        die("kevent");
    change_count = 0;
    for (int i = 0; i < ready; i++) {
        int fd = (int)events[i].ident;

        watched[fd] = WATCH_NOTHING;
        errno = events[i].flags & EV_ERROR ? (int)events[i].data : 0;
        if (errno == EBADF) /* it has been closed since it was put in */
            continue;
        if (errno != 0)
            watched[fd] = (unsigned char)conn_lose(&clients, fd);
        else if (fd == listener)
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
    conns_init(&clients, &opt, NET_FDS_MAX);
    queue = kqueue();
    if (queue == -1)
        die("kqueue");
    changes = conns_table(&clients, 2 * sizeof(*changes));
    /* They end the wait even if they come just before it.  No client has these
     * numbers as its descriptor. */
    add_filter(SIGINT, EVFILT_SIGNAL, 0);
    add_filter(SIGTERM, EVFILT_SIGNAL, 0);
    net_announce(listener);

    while (!stop_requested()) {
        watch(listener, conns_watch_listener(&clients));
        turn(listener);
    }

    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    free(changes);
    net_close(queue);
    conns_free(&clients);
    return server_end();
}

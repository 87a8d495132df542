/* reactor - one loop for all clients, and N threads that compute.
 *
 * As in epoll.c, one thread waits for everything.  But this thread, the loop,
 * never computes.  It puts a client whose message needs work into a queue.  A
 * worker takes the client, computes, and gives it back through another queue.
 * Then the worker wakes the loop up, because the loop waits in epoll_wait and
 * not for a queue.  While a worker has a client, only this worker uses it.  So
 * the client is still there when the work is done, and because it has one
 * message in hand at a time, its answers keep their order. */

#include <pthread.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/epoll_list.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/tally.h"
#include "common/work_queue.h"

static const struct options_about about = {
    .name = "reactor",
    .summary = "Serve the ETX/ack protocol with one loop and N workers.",
    .lesson = "notes/21-reactor.md",
    .traits = "at_once=all processes=one threads=one-per-worker "
              "computes=workers waits_in=epoll_wait",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static struct conns clients;   /* only the loop uses these two; */
static struct epoll_list list; /* a worker only wakes the loop up */
static pthread_t workers[WORKERS_MAX];
static struct work_queue jobs = WORK_QUEUE_INITIALIZER;     /* to the workers */
static struct work_queue finished = WORK_QUEUE_INITIALIZER; /* to the loop */

/* Does what can be done for c now, and watches for what it needs next. */
static void
step(struct conn *c, enum conn_event event)
{
    int fd = c->client.fd;
    enum conn_need need = conn_step(&clients, c, event);

    /* Work that takes no time is done at once.  A delay is a deadline: the loop
     * goes on, and gives c to a worker when it is over. */
    while (need == CONN_WORK && options_instant(&opt))
        need = conn_step(&clients, c, CONN_WORKED);
    if (need == CONN_WORK)
        conn_work_after(&clients, c, opt.delay_ns);
    /* Until the work is done, epoll must not even report a hang-up.  Otherwise
     * the loop would close c while a worker uses it. */
    epoll_list_watch(&list, fd,
                     need == CONN_WORK ? WATCH_AWAY : conn_watch(need));
}

/* In a worker: works on one message after another. */
static void *
work(void *worker)
{
    struct conn *c;

    tally_worker((int)(intptr_t)worker);
    while ((c = work_queue_wait(&jobs)) != NULL) {
        if (client_may_work(&c->client)) {
            clock_compute(opt.cpu_ns);
            client_answer(&c->client); /* the loop will send this answer */
            tally_worked();
        }
        if (work_queue_put(&finished, c)) /* unless another client is in it */
            epoll_list_wake(&list);
    }
    return NULL;
}

/* Waits until something happens or is due, and does what that calls for. */
static void
turn(int listener)
{
    struct conn *c;
    int64_t asked_ns = clock_now();
    int ready = epoll_list_wait(&list, conns_next_due(&clients));

    for (int i = 0; i < ready; i++) {
        const struct epoll_event *event = &list.events[i];

        if (event->data.fd == listener)
            while ((c = conns_accept(&clients, listener)) != NULL)
                epoll_list_watch(&list, c->client.fd, WATCH_INPUT);
        else if ((c = conns_find(&clients, event->data.fd)) != NULL)
            step(c, event->events & (EPOLLERR | EPOLLHUP) ? CONN_GONE
                                                          : CONN_READY);
    }
    while ((c = work_queue_take(&finished)) != NULL)
        step(c, CONN_ANSWERED);
    while ((c = conns_take_work(&clients, clock_now())) != NULL)
        work_queue_put(&jobs, c);
    while ((c = conns_expired(&clients, ready == -1 ? 0 : asked_ns)) != NULL)
        step(c, CONN_EXPIRED);
}

int
main(int argc, char **argv)
{
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_THREADS);
    log_show_threads();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    conns_init(&clients, &opt, NET_FDS_MAX);
    epoll_list_open(&list, &clients);
    server_start_threads(workers, opt.workers, work);
    net_announce(listener);

    while (!stop_requested()) {
        epoll_list_watch(&list, listener, conns_watch_listener(&clients));
        turn(listener);
    }

    /* If another process has the listener, too, close does not do this. */
    epoll_list_watch(&list, listener, WATCH_AWAY);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    work_queue_close(&jobs);
    stop_threads(workers, opt.workers);
    epoll_list_close(&list);
    conns_free(&clients);
    return server_end();
}

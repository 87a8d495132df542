/* pipeline - a thread per stage, and queues between the stages.
 *
 * The reader waits for all clients and reads their messages, N workers compute,
 * and the sender sends the answers and gives the clients back to the reader.
 * Only the stage that has a client uses it, and only the reader closes clients.
 * The sender never waits: the reader sends what the kernel does not take. */

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
    .name = "pipeline",
    .summary = "Serve the ETX/ack protocol with a thread per stage of work.",
    .lesson = "notes/22-pipeline.md",
    .traits = "at_once=all processes=one threads=one-per-stage "
              "computes=workers waits_in=epoll_wait",
    .extra = OPTIONS_WORKERS,
};

static struct options opt;
static struct conns clients;               /* only the reader uses these two; */
static struct epoll_list list;             /* the sender only wakes it up */
static pthread_t threads[1 + WORKERS_MAX]; /* the sender and the workers */
static struct work_queue jobs = WORK_QUEUE_INITIALIZER;     /* to the workers */
static struct work_queue answered = WORK_QUEUE_INITIALIZER; /* to the sender */
static struct work_queue sent = WORK_QUEUE_INITIALIZER;     /* to the reader */

/* In the reader: does what can be done for c now. */
static void
step(struct conn *c, enum conn_event event)
{
    int fd = c->client.fd;
    enum conn_need need = conn_step(&clients, c, event);

    /* A delay is a deadline: c goes to the workers when it is over. */
    if (need == CONN_WORK)
        conn_work_after(&clients, c, opt.delay_ns);
    /* Until c is back, no hang-up must make the reader close it. */
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
        /* Work that takes no time is done for all messages that have come. */
        do {
            if (!client_may_work(&c->client))
                break;
            clock_compute(opt.cpu_ns);
            client_answer(&c->client);
            tally_worked();
        } while (options_instant(&opt) &&
                 session_next(&c->client.session) == SESSION_WORK);
        work_queue_put(&answered, c);
    }
    return NULL;
}

/* In the sender: sends the answers of one client after another. */
static void *
send_answers(void *number)
{
    struct conn *c;

    (void)number;
    while ((c = work_queue_wait(&answered)) != NULL) {
        if (session_next(&c->client.session) == SESSION_WRITE)
            (void)client_send(&c->client); /* the reader will see a failure */
        if (work_queue_put(&sent, c))      /* unless another client is in it */
            epoll_list_wake(&list);
    }
    return NULL;
}

/* In the reader: waits until something happens or is due, and acts on it. */
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
    while ((c = work_queue_take(&sent)) != NULL)
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
    server_start_threads(threads, 1, send_answers);
    server_start_threads(threads + 1, opt.workers, work);
    net_announce(listener);

    while (!stop_requested()) {
        epoll_list_watch(&list, listener, conns_watch_listener(&clients));
        turn(listener);
    }

    /* close does not do this if another process has the listener open, too. */
    epoll_list_watch(&list, listener, WATCH_AWAY);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL)
        turn(-1);
    work_queue_close(&jobs);
    work_queue_close(&answered);
    stop_threads(threads, 1 + opt.workers);
    epoll_list_close(&list);
    conns_free(&clients);
    return server_end();
}

/* fibers - one loop, and a stack of its own for each client.
 *
 * As in epoll.c, one thread waits for everything.  But the conversation is that
 * of blocking.c, word for word (yielding.c), because each client has a fiber: a
 * function with a stack of its own.  Where a thread would wait in the kernel,
 * the fiber stops and the loop goes on.  When the wait is over, the loop
 * resumes the fiber.  That takes nanoseconds and no system call.  Compare with
 * coroutines.c, which keeps no stack, and with thread-per-client.c, in which
 * the kernel changes from one stack to another. */

#include "common/clock.h"
#include "common/conn.h"
#include "common/epoll_list.h"
#include "common/fiber.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/yielding.h"

static const struct options_about about = {
    .name = "fibers",
    .summary = "Serve the ETX/ack protocol with one loop and fibers.",
    .lesson = "notes/24-fibers.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=epoll_wait",
};

static struct options opt;
static struct conns clients;
static struct epoll_list list;
static struct fiber *fibers[NET_FDS_MAX]; /* by descriptor; NULL: none */

static struct conn *current; /* the client whose fiber runs */
static enum watch watched;   /* what it waits for */
static bool late;            /* the time limit of its last wait has passed */

/* In a fiber: lets the loop go on until the wait is over. */
bool
yielding_wait(enum watch wanted, int64_t until_ns)
{
    if (until_ns == CLOCK_NEVER)
        conns_limit_silence(&clients, current);
    else if (until_ns == YIELDING_TURN)
        conn_read_later(&clients, current);
    else if (current->client.begun)
        conns_set_deadline(current, &clients.working, until_ns);
    else
        conns_set_deadline(
            current, wanted == WATCH_AWAY ? &clients.looks : &clients.closing,
            until_ns);
    watched = wanted;
    fiber_wait();
    return !late;
}

/* In a fiber: serves its client and ends. */
static void
serve(void *conn)
{
    struct conn *c = conn;

    yielding_serve(&c->client, &opt, clock_compute);
    conns_remove(&clients, c);
    watched = WATCH_CLOSED;
}

/* Lets the fiber of c run until its next wait. */
static void
resume(struct conn *c, bool is_late)
{
    int fd = c->client.fd;

    current = c;
    late = is_late;
    if (fibers[fd] == NULL)
        fibers[fd] = fiber_new(serve, c);
    if (fibers[fd] != NULL && conns_lend_buffer(&clients, c))
        fiber_resume(fibers[fd]);
    else
        watched = conn_lose(&clients, fd);
    if (watched != WATCH_CLOSED && session_idle(&c->client.session))
        conns_take_buffer_back(&clients, c);
    epoll_list_watch(&list, fd, watched);
    if (conns_find(&clients, fd) == NULL) {
        fiber_free(fibers[fd]);
        fibers[fd] = NULL;
    }
}

/* Waits until something happens or is due, and does what that calls for. */
static void
turn(int listener)
{
    struct conn *c;
    int64_t asked_ns = clock_now();
    int ready = epoll_list_wait(&list, conns_next_due(&clients));
    int64_t now_ns = clock_now();

    for (int i = 0; i < ready; i++)
        if (list.events[i].data.fd == listener)
            while ((c = conns_accept(&clients, listener)) != NULL)
                resume(c, false);
        else if ((c = conns_find(&clients, list.events[i].data.fd)) != NULL)
            resume(c, false);
    while ((c = conns_work_due(&clients, now_ns)) != NULL)
        resume(c, false);
    while ((c = conns_turn_due(&clients, asked_ns)) != NULL)
        resume(c, false);
    while ((c = conns_expired(&clients, ready == -1 ? 0 : asked_ns)) != NULL)
        resume(c, true);
}

int
main(int argc, char **argv)
{
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_ALONE);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    conns_init(&clients, &opt, NET_FDS_MAX);
    epoll_list_open(&list, &clients);
    net_announce(listener);

    while (!stop_requested()) {
        epoll_list_watch(&list, listener, conns_watch_listener(&clients));
        turn(listener);
    }

    /* If another process has the listener, too, close does not do this. */
    epoll_list_watch(&list, listener, WATCH_AWAY);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        if (!c->client.begun) /* otherwise the work goes on */
            resume(c, false);
    while (conns_first(&clients) != NULL)
        turn(-1);
    epoll_list_close(&list);
    conns_free(&clients);
    return server_end();
}

/* uring - one process, one thread; the kernel does the operations.
 *
 * epoll reports that a socket is ready, and then the server receives or sends
 * (readiness).  Here the kernel receives and sends, and reports that it is done
 * (completion).  One system call asks it for everything, and waits. */

#include <errno.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/input.h"
#include "common/log.h"
#include "common/net.h"
#include "common/ring.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "uring",
    .summary = "Serve the ETX/ack protocol with one loop around io_uring(7).",
    .lesson = "notes/26-uring.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=io_uring_enter",
};

static struct options opt;
static struct conns clients;
static struct ring ring;
static bool accepting; /* the kernel has been asked to accept */

/* What the kernel has been asked to do for a client, and what has come. */
struct asked {
    bool receiving, sending;
    bool expired; /* to be closed when the kernel no longer sends */
    struct input input;
};

static struct asked *asked; /* by descriptor */

/* conn_step calls this in place of recv. */
static ssize_t
take_input(struct client *c, char *space, size_t size)
{
    return input_take(&asked[c->fd].input, space, size);
}

/* conn_step calls this in place of send.  The kernel sends the bytes later, so
 * they must stay where they are until then. */
static ssize_t
ask_to_send(struct client *c, const char *bytes, size_t size)
{
    struct asked *a = &asked[c->fd];

    if (a->input.error == 0)
        ring_send(&ring, &a->sending, c->fd, c->id, bytes, size);
    errno = a->sending ? EAGAIN : a->input.error;
    return -1;
}

/* conn_step calls this before it closes the socket.  close alone would not end
 * the connection: a socket from which the kernel still receives stays open. */
static void
shut_down(struct client *c)
{
    ring_shut_down(c->fd);
    input_drop(&asked[c->fd].input);
    asked[c->fd].receiving = false;
}

/* Does what can be done for c now, and asks for what it needs next. */
static void
step(struct conn *c, enum conn_event event)
{
    struct asked *a = &asked[c->client.fd];
    enum conn_need need;

    a->expired = event == CONN_EXPIRED && a->sending;
    if (a->expired) { /* the kernel still uses the bytes that it sends */
        deadline_remove(&c->deadline);
        shut_down(&c->client);
        return;
    }
    need = conn_step(&clients, c, event);
    /* Work that takes no time is done at once.  A delay is a deadline: the loop
     * goes on, and comes back when it is over. */
    while (need == CONN_TURN || (need == CONN_WORK && options_instant(&opt)))
        need = conn_step(&clients, c,
                         need == CONN_WORK ? CONN_WORKED : CONN_READY);
    if (need == CONN_WORK)
        conn_work_after(&clients, c, opt.delay_ns);
    if (need == CONN_INPUT)
        ring_receive(&ring, &a->receiving, c->client.fd, c->client.id);
}

/* The kernel has received for c, or has failed to. */
static void
received(struct conn *c, const struct ring_completion *done)
{
    struct asked *a = &asked[c->client.fd];

    a->receiving = done->more;
    if (done->result > 0 && c->state == CONN_CLOSING)
        c->linger.dropped += (uint32_t)done->result;
    else if (done->result != -ENOBUFS && done->result != -ECANCELED)
        input_add(&a->input, done->bytes, done->result);
    if (a->receiving && input_is_enough(&a->input))
        ring_cancel(&ring, RING_RECEIVE, c->client.fd, c->client.id);
    if (!a->sending)
        step(c, input_event(&a->input));
    input_keep(&a->input); /* what has not been taken */
}

/* The kernel has sent bytes to c, or has failed to. */
static void
sent(struct conn *c, const struct ring_completion *done)
{
    struct asked *a = &asked[c->client.fd];

    a->sending = false;
    if (done->result < 0)
        a->input.error = -done->result;
    else
        session_sent(&c->client.session, (size_t)done->result);
    step(c, a->expired ? CONN_EXPIRED : input_event(&a->input));
}

/* Waits until something is done or is due, and does what that calls for. */
static void
turn(void)
{
    struct ring_completion done;
    struct conn *c;
    int64_t asked_ns = clock_now();
    bool reported = ring_wait(&ring, conns_next_due(&clients));
    int64_t now_ns = clock_now();

    for (; ring_next(&ring, &done); ring_return_buffer(&ring, &done)) {
        c = conns_find(&clients, done.fd);
        if (done.call == RING_ACCEPT) {
            accepting = done.more;
            c = conns_accept_completed(&clients, done.result);
            if (c != NULL)
                step(c, clients.stopping ? CONN_STOP : CONN_READY);
        } else if (c == NULL || c->client.id != done.owner) {
            continue; /* for a client that has left */
        } else if (done.call == RING_RECEIVE) {
            received(c, &done);
        } else if (done.call == RING_SEND) {
            sent(c, &done);
        }
    }
    while ((c = conns_work_due(&clients, now_ns)) != NULL) {
        /* There is one thread: while it computes, all other clients wait. */
        clock_compute(opt.cpu_ns);
        step(c, CONN_WORKED);
    }
    while ((c = conns_expired(&clients, reported ? asked_ns : 0)) != NULL)
        step(c, CONN_EXPIRED);
}

int
main(int argc, char **argv)
{
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_ALONE);
    ring_open(&ring);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    conns_init(&clients, &opt, NET_FDS_MAX);
    client_use(&(struct client_calls){take_input, ask_to_send, shut_down});
    asked = conns_table(&clients, sizeof(*asked));
    net_announce(listener);

    while (!stop_requested()) {
        if (conns_watch_listener(&clients) == WATCH_INPUT)
            ring_accept(&ring, &accepting, listener);
        turn();
    }

    ring_cancel(&ring, RING_ACCEPT, listener, 0);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        step(c, CONN_STOP);
    while (conns_first(&clients) != NULL || ring.in_flight > 0)
        turn();
    ring_close(&ring);
    free(asked);
    conns_free(&clients);
    return server_end();
}

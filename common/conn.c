#include "common/conn.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stats.h"

/* Where a client stands. */
enum state {
    ABSENT,  /* there is no client with this descriptor */
    TALKING, /* in conversation: the session says what is next */
    WORKING, /* its message in hand is being worked on until the deadline */
    CLOSING, /* all is sent, and the client may finish, until the deadline */
};

_Static_assert(sizeof(struct conn) <= 64, "ten thousand of them are small");

void
conn_init(struct conns *all, const struct options *opt, int fd_limit)
{
    *all = (struct conns){.opt = opt, .fd_limit = fd_limit};
    /* The kernel gives memory for what is used of it, not for what is asked,
     * and gives descriptors from the lowest up. */
    all->by_fd = calloc((size_t)fd_limit, sizeof(*all->by_fd));
    if (all->by_fd == NULL)
        die("calloc");
    deadline_init(&all->working);
    deadline_init(&all->idle);
    deadline_init(&all->closing);
}

void
conn_free(struct conns *all)
{
    assert(all->open == 0);
    free(all->by_fd);
    free(all->spare);
}

/* Lets the loop hear of c again after so long, whatever happens. */
static void
set_deadline(struct conn *c, struct deadline_queue *q, int64_t after_ns)
{
    deadline_remove(&c->deadline);
    deadline_add(q, &c->deadline, clock_now() + after_ns);
}

/* c waits for its client: for ever, for the idle timeout, or, if the server
 * stops, for the time a client has to fetch its last answers, which begins only
 * once. */
static void
wait_for_client(struct conns *all, struct conn *c)
{
    if (all->stopping && c->deadline.next == NULL)
        set_deadline(c, &all->closing, NET_LINGER_NS);
    else if (!all->stopping && all->opt->idle_ns > 0)
        set_deadline(c, &all->idle, all->opt->idle_ns);
}

/* Takes in a client.  Returns NULL if it has been refused. */
static struct conn *
open_conn(struct conns *all, const struct client *client)
{
    struct conn *c;

    if (client->fd >= all->fd_limit) {
        accept_refuse(client, "descriptor-too-high");
        return NULL;
    }
    c = &all->by_fd[client->fd];
    *c = (struct conn){.fd = client->fd, .id = client->id, .state = TALKING};
    session_init(&c->session, stats_mode(all->opt));
    if (c->fd >= all->fd_end)
        all->fd_end = c->fd + 1;
    all->open++;
    wait_for_client(all, c);
    return c;
}

struct conn *
conn_accept(struct conns *all, int listener)
{
    struct client client;
    enum accept_result result = accept_ready(listener, &client);

    if (result == ACCEPT_FULL)
        all->resume_ns = clock_now() + ACCEPT_PAUSE_NS;
    return result == ACCEPT_CLIENT ? open_conn(all, &client) : NULL;
}

struct conn *
conn_find(const struct conns *all, int fd)
{
    if (fd >= all->fd_limit || all->by_fd[fd].state == ABSENT)
        return NULL;
    return &all->by_fd[fd];
}

/* Lends c a buffer if it has none.  Returns 0, or -1 if memory is short. */
static int
take_buffer(struct conns *all, struct conn *c)
{
    struct session_buffer *b = all->spare;

    if (c->session.buffer != NULL)
        return 0;
    all->spare = NULL;
    if (b == NULL)
        b = malloc(sizeof(*b));
    if (b == NULL)
        return -1;
    session_lend(&c->session, b);
    return 0;
}

static void
return_buffer(struct conns *all, struct conn *c)
{
    if (all->spare == NULL)
        all->spare = c->session.buffer;
    else
        free(c->session.buffer);
    c->session.buffer = NULL;
}

static enum conn_want
close_conn(struct conns *all, struct conn *c, const char *reason)
{
    deadline_remove(&c->deadline);
    return_buffer(all, c);
    all->open--;
    all->resume_ns = 0; /* its descriptor is free for somebody */
    /* Logged first: whoever sees the connection end finds it in the log. */
    stats_closed(c->id, &c->session, reason);
    net_close(c->fd);
    c->state = ABSENT;
    return CONN_CLOSED;
}

/* What still comes from a client that is being closed is read and dropped, so
 * that close does not reset the connection: see hang_up in blocking.c. */
static enum conn_want
drain(struct conns *all, struct conn *c)
{
    char bytes[4096];
    ssize_t n;

    do {
        n = recv(c->fd, bytes, sizeof(bytes), 0);
        log_call(n, "recv(%d, %zu)", c->fd, sizeof(bytes));
        if (n > 0)
            c->drained += (uint32_t)n;
    } while ((n > 0 && c->drained < NET_LINGER_MAX) ||
             (n == -1 && errno == EINTR));
    /* A server that stops waits for its answers to arrive, not for clients. */
    if (n == -1 && errno == EAGAIN && !(all->stopping && net_delivered(c->fd)))
        return CONN_READ;
    /* It talks too much to be listened to; but its answers may arrive. */
    if (n > 0 && !net_delivered(c->fd))
        return CONN_TIME;
    return close_conn(all, c, session_ending(&c->session));
}

/* All that was promised has been sent. */
static enum conn_want
hang_up(struct conns *all, struct conn *c)
{
    int result;

    if (c->session.ended ||
        (session_parted(&c->session) && net_finished(c->fd)))
        return close_conn(all, c, session_ending(&c->session));
    result = shutdown(c->fd, SHUT_WR);
    log_call(result, "shutdown(%d, SHUT_WR)", c->fd);
    if (result == -1)
        return close_conn(all, c, session_ending(&c->session));
    c->state = CLOSING;
    set_deadline(c, &all->closing, all->stopping ? NET_LOOK_NS : NET_LINGER_NS);
    return drain(all, c);
}

/* A client that is being closed: its time is over, or, if the server stops, it
 * is looked at again. */
static enum conn_want
look_again(struct conns *all, struct conn *c)
{
    if (!all->stopping || ++c->looks > NET_LINGER_NS / NET_LOOK_NS)
        return close_conn(all, c, session_ending(&c->session));
    c->drained = 0;
    set_deadline(c, &all->closing, NET_LOOK_NS);
    return drain(all, c);
}

/* Returns false if nothing could be received now. */
static bool
receive(struct conn *c, const char **error)
{
    size_t size;
    char *space = session_space(&c->session, &size);
    ssize_t n;

    do {
        n = recv(c->fd, space, size, 0);
        log_call(n, "recv(%d, %zu)", c->fd, size);
    } while (n == -1 && errno == EINTR);
    if (n == -1) {
        /* A readable descriptor is a hint (select(2), BUGS). */
        if (errno != EAGAIN)
            *error = net_reason(errno);
        return false;
    }
    if (n == 0)
        session_ended(&c->session);
    else
        session_received(&c->session, (size_t)n);
    return true;
}

/* Returns false if nothing could be sent now. */
static bool
transmit(struct conn *c, const char **error)
{
    size_t size;
    const char *bytes = session_output(&c->session, &size);
    ssize_t n;

    do {
        n = send(c->fd, bytes, size, MSG_NOSIGNAL);
        log_call(n, "send(%d, %zu)", c->fd, size);
    } while (n == -1 && errno == EINTR);
    if (n == -1) {
        if (errno != EAGAIN)
            *error = net_reason(errno);
        return false;
    }
    session_sent(&c->session, (size_t)n);
    return true;
}

/* Begins to work on the message in hand.  With computing and no delay it is due
 * at once, and still in turn with the others: work begins with that turn. */
static void
begin_work(struct conns *all, struct conn *c)
{
    c->state = WORKING;
    set_deadline(c, &all->working, all->opt->delay_ns);
    if (all->opt->delay_ns > 0)
        (void)stats_message(c->id, &c->session);
}

/* The delay is over: computes, and answers. */
static void
end_work(const struct conns *all, struct conn *c)
{
    int64_t began_ns = c->deadline.when_ns - all->opt->delay_ns;

    if (all->opt->delay_ns == 0)
        began_ns = stats_message(c->id, &c->session);
    /* Computing stops everybody here: there is one thread, this one. */
    if (all->opt->cpu_ns > 0)
        clock_compute(all->opt->cpu_ns);
    stats_ack(c->id, &c->session, began_ns);
    c->state = TALKING;
}

/* Goes on with the conversation as far as it goes without waiting. */
static enum conn_want
converse(struct conns *all, struct conn *c)
{
    const char *error = NULL;
    bool may_read = true;

    while (error == NULL) {
        switch (session_next(&c->session)) {
        case SESSION_READ:
            /* Once a turn: a client that never stops talking has to take
             * turns with the others, and a second recv after a short one
             * would nearly always be in vain. */
            if (may_read && receive(c, &error))
                may_read = false;
            else if (error == NULL)
                return CONN_READ;
            break;
        case SESSION_WORK:
            if (!c->session.gather) {
                begin_work(all, c);
                return CONN_TIME;
            }
            stats_ack(c->id, &c->session, stats_message(c->id, &c->session));
            break;
        case SESSION_REFUSE:
            stats_nak(c->id, &c->session);
            break;
        case SESSION_WRITE:
            if (!transmit(c, &error) && error == NULL)
                return CONN_WRITE;
            break;
        case SESSION_CLOSE:
            return hang_up(all, c);
        }
    }
    return close_conn(all, c, error);
}

/* Begins or goes on with the conversation.  A buffer is lent for that, and
 * taken back if nothing is left in it. */
static enum conn_want
talk(struct conns *all, struct conn *c)
{
    enum conn_want want;

    if (take_buffer(all, c) == -1)
        return close_conn(all, c, "no-memory");
    if (c->state == WORKING)
        end_work(all, c);
    want = converse(all, c);
    if (want == CONN_CLOSED)
        return want;
    if (session_idle(&c->session))
        return_buffer(all, c);
    if (c->state == TALKING)
        wait_for_client(all, c);
    return want;
}

/* Its moment has come. */
static enum conn_want
expire(struct conns *all, struct conn *c)
{
    deadline_remove(&c->deadline);
    if (c->state == WORKING)
        return talk(all, c);
    if (c->state == CLOSING)
        return look_again(all, c);
    if (all->stopping) /* it did not fetch its answers in time */
        return close_conn(all, c, "stop");
    log_event("idle", "client=%u", c->id);
    return close_conn(all, c, "idle");
}

/* The server stops: what is in hand is finished. */
static enum conn_want
wind_up(struct conns *all, struct conn *c)
{
    session_stop(&c->session);
    if (c->state == WORKING)
        return CONN_TIME;
    if (c->state == CLOSING)
        return look_again(all, c);
    deadline_remove(&c->deadline);
    return talk(all, c);
}

enum conn_want
conn_step(struct conns *all, struct conn *c, enum conn_event event)
{
    switch (event) {
    case CONN_DUE:
        return expire(all, c);
    case CONN_STOP:
        return wind_up(all, c);
    case CONN_LOST:
        return close_conn(all, c, "no-memory");
    case CONN_GONE:
        /* Nobody is left to answer.  In other states recv or send says what
         * has happened. */
        if (c->state == WORKING)
            return close_conn(all, c, "reset");
        break;
    case CONN_READY:
        break;
    }
    switch ((enum state)c->state) {
    case ABSENT:
        return CONN_CLOSED;
    case WORKING:
        return CONN_TIME;
    case TALKING:
        return talk(all, c);
    case CLOSING:
        break;
    }
    return drain(all, c);
}

struct conn *
conn_due(struct conns *all, int64_t now_ns)
{
    struct deadline_queue *queues[] = {&all->working, &all->idle,
                                       &all->closing};

    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++)
        if (deadline_next(queues[i]) <= now_ns)
            return (struct conn *)deadline_first(queues[i]);
    return NULL;
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
conn_next_due(const struct conns *all)
{
    int64_t when_ns = earlier(
        deadline_next(&all->working),
        earlier(deadline_next(&all->idle), deadline_next(&all->closing)));

    return all->resume_ns > 0 ? earlier(when_ns, all->resume_ns) : when_ns;
}

bool
conn_accepting(struct conns *all)
{
    if (all->resume_ns > 0 && all->resume_ns <= clock_now())
        all->resume_ns = 0;
    return all->resume_ns == 0;
}

void
conn_stop(struct conns *all)
{
    all->stopping = true;
    all->resume_ns = 0; /* nobody waits for that any more */
}

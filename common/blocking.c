#include "common/blocking.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/session.h"
#include "common/stats.h"
#include "common/stop.h"

/* One client being served. */
struct service {
    const struct options *opt;
    struct session session;
    int fd;
    unsigned id;
    const char *reason; /* why it ends; NULL: it goes on */
};

/* recv or send has failed.  Not an error of the server's: the client has
 * gone, or was silent for too long. */
static void
fail(struct service *v)
{
    if (errno == EINTR)
        return; /* ask again: a stop request, or nothing */
    if (errno != EAGAIN) {
        v->reason = net_reason(errno);
    } else if (stop_requested()) {
        v->reason = "stop";
    } else { /* SO_RCVTIMEO or SO_SNDTIMEO */
        v->reason = "idle";
        log_event("idle", "client=%u", v->id);
    }
}

static void
receive(struct service *v)
{
    size_t size;
    char *space = session_space(&v->session, &size);
    ssize_t n = recv(v->fd, space, size, 0);

    log_call(n, "recv(%d, %zu)", v->fd, size);
    if (n > 0)
        session_received(&v->session, (size_t)n);
    else if (n == 0)
        session_ended(&v->session);
    else if (!stop_requested()) /* which ends a wait, and the conversation */
        fail(v);
}

static void
work(struct service *v)
{
    int64_t began_ns = stats_message(v->id, &v->session);

    if (v->opt->delay_ns > 0)
        clock_wait_until(clock_now() + v->opt->delay_ns);
    if (v->opt->cpu_ns > 0)
        clock_compute(v->opt->cpu_ns);
    stats_ack(v->id, &v->session, began_ns);
}

static void
transmit(struct service *v)
{
    size_t size;
    const char *bytes = session_output(&v->session, &size);
    ssize_t n = send(v->fd, bytes, size, MSG_NOSIGNAL);

    log_call(n, "send(%d, %zu)", v->fd, size);
    if (n >= 0)
        session_sent(&v->session, (size_t)n);
    else
        fail(v);
}

/* Reads what still comes and drops it, within a bound: until the client ends or
 * end_ns, or, after a stop request, until nothing is there.  Returns false if
 * the client has ended, or is gone. */
static bool
drain(const struct service *v, int64_t end_ns)
{
    char bytes[4096];
    size_t total = 0;

    while (total < NET_LINGER_MAX) {
        int64_t left_ns = end_ns - clock_now();
        ssize_t n;

        if (left_ns <= 0 || net_set_timeout(v->fd, SO_RCVTIMEO, left_ns) == -1)
            break;
        /* Looked at after the timeout is set: a stop request from now on sets
         * another. */
        n = recv(v->fd, bytes, sizeof(bytes),
                 stop_requested() ? MSG_DONTWAIT : 0);
        log_call(n, "recv(%d, %zu)", v->fd, sizeof(bytes));
        if (n == -1 && errno == EAGAIN)
            break;
        if (n == 0 || (n == -1 && errno != EINTR))
            return false;
        if (n > 0)
            total += (size_t)n;
    }
    return true;
}

/* Closes without losing an answer.  If bytes lay unread, or came after close,
 * the kernel would reset the connection and throw away what the client has not
 * got yet (RFC 9293, 3.6.1); so say that nothing more comes, and read until
 * the client says so, too.  A server that stops only waits for its answers to
 * arrive, not for the client. */
static void
hang_up(const struct service *v)
{
    int64_t end_ns = clock_now() + NET_LINGER_NS;
    int result = shutdown(v->fd, SHUT_WR);

    log_call(result, "shutdown(%d, SHUT_WR)", v->fd);
    if (result == -1)
        return; /* it has gone */
    while (drain(v, end_ns) && !net_delivered(v->fd) && clock_now() < end_ns)
        clock_wait_until(clock_now() + NET_LOOK_NS);
}

/* The conversation, until it is over. */
static void
converse(struct service *v)
{
    while (v->reason == NULL) {
        /* Looked at before each step: a client that never stops talking must
         * not keep the server from stopping. */
        if (stop_requested())
            session_stop(&v->session);
        switch (session_next(&v->session)) {
        case SESSION_READ:
            receive(v);
            break;
        case SESSION_WORK:
            work(v);
            break;
        case SESSION_REFUSE:
            stats_nak(v->id, &v->session);
            break;
        case SESSION_WRITE:
            transmit(v);
            break;
        case SESSION_CLOSE:
            v->reason = session_ending(&v->session);
            if (!v->session.ended &&
                !(session_parted(&v->session) && net_finished(v->fd)))
                hang_up(v);
            break;
        }
    }
}

void
blocking_serve(const struct client *client, const struct options *opt)
{
    struct service v = {.opt = opt, .fd = client->fd, .id = client->id};
    struct session_buffer buffer;
    int before;

    session_init(&v.session, stats_mode(opt));
    session_lend(&v.session, &buffer);
    if (opt->idle_ns > 0 &&
        (net_set_timeout(v.fd, SO_RCVTIMEO, opt->idle_ns) == -1 ||
         net_set_timeout(v.fd, SO_SNDTIMEO, opt->idle_ns) == -1))
        v.reason = "error";
    before = stop_wakes(v.fd);
    converse(&v);
    (void)stop_wakes(before);
    /* Logged first: whoever sees the connection end finds it in the log. */
    stats_closed(v.id, &v.session, v.reason);
    net_close(v.fd);
}

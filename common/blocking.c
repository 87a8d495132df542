#include "common/blocking.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
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
    switch (errno) {
    case EINTR: /* ask again: a stop request, or nothing */
        break;
    case EAGAIN: /* SO_RCVTIMEO or SO_SNDTIMEO */
        v->reason = stop_requested() ? "stop" : "idle";
        if (!stop_requested())
            log_event("idle", "client=%u", v->id);
        break;
    default: /* ECONNRESET, EPIPE, ETIMEDOUT, ... */
        v->reason = strerror(errno);
        break;
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
    else
        fail(v);
}

static void
work(struct service *v)
{
    int64_t began_ns = clock_now();

    log_event("message", "client=%u bytes=%u", v->id, v->session.len);
    if (v->opt->delay_ns > 0)
        clock_wait_until(began_ns + v->opt->delay_ns);
    if (v->opt->cpu_ns > 0)
        clock_compute(v->opt->cpu_ns);
    session_answer(&v->session);
    log_event("ack", "client=%u took=%.1fms", v->id,
              clock_seconds(clock_now() - began_ns) * 1e3);
}

static void
refuse(struct service *v)
{
    log_event("nak", "client=%u reason=%s", v->id,
              session_refusal(&v->session));
    session_answer(&v->session);
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

/* Closes without losing an answer.  If bytes lay unread, or came after close,
 * the kernel would reset the connection and throw away what the client has not
 * fetched yet (RFC 9293, 3.10.4); so say that nothing more comes, and read
 * until the client says so, too, within a bound. */
static void
hang_up(struct service *v)
{
    int64_t end_ns = clock_now() + NET_LINGER_NS;
    char bytes[4096];
    size_t total = 0;
    ssize_t n;

    if (shutdown(v->fd, SHUT_WR) == -1)
        return; /* it has gone */
    while (total < NET_LINGER_MAX) {
        int64_t left_ns = end_ns - clock_now();

        if (left_ns <= 0 || net_set_timeout(v->fd, left_ns) == -1)
            return;
        n = recv(v->fd, bytes, sizeof(bytes), 0);
        log_call(n, "recv(%d, %zu)", v->fd, sizeof(bytes));
        if (n == 0 || (n == -1 && errno != EINTR))
            return;
        if (n > 0)
            total += (size_t)n;
    }
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
            refuse(v);
            break;
        case SESSION_WRITE:
            transmit(v);
            break;
        case SESSION_CLOSE:
            v->reason = session_ending(&v->session);
            if (v->session.goodbye)
                log_event("goodbye", "client=%u", v->id);
            if (!v->session.ended)
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

    session_init(&v.session, opt->delay_ns == 0 && opt->cpu_ns == 0);
    session_lend(&v.session, &buffer);
    if (opt->idle_ns > 0 && net_set_timeout(v.fd, opt->idle_ns) == -1)
        v.reason = strerror(errno);
    before = stop_wakes(v.fd);
    converse(&v);
    (void)stop_wakes(before);
    net_close(v.fd);
    stats_closed(v.id, &v.session, v.reason);
}

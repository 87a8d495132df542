#include "common/client.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/service.h"
#include "common/stop.h"
#include "common/tally.h"

const char *
client_reason(int error)
{
    switch (error) {
    case ECONNRESET:
    case EPIPE:
        return "reset";
    case EFAULT: /* the file that was to be sent has become shorter */
        return "unreadable";
    case ETIMEDOUT:
        return "unreachable";
    default:
        return "error";
    }
}

static ssize_t
receive(struct client *c, char *space, size_t size)
{
    ssize_t n = recv(c->fd, space, size, 0);

    log_call(n, "recv(%d, %zu)", c->fd, size);
    return n;
}

static ssize_t
send_now(struct client *c, const char *bytes, size_t size)
{
    ssize_t n = send(c->fd, bytes, size, MSG_NOSIGNAL);

    log_call(n, "send(%d, %zu)", c->fd, size);
    return n;
}

static void
do_nothing(struct client *c)
{
    (void)c;
}

static const struct client_calls *calls =
    &(const struct client_calls){receive, send_now, do_nothing};

void
client_use(const struct client_calls *others)
{
    calls = others;
}

void
client_begin(struct client *c, const struct options *opt)
{
    unsigned mode = options_instant(opt) ? SESSION_GATHER : SESSION_EACH;

    session_init(&c->session, mode | service_mode());
}

enum client_io
client_receive(struct client *c)
{
    size_t size;
    char *space = session_space(&c->session, &size);
    ssize_t n = calls->receive(c, space, size);

    if (n == -1)
        return CLIENT_FAILED;
    if (n == 0)
        session_ended(&c->session);
    else
        session_received(&c->session, (size_t)n);
    return (size_t)n == size ? CLIENT_FULL : CLIENT_SOME;
}

bool
client_send(struct client *c)
{
    size_t size;
    const char *bytes = session_output(&c->session, &size);
    ssize_t n = calls->send(c, bytes, size);

    c->sent_much = n == SESSION_SEND_MAX;
    if (n != -1)
        session_sent(&c->session, (size_t)n);
    return n != -1;
}

void
client_wait_for_input(const struct client *c, int64_t until_ns)
{
    int64_t left_ns = until_ns - clock_now();
    ssize_t n;
    char byte;

    /* The request is looked at after the timeout has been set, because a stop
     * request from now on sets a shorter one. */
    if (left_ns <= 0 || net_set_timeout(c->fd, SO_RCVTIMEO, left_ns) == -1 ||
        stop_requested())
        return;
    n = recv(c->fd, &byte, 1, MSG_PEEK);
    log_call(n, "recv(%d, 1, MSG_PEEK)", c->fd);
}

const char *
client_failure(const struct client *c, bool late)
{
    if (errno == EINTR || (errno == EAGAIN && !late))
        return NULL;
    if (errno != EAGAIN)
        return client_reason(errno);
    if (stop_requested())
        return "stop";
    log_event("idle", "client=%u", c->id);
    return "idle";
}

void
client_work_begins(struct client *c)
{
    if (c->begun)
        return;
    c->begun = true;
    if (log_enabled())
        c->began_ns = clock_now();
    log_event("message", "client=%u bytes=%u", c->id, c->session.len);
}

bool
client_may_work(struct client *c)
{
    if (c->begun || !stop_requested()) {
        client_work_begins(c);
        return true;
    }
    session_stop(&c->session);
    session_forget(&c->session);
    return false;
}

void
client_answer(struct client *c)
{
    struct service_answer answer;
    size_t len;
    char *message = session_message(&c->session, &len);

    client_work_begins(c);
    service_answer(&answer, message, len);
    session_answer(&c->session, answer.bytes, answer.size);
    if (answer.body_size > 0)
        session_append(&c->session, answer.body, answer.body_size);
    log_event("ack", "client=%u took=%.1fms", c->id,
              clock_seconds(clock_now() - c->began_ns) * 1e3);
    c->begun = false;
}

void
client_refuse_message(struct client *c)
{
    struct service_answer nak;

    log_event("nak", "client=%u reason=%s", c->id,
              session_refusal(&c->session));
    service_refuse(&nak);
    session_answer(&c->session, nak.bytes, nak.size);
}

void
client_close(struct client *c, const char *reason)
{
    const struct session *s = &c->session;

    /* Logged before the socket is closed, so that everyone who sees the end of
     * the connection finds it in the log. */
    if (s->goodbye)
        log_event("goodbye", "client=%u", c->id);
    log_event("close", "client=%u reason=%s messages=%u acks=%u naks=%u", c->id,
              reason, s->messages, s->acks, session_naks(s));
    tally_served(s);
    calls->closing(c);
    net_close(c->fd);
}

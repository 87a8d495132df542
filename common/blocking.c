#include "common/blocking.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/clock.h"
#include "common/linger.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stop.h"

/* Says why recv or send has failed: the client is gone, or it was silent for
 * too long.  Returns NULL if the caller must try again. */
static const char *
failure(const struct client *c)
{
    if (errno == EINTR)
        return NULL; /* by a stop request, or by a signal that is none of ours
                      */
    if (errno != EAGAIN)
        return net_reason(errno);
    if (stop_requested())
        return "stop";
    log_event("idle", "client=%u", c->id); /* SO_RCVTIMEO or SO_SNDTIMEO */
    return "idle";
}

/* Works on the message in hand: the whole process or thread waits, and then it
 * computes, for this client alone. */
static void
work(struct client *c, const struct options *opt, void (*compute)(int64_t))
{
    client_work_begins(c);
    if (opt->delay_ns > 0)
        clock_wait_until(clock_now() + opt->delay_ns);
    compute(opt->cpu_ns);
    client_answer(c);
}

/* Waits until the socket can be read, until_ns at the latest. */
static void
wait_for_input(int fd, int64_t until_ns)
{
    int64_t left_ns = until_ns - clock_now();
    ssize_t n;
    char byte;

    /* The request is looked at after the timeout has been set, because a stop
     * request from now on sets a shorter one. */
    if (left_ns <= 0 || net_set_timeout(fd, SO_RCVTIMEO, left_ns) == -1 ||
        stop_requested())
        return;
    n = recv(fd, &byte, 1, MSG_PEEK);
    log_call(n, "recv(%d, 1, MSG_PEEK)", fd);
}

/* Waits until closing the connection loses no answer. */
static void
hang_up(const struct client *c)
{
    struct linger_state l;
    enum linger_need need = linger_begin(&l, c);

    while (need != LINGER_CLOSE) {
        if (need == LINGER_INPUT)
            wait_for_input(c->fd, l.end_ns);
        else
            clock_wait_until(clock_now() + LINGER_LOOK_NS);
        need = linger_step(&l, c->fd, stop_requested());
    }
}

/* Does what the conversation needs until it is over.  Returns why it is. */
static const char *
converse(struct client *c, const struct options *opt, void (*compute)(int64_t))
{
    const char *reason = NULL;

    while (reason == NULL) {
        /* The request is looked at before each step, because a client that
         * never stops talking must not keep the server from stopping. */
        if (stop_requested())
            session_stop(&c->session);
        switch (session_next(&c->session)) {
        case SESSION_READ:
            /* After a failure a stop request is looked at first. */
            if (client_receive(c) == CLIENT_FAILED && !stop_requested())
                reason = failure(c);
            break;
        case SESSION_WORK:
            work(c, opt, compute);
            break;
        case SESSION_REFUSE:
            client_refuse_message(c);
            break;
        case SESSION_WRITE:
            if (!client_send(c))
                reason = failure(c);
            break;
        case SESSION_CLOSE:
            hang_up(c);
            reason = session_ending(&c->session);
            break;
        }
    }
    return reason;
}

void
blocking_serve(struct client *c, const struct options *opt,
               void (*compute)(int64_t cpu_ns))
{
    struct session_buffer buffer;
    const char *reason = "error";

    client_begin(c, opt);
    session_lend(&c->session, &buffer);
    if (opt->idle_ns == 0 ||
        (net_set_timeout(c->fd, SO_RCVTIMEO, opt->idle_ns) == 0 &&
         net_set_timeout(c->fd, SO_SNDTIMEO, opt->idle_ns) == 0)) {
        stop_arm(c->fd);
        reason = converse(c, opt, compute);
        stop_disarm();
    }
    client_close(c, reason);
}

#include "common/blocking.h"

#include <stddef.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/linger.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stop.h"

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

/* Waits until closing the connection loses no answer. */
static void
hang_up(const struct client *c)
{
    struct linger_state l;
    enum linger_need need = linger_begin(&l, c);

    while (need != LINGER_CLOSE) {
        if (need == LINGER_INPUT)
            client_wait_for_input(c, l.end_ns);
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
    int64_t end_ns = CLOCK_NEVER; /* of sending, at a stop */

    while (reason == NULL) {
        /* The request is looked at before each step, because a client that
         * never stops talking must not keep the server from stopping. */
        if (stop_requested()) {
            session_stop(&c->session);
            if (end_ns == CLOCK_NEVER)
                end_ns = clock_now() + LINGER_NS;
        }
        switch (session_next(&c->session)) {
        case SESSION_READ:
            /* A stop request makes recv fail, too (stop_arm).  The session is
             * told of it at the top of this loop. */
            if (client_receive(c) == CLIENT_FAILED && !stop_requested())
                reason = client_failure(c, true); /* SO_RCVTIMEO */
            break;
        case SESSION_WORK:
            work(c, opt, compute);
            break;
        case SESSION_REFUSE:
            client_refuse_message(c);
            break;
        case SESSION_WRITE:
            if (!client_send(c))
                reason = client_failure(c, true); /* SO_SNDTIMEO */
            else if (stop_requested() && clock_now() >= end_ns)
                reason = "stop"; /* it reads a long answer slowly */
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

#include "common/yielding.h"

#include <errno.h>

#include "common/clock.h"
#include "common/stop.h"

static enum client_io
receive(struct client *c)
{
    enum client_io received;
    bool in_time;

    do {
        in_time = yielding_wait(WATCH_INPUT, CLOCK_NEVER);
        received = client_receive(c);
        /* That the socket can be read is only a hint (select(2), BUGS). */
    } while (received == CLIENT_FAILED && errno == EAGAIN && in_time &&
             !stop_requested());
    return received;
}

static bool
send_answers(struct client *c)
{
    bool in_time = true;

    while (!client_send(c)) {
        if (errno != EAGAIN || !in_time)
            return false;
        in_time = yielding_wait(WATCH_OUTPUT, CLOCK_NEVER);
    }
    /* It has had its turn, if its work or its answer takes time. */
    if (!c->session.gather || c->sent_much)
        (void)yielding_wait(WATCH_INPUT, YIELDING_TURN);
    return true;
}

static void
wait_for_input(int64_t until_ns)
{
    if (!stop_requested())
        (void)yielding_wait(WATCH_INPUT, until_ns);
}

static void
wait_until(int64_t when_ns)
{
    (void)yielding_wait(WATCH_AWAY, when_ns);
}

#define client_receive(c)                  receive(c)
#define client_send(c)                     send_answers(c)
#define client_wait_for_input(c, until_ns) wait_for_input(until_ns)
#define clock_wait_until(when_ns)          wait_until(when_ns)
#include "common/blocking.c" /* NOLINT(bugprone-suspicious-include) */

void
yielding_serve(struct client *c, const struct options *opt,
               void (*compute)(int64_t cpu_ns))
{
    client_close(c, converse(c, opt, compute));
}

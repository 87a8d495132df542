/* A server may send to one client as fast as that client reads.  Then the other
 * clients must get their turns nevertheless, and after them this one again. */

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/play/client.h"
#include "tests/unit/check.h"

#define CALLS_MAX 100

static int calls;

/* Takes the place of recv(2): bytes of a file of 1 GB, without end. */
ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
    (void)fd;
    (void)flags;
    memset(buf, 'x', n);
    if (calls == 0)
        memcpy(buf, "1000000000", 10);
    calls++;
    return calls == CALLS_MAX ? 0 : (ssize_t)n;
}

static void
nothing(void *context, struct client *c, const struct record_ending *end)
{
    (void)context;
    (void)c;
    (void)end;
}

int
main(void)
{
    static const struct client_callbacks callbacks = {.ended = nothing};
    static struct client_group group = {
        .plan = {.clients = 1, .messages = 1, .service = PLAN_FILE},
        .callbacks = &callbacks,
    };
    struct client c = {
        .state = CLIENT_TALKING, .messages = 1, .granted = 1, .sent = 1};
    struct readiness_event event;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(write(pair[1], "x", 1) == 1); /* which nobody reads */
    c.fd = pair[0];
    CHECK(readiness_open(&group.readiness));
    CHECK(readiness_add(&group.readiness, c.fd, 0) == 0);
    CHECK(readiness_wait(&group.readiness, &event, 1, 0) == 1);
    CHECK(readiness_wait(&group.readiness, &event, 1, 0) == 0);

    client_step(&group, &c, event.what);
    CHECK(calls > 0 && calls < CALLS_MAX);
    CHECK(c.state == CLIENT_TALKING);
    CHECK(readiness_wait(&group.readiness, &event, 1, 0) == 1);

    readiness_close(&group.readiness);
    close(pair[0]);
    close(pair[1]);
    return check_done();
}

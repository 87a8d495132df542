#include "common/linger.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/system.h"

/* Reads and drops what has come.  Returns false if the client has ended its
 * side, or is gone. */
static bool
drop_input(struct linger_state *l, int fd)
{
    char bytes[4096];
    ssize_t n;

    do {
        n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        log_call(n, "recv(%d, %zu)", fd, sizeof(bytes));
        if (n > 0)
            l->dropped += (uint32_t)n;
    } while ((n > 0 && l->dropped < LINGER_MAX) || (n == -1 && errno == EINTR));
    return n > 0 || (n == -1 && errno == EAGAIN);
}

enum linger_need
linger_step(struct linger_state *l, int fd, bool stopping)
{
    if (clock_now() >= l->end_ns ||
        (l->dropped < LINGER_MAX && !drop_input(l, fd)))
        return LINGER_CLOSE;
    if (!stopping && l->dropped < LINGER_MAX)
        return LINGER_INPUT;
    return system_unacknowledged(fd) == 0 ? LINGER_CLOSE : LINGER_LOOK;
}

enum linger_need
linger_begin(struct linger_state *l, const struct client *c)
{
    int result;

    /* Nothing can be lost if the client has ended its side; or if its last word
     * was goodbye, it has received all answers, and nothing lies unread.  If it
     * sends more even so, it finds the connection reset, but it can still read
     * what has arrived (Linux). */
    if (c->session.ended ||
        (session_parted(&c->session) && system_unacknowledged(c->fd) == 0 &&
         system_unread(c->fd) == 0))
        return LINGER_CLOSE;
    result = shutdown(c->fd, SHUT_WR);
    log_call(result, "shutdown(%d, SHUT_WR)", c->fd);
    if (result == -1)
        return LINGER_CLOSE; /* the client is gone */
    *l = (struct linger_state){.end_ns = clock_now() + LINGER_NS};
    return linger_step(l, c->fd, false);
}

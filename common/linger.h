/* linger - how a server ends a connection without losing an answer.
 *
 * close(2) alone is not enough.  If bytes of the client lie unread in the
 * kernel, or arrive after close, the kernel resets the connection and throws
 * away the answers that the client has not received yet (RFC 9293, 3.10.7.1).
 * So the server first says that it will send no more (shutdown(2) with
 * SHUT_WR), and then reads and drops what still comes until the client ends its
 * side, too.  LINGER_NS and LINGER_MAX limit this.
 *
 * These functions never wait.  linger_begin and linger_step return what to wait
 * for, and the caller (blocking.c or conn.c) waits for it. */

#ifndef COMMON_LINGER_H
#define COMMON_LINGER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/client.h"

#define LINGER_NS      INT64_C(1000000000) /* the client has this much time, */
#define LINGER_MAX     (1024 * 1024)       /* and may send this many bytes */
#define LINGER_LOOK_NS INT64_C(10000000)   /* between two steps, see below */

struct linger_state {
    int64_t end_ns;   /* close at this moment even if answers may be lost */
    uint32_t dropped; /* bytes that were read and dropped */
};

enum linger_need {
    LINGER_CLOSE, /* nothing more: close the socket */
    LINGER_INPUT, /* step again when the client's socket can be read */
    LINGER_LOOK,  /* step again after LINGER_LOOK_NS, because the kernel does
                   * not report when the client has received everything */
};

/* Begins to end the connection of c, whose session is at SESSION_CLOSE.
 * Returns what to do next.  Unless that is LINGER_CLOSE, the caller must call
 * linger_step, at l->end_ns at the latest. */
enum linger_need linger_begin(struct linger_state *l, const struct client *c);

/* Drops what has come since the last step, and returns what to do next.  If
 * stopping is true, the connection can be closed as soon as the client has
 * received all answers; otherwise only when the client has ended its side. */
enum linger_need linger_step(struct linger_state *l, int fd, bool stopping);

#endif

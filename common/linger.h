/* linger - how a server ends a connection without losing an answer.
 *
 * close(2) alone is not enough.  If bytes of the client lie unread in the
 * kernel, or arrive after close, the kernel resets the connection and throws
 * away the answers that the client has not received yet (RFC 9293, 3.10.7.1).
 * So the server first says that it will send no more (shutdown(2) with
 * SHUT_WR), and then reads and drops what still comes until the client ends its
 * side, too.  That has bounds: LINGER_NS and LINGER_MAX.
 *
 * Nothing here waits.  linger_begin and linger_step say what to wait for, and
 * the driver of the connection does it. */

#ifndef COMMON_LINGER_H
#define COMMON_LINGER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/client.h"

#define LINGER_NS      INT64_C(1000000000) /* the client may take so long */
#define LINGER_MAX     (1024 * 1024)       /* and send so many bytes */
#define LINGER_LOOK_NS INT64_C(10000000)   /* between two looks, see below */

struct linger_state {
    int64_t end_ns;   /* the moment of giving up */
    uint32_t dropped; /* bytes */
};

enum linger_need {
    LINGER_CLOSE, /* nothing more: close the socket */
    LINGER_INPUT, /* step again when the client's socket can be read */
    LINGER_LOOK,  /* step again after LINGER_LOOK_NS: the kernel does not report
                   * that the client has received everything */
};

/* Begins to end the connection of c, whose session wants to close.  Returns
 * what comes next.  Unless that is LINGER_CLOSE, the driver steps again at
 * l->end_ns at the latest. */
enum linger_need linger_begin(struct linger_state *l, const struct client *c);

/* Goes on.  If the server is stopping, it only waits until the client has
 * received all answers, and not until the client ends its side. */
enum linger_need linger_step(struct linger_state *l, int fd, bool stopping);

#endif

/* readiness - waits until sockets can be read or written, all of them in one
 * call: epoll(7) on Linux, kqueue(2) on the BSDs and macOS.
 *
 * Each socket has an id, which the caller chooses, and is watched until it is
 * closed.  A change is reported once (edge-triggered), so that the set changes
 * only when a socket comes or goes. */

#ifndef CLIENT_PLAY_READINESS_H
#define CLIENT_PLAY_READINESS_H

#include <stdbool.h>
#include <stdint.h>

#define READINESS_READ  1u /* there are bytes */
#define READINESS_WRITE 2u /* there is room, or connecting has ended */
#define READINESS_END   4u /* the peer has ended its output, or an error */

struct readiness {
    int fd;
    int timer_fd;      /* Linux only */
    int64_t expiry_ns; /* Linux only: when timer_fd becomes readable */
};

struct readiness_event {
    uint32_t id;
    unsigned what; /* READINESS_READ, ... */
};

/* Prepares an empty set, which readiness_close frees.  Returns false, with
 * errno set, if there are no descriptors or no memory for it. */
bool readiness_open(struct readiness *r);
void readiness_close(struct readiness *r);

/* Watches a socket for all three.  Returns 0, or an errno. */
int readiness_add(struct readiness *r, int fd, uint32_t id);

/* Reports a socket of the set once more, if it can be read or written now.
 * Returns 0, or an errno. */
int readiness_again(struct readiness *r, int fd, uint32_t id);

/* Watches a descriptor that is reported in each wait while it can be read.
 * Returns 0, or an errno. */
int readiness_add_input(struct readiness *r, int fd, uint32_t id);

/* Waits until there are events, until_ns on the monotonic clock at the latest;
 * CLOCK_NEVER: without a limit.  Returns how many of at most max events there
 * are, each for another id; 0 also if a signal has come; -1 with errno set if
 * it fails. */
int readiness_wait(struct readiness *r, struct readiness_event *events, int max,
                   int64_t until_ns);

#endif

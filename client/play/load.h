/* load - keeps clients busy for a while, and measures how long answers take.
 *
 * A closed loop: each client has so many messages in flight, and sends the next
 * when an answer comes.  So a server that is slow is asked less often.  Every
 * byte that comes back is checked, as in a run; but what is kept of it is a
 * histogram, not a record of each message, and all is done in as few system
 * calls as there can be, so that it is the server that is measured. */

#ifndef CLIENT_PLAY_LOAD_H
#define CLIENT_PLAY_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "client/play/histogram.h"
#include "client/record/plan.h"
#include "client/record/record.h"

#define LOAD_FAULTS_MAX 20
/* So long nothing may happen while connections are being made.  The kernel asks
 * again 1 s and 3 s after a connection request that got lost. */
#define LOAD_CONNECT_NS INT64_C(5000000000)
/* At the end the clients have so long for their last answers and goodbye. */
#define LOAD_LEAVE_NS INT64_C(1000000000)

/* What went wrong with a client. */
struct load_fault {
    int client;    /* counted from 0; those that are idle come last */
    int64_t after; /* answers that it had got */
    enum record_fault fault;
    int error; /* an errno */
    int got_len;
    unsigned char got[RECORD_GOT_MAX]; /* what came instead, its beginning */
};

/* What was measured, between the end of the warm-up and that of the duration.
 */
struct load {
    struct plan plan;
    enum record_end end;
    int64_t began_ns;            /* on the monotonic clock; 0: not yet */
    int64_t took_ns;             /* plan.duration_ns, if it was not cut short */
    struct histogram answering;  /* each answer, from its message */
    struct histogram connecting; /* each connection, the first ones, too */
    int64_t connections;         /* made, those before measuring, too */
    int arrived;                 /* clients that were connected once */
    int64_t between_ns; /* sum of what connecting and leaving took meanwhile */
    int64_t unfinished_ns; /* what was in flight at the end had waited for, less
                            * what was waited for before it began */
    int64_t cpu_ns;        /* used by this process */
    int unheard;           /* clients that got no answer at all */
    int failed;            /* so many clients did, idle ones counted, too */
    struct load_fault faults[LOAD_FAULTS_MAX]; /* the first of them */
};

/* A callback table.  A function that is NULL is not called. */
struct load_observer {
    void *context; /* the first argument of each */
    /* Measuring begins.  If this returns false, the load ends as if stop_fd
     * were readable. */
    bool (*begins)(void *context, const struct load *l);
    /* Measuring is over; the clients still run. */
    void (*ended)(void *context, const struct load *l);
    /* Called about every 100 ms. */
    void (*tick)(void *context, const struct load *l);
};

/* Puts the load of l->plan on the server at to, and fills the rest of l.  First
 * the idle clients connect, then the busy ones.  Returns when the duration is
 * over and the clients have said goodbye, when no client is left (RECORD_DONE,
 * both), or at once when stop_fd is readable (RECORD_INTERRUPTED).  What goes
 * wrong with a client is in l; if epoll or memory fail, the program ends with
 * status 1. */
void
load_play(struct load *l, const struct sockaddr_storage *to, socklen_t to_len,
          const struct load_observer *observer, int stop_fd);

/* Returns how many messages were in flight on the average: answers a second
 * times mean answer time (Little's law). */
double load_in_flight(const struct load *l);

/* Returns how many clients were busy on the average, by the same law: with a
 * message, with connecting or with leaving.  Fewer than there are: some were
 * not served.  Less than 0: with several messages in flight on connections that
 * end it cannot be told. */
double load_busy(const struct load *l);

#endif

/* schedule - the moments at which the requests of an open loop are due.
 *
 * They are random, because requests of independent clients are: some come close
 * together, and a queue forms although the server is fast enough on average
 * (Poisson arrivals, given their number).  The number is not random, and the
 * moments are the same in each run of the same rate and duration, so that two
 * servers get the same load.  Only the next moment is kept in memory. */

#ifndef CLIENT_PLAY_SCHEDULE_H
#define CLIENT_PLAY_SCHEDULE_H

#include <stdint.h>

struct schedule {
    int64_t due_ns; /* of the next request, since the beginning; CLOCK_NEVER if
                     * none is left */
    int64_t duration_ns;
    int64_t left;    /* requests, with the next one */
    double at;       /* due_ns as a part of the duration */
    uint64_t random; /* state of the generator */
};

/* Prepares rate requests per second for so long a time, rounded up to a whole
 * number of requests. */
void schedule_open(struct schedule *s, int rate, int64_t duration_ns);

/* Goes on to the next request.  One must be left. */
void schedule_next(struct schedule *s);

#endif

/* figures - the numbers of a run, computed from its record.
 *
 * When a message was served is known exactly where the record has it from the
 * server.  A client alone sees when it sent and when the answer came, not when
 * the server began to work.  So service is then taken to be as long as the
 * fastest answer of the run, t0, and to end with the answer; what comes before
 * is waiting.  That is exact where all messages take as long, and a bound
 * elsewhere. */

#ifndef CLIENT_RECORD_FIGURES_H
#define CLIENT_RECORD_FIGURES_H

#include <stdint.h>

#include "client/record/record.h"

#define FIGURES_QUICK_NS INT64_C(1000000)
#define FIGURES_P99_MIN  1000 /* answers that carry a p99 */

/* The times of something that happened count times; 0 each if count is 0. */
struct figures_times {
    int64_t count;
    int64_t min_ns;
    int64_t median_ns;
    int64_t p99_ns;
    int64_t max_ns;
};

struct figures {
    int64_t sent;
    int64_t acks;
    int64_t naks;
    int connected; /* clients */
    int closed;
    int vanished;
    int hung_up;
    int open; /* had not ended when the run was stopped */
    int failed;
    int64_t all_done_ns; /* the end of the last client; of the run if any is
                            open */
    struct figures_times connecting;
    struct figures_times first;  /* answer, from each client's start */
    struct figures_times answer; /* each, from its message */
    /* Most clients in service at one moment: as the server told, or estimated.
     * Then it is -1 if answers were too quick to tell: t0 below
     * FIGURES_QUICK_NS, or below the lag of the record. */
    int at_once;
};

/* Computes them all.  Returns 0, or -1 with errno set if there is not the
 * memory. */
int figures_compute(struct figures *f, const struct record *r);

/* A stretch of time. */
struct figures_span {
    int64_t began_ns; /* or RECORD_NEVER */
    int64_t ended_ns;
};

/* Returns when a message that has been sent was being served: as the server
 * told, or estimated from its answer; never before it was sent, nor after it
 * was answered or the client ended.  Of messages in flight together, none is
 * taken to begin before the one before it is answered. */
struct figures_span
figures_service(const struct figures *f, const struct record *r, int client,
                int number);

/* Returns the time from the client's start to its first answer, RECORD_NEVER if
 * none came. */
int64_t figures_first_ns(const struct record *r, int client);

/* Returns the time from the client's start to its end, RECORD_NEVER if it has
 * not ended or was not even started. */
int64_t figures_all_ns(const struct record *r, int client);

#endif

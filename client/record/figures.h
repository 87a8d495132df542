/* figures - the numbers of a run, computed from its record.
 *
 * If the server's log has been read, the record says when each message was
 * served.  A client alone sees when it sent a message and when the answer came,
 * but not when the server began with it.  Then a service is assumed to take as
 * long as the fastest answer of the run, t0, and to end with its answer; the
 * time before it is waiting.  If all messages take the same time this is exact;
 * otherwise the waiting is at most as long as it says. */

#ifndef CLIENT_RECORD_FIGURES_H
#define CLIENT_RECORD_FIGURES_H

#include <stdint.h>

#include "client/record/record.h"

#define FIGURES_QUICK_NS INT64_C(1000000)
#define FIGURES_P99_MIN  1000 /* answers; with fewer a p99 means little */

/* How long something took that happened count times; all 0 if count is 0. */
struct figures_times {
    int64_t count;
    int64_t min_ns;
    int64_t median_ns;
    int64_t p99_ns;
    int64_t max_ns;
};

struct figures {
    int64_t sent; /* messages */
    int64_t acks;
    int64_t naks;
    int started; /* clients, as are the next six */
    int connected;
    int late; /* had to ask for a connection twice */
    int vanished;
    int hung_up;
    int open;
    int failed;
    int64_t all_done_ns; /* when the last client ended; when the run ended, if
                          * some client had not ended */
    struct figures_times connecting;
    struct figures_times first;  /* first answers, from the client's start */
    struct figures_times answer; /* all answers, from their messages */
    /* The most clients that were served at the same moment, as the server
     * logged it or as estimated.  -1: answers were too quick for an estimate,
     * because t0 is less than FIGURES_QUICK_NS or than the lag of the record.
     */
    int at_once;
};

/* Computes all figures. */
struct figures figures_compute(const struct record *r);

struct figures_span {
    int64_t began_ns; /* or RECORD_NEVER */
    int64_t ended_ns;
};

/* Returns when a message that was sent was being served, as the server logged
 * it or as estimated.  A service never begins before the message was sent and
 * never ends after it was answered or its client ended.  An estimated service
 * of a client does not begin before the answer to its previous message. */
struct figures_span
figures_service(const struct figures *f, const struct record *r, int client,
                int number);

/* Returns the time from the client's start to its first answer; RECORD_NEVER if
 * none came. */
int64_t figures_first_ns(const struct record *r, int client);

/* Returns the time from the client's start to its end; RECORD_NEVER if it was
 * not started or has not ended. */
int64_t figures_all_ns(const struct record *r, int client);

#endif

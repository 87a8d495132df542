/* load - keeps clients busy for a while, and measures how long answers take.
 *
 * This is a closed loop: each client has a fixed number of messages in flight
 * and sends the next one when an answer comes, so a slow server gets fewer
 * messages.  With plan.rate it is an open loop (see requests.h).  Every byte
 * that comes back is checked, as in a run.  But the load keeps only a
 * histogram, not a record of each message, and makes as few system calls as
 * possible, because otherwise it would measure itself. */

#ifndef CLIENT_PLAY_LOAD_H
#define CLIENT_PLAY_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "client/play/client.h"
#include "client/play/histogram.h"
#include "client/record/plan.h"
#include "client/record/record.h"

#define LOAD_FAULTS_MAX 20

/* What went wrong with a client. */
struct load_fault {
    int client;    /* counted from 0; the idle ones come last */
    int64_t after; /* the number of answers that it had got */
    struct record_ending end;
    int64_t count; /* in an open loop: how often the same went wrong */
};

/* What can happen to a request of an open loop. */
enum load_outcome {
    LOAD_ANSWERED,
    LOAD_REFUSED, /* no connection, or it ended without an answer */
    LOAD_WRONG,   /* another answer came */
    LOAD_GIVEN_UP,
    LOAD_UNANSWERED, /* there was no answer when the load was over */
    LOAD_OUTCOMES,
};

/* What was measured between the end of the warm-up and the end of the
 * duration. */
struct load {
    struct plan plan;
    enum record_end end;
    int64_t began_ns; /* on the monotonic clock; 0: not yet */
    int64_t took_ns;  /* plan.duration_ns, unless it was interrupted */
    struct histogram answering;  /* times from a message to its answer */
    struct histogram connecting; /* times to connect, also before began_ns */
    int64_t connections;         /* made, also before began_ns */
    int arrived;                 /* clients that have been connected */
    int64_t between_ns;     /* the sum of all times of connecting and leaving */
    int64_t unfinished_ns;  /* how long the messages in flight at the end had
                             * been, less the same at the beginning */
    int64_t bytes;          /* in the texts of answers, not of ack */
    int64_t sent_in_all;    /* messages, also not measured ones */
    int64_t answers_in_all; /* and their answers */
    struct record_sum sum;  /* of kv */
    int64_t cpu_ns;         /* used by this process */
    int64_t stopped_ns;     /* how long this program did not run, see loop.h */
    int unanswered;         /* clients that got no answer at all */
    int failed;             /* clients, also idle ones; in an open loop:
                             * connections that failed with a request */
    struct load_fault faults[LOAD_FAULTS_MAX]; /* the first that failed; in an
                                                * open loop: the first kinds */

    /* Only in an open loop.  A request belongs to the load if it was due before
     * the duration was over.  There, answering holds the times from when a
     * request was due to its answer, or as long as one without an answer has
     * waited; refused and wrong ones are left out. */
    int64_t offered; /* requests; the sum of the outcomes */
    int64_t outcomes[LOAD_OUTCOMES];
    int64_t in_time;    /* answered before the duration was over */
    int64_t delayed;    /* no client was free when they were due */
    int64_t retries;    /* further attempts */
    int64_t present_ns; /* the sum of the times within the duration of all
                         * requests, from when each was due to its end */
    struct histogram starting; /* from when a request was due and a client was
                                * free until this program began it */
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
 * over and the clients have said goodbye, or when all clients have failed: then
 * l->end is RECORD_DONE.  Returns at once when stop_fd is readable: then it is
 * RECORD_INTERRUPTED.  If waiting fails or memory is short, the program ends
 * with status 1. */
void load_play(struct load *l, const struct address_list *to,
               const struct load_observer *observer, int stop_fd);

/* Returns how many messages were in flight on average: answers per second times
 * mean answer time (Little's law).  In an open loop: how many requests were due
 * and not finished. */
double load_in_flight(const struct load *l);

/* Returns how many clients were busy on average, by the same law: waiting for
 * an answer, connecting or leaving.  If that is fewer than there are, some were
 * not served.  Returns -1 if the law cannot tell, because clients have several
 * messages in flight on connections that end. */
double load_busy(const struct load *l);

#endif

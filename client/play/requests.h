/* requests - the requests of an open loop: each is due at a moment that was
 * fixed beforehand, whether or not the server has answered the ones before.
 *
 * When a request is due, a client that is free sends it.  If no client is free,
 * the request waits in this program, and its time counts nevertheless: from the
 * moment when it was due.  If it counted from the moment when it is sent, a
 * server that stalls would delay the very requests that would show the stall
 * (this error is called coordinated omission).  Requests that wait need no
 * memory, because the schedule can tell when each was due. */

#ifndef CLIENT_PLAY_REQUESTS_H
#define CLIENT_PLAY_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/play/load.h"
#include "client/play/loop.h"
#include "client/play/schedule.h"
#include "common/deadline.h"

/* Clients that wait for the same thing, in the order in which they came. */
struct requests_row {
    int *clients; /* room for all */
    int first;
    int count;
};

/* What the open loop keeps of a client. */
struct requests_client {
    struct deadline give_up; /* first, so that a deadline is its client */
    bool busy;               /* it has a request that is not finished */
    bool leaving;            /* that was the last one of its connection */
    int64_t due_ns;          /* when that request was due */
    int tries;               /* how often it has been tried again */
    int64_t free_ns;         /* when the client became free */
};

struct requests {
    struct loop *loop;
    struct load *load;
    struct schedule schedule;
    struct requests_client *clients;
    struct requests_row free;
    struct requests_row again;      /* their request has failed */
    struct deadline_queue give_ups; /* with --deadline */
    int busy;                       /* clients */
    int64_t began_ns;               /* when the schedule began */
    int64_t until_ns;               /* and when it ends */
};

/* Prepares the requests of l->plan; no client of the loop has connected yet. */
void requests_open(struct requests *r, struct loop *loop, struct load *l);

/* Frees what requests_open has allocated. */
void requests_close(struct requests *r);

/* Begins the schedule now. */
void requests_begin(struct requests *r);

/* Starts all requests that are due, as far as clients are free, and gives up
 * those whose deadline has passed.  Returns when it must be called again at the
 * latest. */
int64_t requests_go_on(struct requests *r);

/* Tells whether all requests are finished. */
bool requests_done(const struct requests *r);

/* No more requests become due.  Counts the rest as unanswered, and ends the
 * clients that have one. */
void requests_end(struct requests *r);

/* A client has got the right answer. */
void requests_answered(struct requests *r, const struct client *c);

/* The connection of a client has ended. */
void requests_ended(struct requests *r, const struct client *c,
                    const struct record_ending *end);

#endif

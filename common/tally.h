/* tally - counts what a server has done, and prints the summary at its end.
 *
 * The counters are in memory that forked processes share, so the parent can add
 * up what its children have done.  In a pool each worker has counters of its
 * own, on a cache line of its own: no worker slows another down by writing to
 * the same line, and the summary can say how many clients each one served. */

#ifndef COMMON_TALLY_H
#define COMMON_TALLY_H

#include "common/session.h"

/* Makes the counters, all zero, for a pool of this many workers; 0 means that
 * there is no pool.  Call it before any fork and before any thread starts.  If
 * there is no memory, the program ends with status 1. */
void tally_open(int workers);

/* Says that the calling process or thread is worker number worker of the pool,
 * counted from 0.  What it counts from now on belongs to that worker.  A
 * process or thread that never calls this counts as worker 0. */
void tally_worker(int worker);

/* Counts a client that has just been accepted.  Returns its number, from 1,
 * which no other client of this server has. */
unsigned tally_accepted(void);

/* Counts a client that was accepted and closed without being served. */
void tally_refused(void);

/* Counts a client that has been served, and its messages and answers. */
void tally_served(const struct session *s);

/* Prints the summary to stdout.  Call it when all children have been reaped. */
void tally_print(void);

#endif

/* tally - counts what a server has done, and prints the summary at its end.
 *
 * The counters are in memory that forked processes share, so the parent can add
 * up what its children have done.  In a pool (prefork, threaded) each worker
 * has its own counters, on its own cache line.  So no worker slows another one
 * down by writing to the same line, and the summary can say how many clients
 * each worker served.  A worker that replaces another one in prefork continues
 * with the counters of that worker. */

#ifndef COMMON_TALLY_H
#define COMMON_TALLY_H

#include "common/session.h"

/* Makes the counters, all zero, for a pool of this many workers; 0 means that
 * there is no pool.  Call it before any fork and before any thread starts.  If
 * there is no memory, the program ends with status 1. */
void tally_open(int workers);

/* Makes the calling process or thread the worker with this number, from 0.
 * From now on it uses the counters of this worker.  Processes and threads that
 * never call tally_worker share one more set of counters, all of which are
 * atomic. */
void tally_worker(int worker);

/* Counts a client that has just been accepted.  Returns its number, from 1,
 * which no other client of this server has. */
unsigned tally_accepted(void);

/* Counts a message on which the calling worker (tally_worker) has worked, in a
 * server whose workers work for an event loop.  There the summary says for each
 * worker how many messages that were, because no client has a worker of its
 * own. */
void tally_worked(void);

/* Counts a client that was accepted and closed without being served. */
void tally_refused(void);

/* Counts a client that has been served, and its messages and answers. */
void tally_served(const struct session *s);

/* Prints the summary to stdout.  Call it after all children have been reaped,
 * because getrusage(2) counts the CPU time of reaped children only. */
void tally_print(void);

#endif

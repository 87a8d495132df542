/* stats - the counters of the summary.
 *
 * They live in memory that processes forked later share, so that the parent can
 * add up what its children have done.  In a pool each worker has counters of
 * its own: nobody writes to another's cache line, and the summary can say who
 * served how many. */

#ifndef COMMON_STATS_H
#define COMMON_STATS_H

#include <stdint.h>

struct session;

/* Makes counters, all zero, for a pool of so many workers; 0: no pool.  Before
 * any fork. */
void stats_open(int workers);

/* The calling process or thread is worker number w, from 0, of the pool. */
void stats_worker(int w);

/* Returns the number, from 1, of a client that has just been accepted. */
unsigned stats_client(void);

/* The conversation with a client has ended: logs why and what it came to, and
 * adds it up. */
void stats_closed(unsigned id, const struct session *s, const char *reason);

/* Prints the summary to stdout.  After all children have been waited for. */
void stats_print(void);

#endif

/* stats - what a server tells of its conversations: the events of each, which
 * are the same whether it is driven by waiting or not, and the counters of the
 * summary.
 *
 * The counters live in memory that processes forked later share, so that the
 * parent can add up what its children have done.  In a pool each worker has
 * counters of its own: nobody writes to another's cache line, and the summary
 * can say who served how many.  What is called for each message is inline: most
 * of it is asking whether it is to be logged. */

#ifndef COMMON_STATS_H
#define COMMON_STATS_H

#include <stdint.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/options.h"
#include "common/session.h"

/* Makes counters, all zero, for a pool of so many workers; 0: no pool.  Before
 * any fork. */
void stats_open(int workers);

/* The calling process or thread is worker number w, from 0, of the pool. */
void stats_worker(int w);

/* Returns the number, from 1, of a client that has just been accepted. */
unsigned stats_client(void);

/* A client that has been accepted is not served. */
void stats_refused(void);

/* Returns how a conversation goes with this work. */
static inline enum session_mode
stats_mode(const struct options *opt)
{
    if (!options_instant(opt))
        return SESSION_EACH;
    return log_enabled() ? SESSION_GATHER : SESSION_ALONE;
}

/* Work on the message in hand begins.  Logs that, and returns the moment, for
 * stats_ack; 0 if nothing is logged: reading the clock for each message would
 * be felt. */
static inline int64_t
stats_message(unsigned id, const struct session *s)
{
    log_event("message", "client=%u bytes=%u", id, s->len);
    return log_enabled() ? clock_now() : 0;
}

/* It has been worked on since began_ns, and its answer is on its way.  Logs
 * that, and puts the answer behind those that are to be sent. */
static inline void
stats_ack(unsigned id, struct session *s, int64_t began_ns)
{
    session_answer(s);
    log_event("ack", "client=%u took=%.1fms", id,
              clock_seconds(clock_now() - began_ns) * 1e3);
}

/* The message in hand is refused.  Logs that, and puts the answer behind those
 * that are to be sent. */
void stats_nak(unsigned id, struct session *s);

/* The conversation has ended, for that reason, which is one word: adds up what
 * it came to. */
void stats_closed(unsigned id, const struct session *s, const char *reason);

/* Prints the summary to stdout.  After all children have been waited for. */
void stats_print(void);

#endif

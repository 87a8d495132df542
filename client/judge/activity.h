/* activity - how busy a server is while it has nothing to do.
 *
 * A thread that never sleeps is busy all the time.  On a machine whose cores
 * are shared it does not run all the time, but then it waits for a core.  Both
 * times count, so what the judge sees does not depend on what else runs on this
 * machine. */

#ifndef CLIENT_JUDGE_ACTIVITY_H
#define CLIENT_JUDGE_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "client/judge/target_server.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

/* A thread that never sleeps is busy for all of the time.  This is clearly less
 * than that, and clearly more than what a server does now and then, such as
 * collecting garbage. */
#define ACTIVITY_SPINS 50

/* See activity_is_held_up. */
#define ACTIVITY_RUN_NS (2 * CLOCK_S)

/* Waits for ns, and returns how busy the server's threads were meanwhile. */
struct process_tree_activity
activity_measure(const struct target_server *s, int64_t ns);

/* On a machine with much to do, a server may be late because it waits for a
 * core.  Called when something that was waited for is late: tells whether to
 * wait on, until *end_ns, since the server wants to run, but not beyond
 * last_ns.  A thread that has run for ACTIVITY_RUN_NS meanwhile is not waiting
 * for a core, but computes too long.  Set the wait's own *watching to false
 * before the first call. */
bool activity_is_held_up(const struct target_server *s, bool *watching,
                         int64_t *end_ns, int64_t last_ns);

/* Calls activity_measure until the server is idle, times times at most.  It is
 * idle if no thread spins, and none goes to sleep more often than sleeps.  What
 * a server does only now and then does not fall into all of these windows.
 * Returns what the last call has measured. */
struct process_tree_activity
activity_await_idle(const struct target_server *s, int64_t ns, int times,
                    int64_t sleeps);

#endif

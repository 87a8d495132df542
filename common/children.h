/* children - the processes that a server has forked and not reaped yet.
 *
 * Each child has a place, counted from 0.  A child that has ended stays a
 * zombie until its parent reaps it.  The kernel sends the parent SIGCHLD, but
 * signals of one kind do not queue: SIGCHLD says that at least one child has
 * ended, not how many.  The parent holds its signals off and lets them in only
 * while it waits in stop_wait (stop.h). */

#ifndef COMMON_CHILDREN_H
#define COMMON_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes max free places and holds signals off, stop requests included.  From
 * now on SIGCHLD ends the waits below.  If it fails, the program ends with
 * status 1. */
void children_open(int max);

/* Returns a free place, or -1 if there is none. */
int children_place(void);

/* Records that a child with this pid has been forked into a free place. */
void children_add(int place, pid_t pid);

/* Reaps one child that has ended, logs how it ended, and frees its place.
 * Returns the place; or -1 if no child has ended.  Call it until then. */
int children_reap(void);

/* Waits until a child has ended, a stop is requested, or the moment until_ns
 * has come (CLOCK_NEVER: no limit).  Signals are held off except in this wait.
 */
void children_wait_for_end(int64_t until_ns);

/* Waits until a client can be accepted, a child has ended, or a stop is
 * requested.  Signals are held off except in this wait.  Returns true if a
 * client can be accepted and no stop is requested. */
bool children_wait_for_client(int listener);

/* Sends a signal to all children. */
void children_signal(int signal_number);

/* Waits until all children have ended.  Signals are let in again, so a second
 * stop request ends the parent at once, and its children with it. */
void children_wait_for_all(void);

#endif

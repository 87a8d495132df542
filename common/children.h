/* children - the processes that a server has forked and not reaped yet.
 *
 * Each child has a place, a number from 0.  A child that has ended stays a
 * zombie until its parent reaps it (waitpid).  The kernel sends the parent
 * SIGCHLD, but signals of one kind do not queue, so one SIGCHLD means that at
 * least one child has ended, not how many.  The parent blocks SIGCHLD and stop
 * requests, and unblocks them only in the waits below (ppoll(2)), so that no
 * signal comes between its last check and its wait. */

#ifndef COMMON_CHILDREN_H
#define COMMON_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes max free places, and blocks SIGCHLD and stop requests (stop_hold).
 * From now on SIGCHLD ends the waits below.  If it fails, the program ends with
 * status 1. */
void children_open(int max);

/* Returns a free place, or -1 if there is none. */
int children_place(void);

/* Records that a child with this pid has been forked into a free place. */
void children_add(int place, pid_t pid);

/* Reaps one child that has ended, logs how it ended, and frees its place.
 * Returns the place, or -1 if no child has ended.  Call it again until it
 * returns -1. */
int children_reap(void);

/* Waits until a child has ended, a stop is requested, or the moment until_ns
 * has come (CLOCK_NEVER: no limit). */
void children_wait_for_end(int64_t until_ns);

/* Waits until a client can be accepted, a child has ended, or a stop is
 * requested.  Returns true if a client can be accepted and no stop is
 * requested. */
bool children_wait_for_client(int listener);

/* Sends a signal to all children. */
void children_signal(int signal_number);

/* Waits until all children have ended.  It unblocks the signals first, so a
 * second stop request ends the parent immediately, and the kernel then kills
 * the children that are left. */
void children_wait_for_all(void);

#endif

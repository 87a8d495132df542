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

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In a pool, a worker that ends sooner than this after its fork ended young: it
 * begins a pause. */
#define CHILDREN_YOUNG_NS INT64_C(1000000000)
#define CHILDREN_PAUSE_NS INT64_C(1000000000)

/* Makes max free places, and blocks SIGCHLD and stop requests (stop_hold).
 * From now on SIGCHLD ends the waits below.  If it fails, the program ends with
 * status 1. */
void children_open(int max);

/* Does the same for a pool, in which the parent replaces each worker that ends.
 * If something ended every new worker immediately, the parent would fork
 * workers in a tight loop.  Therefore a worker that ends young begins a
 * pause. */
void children_open_pool(int workers);

/* Returns a free place, or -1 if there is none. */
int children_place(void);

/* Returns a free place, into which the caller must fork a worker now; or -1 if
 * no place is free, if this is a pause, or if a stop is requested. */
int children_vacancy(void);

/* Begins a pause of CHILDREN_PAUSE_NS and logs the reason. */
void children_pause(const char *reason);

/* Forks a worker into the free place, and logs that.  Returns what fork(2)
 * returns.  If fork fails, it begins a pause. */
pid_t children_fork(int place);

/* Records that a child with this pid has been forked into a free place. */
void children_add(int place, pid_t pid);

/* Reaps one child that has ended, logs how it ended, and frees its place.
 * Returns the place, or -1 if no child has ended.  Call it again until it
 * returns -1.  It costs no system call unless a SIGCHLD has come since it last
 * returned -1. */
int children_reap(void);

/* Tells whether the child that was reaped last ended otherwise than with exit
 * status 0. */
bool children_failed(void);

/* Waits until a child has ended, a stop is requested, a pause is over, or the
 * moment until_ns has come (CLOCK_NEVER: no limit). */
void children_wait_for_end(int64_t until_ns);

/* Waits until a client can be accepted, a child has ended, or a stop is
 * requested.  Returns true if a client can be accepted and no stop is
 * requested. */
bool children_wait_for_client(int listener);

/* Waits until one of the descriptors in fds is ready (ppoll(2)), a child has
 * ended, a stop is requested, or a pause is over.  Returns true if a descriptor
 * is ready and no stop is requested; then revents says which. */
bool children_wait_for_ready(struct pollfd *fds, int count);

/* Sends a signal to all children. */
void children_signal(int signal_number);

/* Waits until all children have ended.  It unblocks the signals first, so a
 * second stop request ends the parent immediately, and the kernel then kills
 * the children that are left. */
void children_wait_for_all(void);

#endif

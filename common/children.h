/* children - the processes that a server has forked and not reaped yet.
 *
 * Each has a place, from 0.  A child that ends stays a zombie until its parent
 * has reaped it; SIGCHLD tells that some have ended, not how many, for signals
 * of one kind do not queue. */

#ifndef COMMON_CHILDREN_H
#define COMMON_CHILDREN_H

#include <sys/types.h>

/* Makes max free places, and has handler, which must be
 * async-signal-safe, called when a child has ended. */
void children_open(int max, void (*handler)(int));

/* Returns a free place, -1 if there is none. */
int children_place(void);

/* A child with that pid has been forked into a free place. */
void children_add(int place, pid_t pid);

/* Reaps a child that has ended, logs it and frees its place.  Returns the
 * place, or -1 if none has ended: call it until then. */
int children_reap(void);

/* Sends all children a signal. */
void children_tell(int signal_number);

/* Waits until all children have ended, and frees the places. */
void children_wait(void);

#endif

/* stop - stop requests by signal, without a race.
 *
 * SIGINT or SIGTERM asks the server to stop, which is logged; a second one ends
 * it at once, by the default action.  A flag alone would be a race: it could be
 * set between the look at it and the wait, and the wait would go on.  So the
 * handler also changes what is waited on, which stays true if the wait begins
 * later:
 *
 *  - a blocking server names the socket on which it may block (stop_wakes): the
 *    signal interrupts what waits there, and the handler sets SO_RCVTIMEO to
 *    next to nothing, so that accept and recv do not begin to wait (on Linux it
 *    counts for accept, too: signal(7));
 *  - an event loop watches a pipe (stop_pipe), and the handler writes to it;
 *  - who waits for signals and nothing else keeps them from being delivered
 *    except in the wait itself (stop_hold, stop_pause). */

#ifndef COMMON_STOP_H
#define COMMON_STOP_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

/* Installs the handler, in the process that was started by the user. */
void stop_on_signals(void);

/* Returns the signal that asked to stop, 0 if none has. */
int stop_requested(void);

/* From now on a stop request, or one that has come already, ends an accept or
 * recv on fd, under way or later, and gives a send NET_LINGER_NS.  Goes for the
 * calling thread and one descriptor; -1: none.  Returns what it was before.
 * Must be taken back before fd is closed. */
int stop_wakes(int fd);

/* Returns a descriptor that becomes readable when a stop is requested and stays
 * so; opened at the first call. */
int stop_pipe(void);

/* Stop requests and SIGCHLD are held off, until stop_release; they do not nest,
 * and stop_pipe and stop_calls release, too. */
void stop_hold(void);
void stop_release(void);

/* Where they are held off: lets them in, and returns after one has come, or at
 * until_ns (CLOCK_NEVER: no limit). */
void stop_pause(int64_t until_ns);

/* Calls function, which must be async-signal-safe (signal-safety(7)), in the
 * handler, too. */
void stop_calls(void (*function)(void));

/* In a child just forked; parent is the pid of the process that forked.  The
 * child ends when its parent does, however that ends (Linux).  What was held
 * off in the parent still is.
 *
 * From the fork on SIGTERM asks a child to stop, and nothing is said of it;
 * SIGINT is left to the parent, since the terminal sends it to both. */
void stop_in_child(pid_t parent);

/* Makes thread look at what it waits on, after a stop was requested: what
 * stop_wakes says of signals goes for it, too. */
void stop_thread(pthread_t thread);

#endif

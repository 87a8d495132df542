/* threads - the threads that a server has started and not joined yet.
 *
 * Each thread has a place, a number from 0.  When a thread ends, the kernel
 * forgets it at once, but the C library keeps its stack until another thread
 * joins it (pthread_join(3)), as the kernel keeps a zombie process until its
 * parent reaps it.  pthread_join waits for one thread that the caller names,
 * and there is no call that waits for any of them.  Therefore each thread
 * calls threads_ended as its last step, and the main thread joins the threads
 * that have done so.  All other functions are for the main thread only.
 * Compare with children.h. */

#ifndef COMMON_THREADS_H
#define COMMON_THREADS_H

#include <pthread.h>

/* Makes max free places.  If there is no memory, the program ends with status
 * 1. */
void threads_open(int max);

/* Returns a free place, or -1 if there is none. */
int threads_place(void);

/* Records that this thread has been started for a free place.  The thread may
 * have ended already. */
void threads_add(int place, pthread_t thread);

/* Call it in a thread that has been started for this place, as its last step:
 * from now on the main thread may join it, and then its place is free. */
void threads_ended(int place);

/* Joins one thread that has called threads_ended, and frees its place.  Returns
 * the place, or -1 if there is no such thread.  Call it again until it returns
 * -1. */
int threads_join(void);

/* Waits until a thread has called threads_ended, or a stop is requested. */
void threads_wait_for_end(void);

/* Passes a stop request on to all threads (stop_threads), waits until they have
 * ended, and frees the places. */
void threads_stop(void);

#endif

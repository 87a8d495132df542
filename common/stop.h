/* stop - how a server is asked to stop, and how each of its waits ends then.
 *
 * SIGINT or SIGTERM is a stop request.  The handler sets a flag, and the server
 * looks at the flag between two waits.  The flag alone is not enough: a request
 * that comes after the look and before the wait would be noticed only when the
 * wait ends by itself, which may be never.  Therefore every wait of a server
 * must end although it begins after the request.  A server waits in four ways,
 * and each has its answer:
 *
 *  1. For a client, in accept, select, poll or epoll_wait.  The handler shuts
 *     the listener down (shutdown(2)).  From then on, on Linux, accept fails
 *     with EINVAL, and the others report the listener as ready.  That holds for
 *     all threads and processes that share it.  net_listen registers it.
 *  2. For bytes of a client, in recv or send.  The signal interrupts a call
 *     that waits, and the handler sets the socket's timeouts, so that a call
 *     that begins later does not wait long.  The listener's answer would do
 *     harm: a connection that is shut down for reading is reset when more bytes
 *     come, and then an answer can be lost.  blocking_serve arms the socket.  A
 *     signal interrupts one thread only; the main thread passes it on to the
 *     others with stop_threads.
 *  3. For another thread, at a semaphore (stop_wait_semaphore).  The handler
 *     posts the semaphore.
 *  4. For the end of a child, in ppoll.  A parent holds its signals off all the
 *     time and lets them in only inside this wait, so none can come before it
 *     (children.h).
 *
 * The first request is logged.  A second one ends the server at once.
 *
 * One case is left open.  If a worker process alone is asked to stop, and not
 * the whole server, no handler shuts the listener down; then a worker that was
 * just about to call accept waits there for one more client, and closes it. */

#ifndef COMMON_STOP_H
#define COMMON_STOP_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#define STOP_LISTENERS_MAX 1024 /* of one process */

/* Installs the handler.  The program calls it once, in the process that the
 * user has started, before it forks and before it opens a listener. */
void stop_on_signals(void);

/* Tells whether a stop has been requested. */
bool stop_requested(void);

/* Waits until a stop is requested: for a main thread that has nothing else to
 * do, because other threads serve the clients. */
void stop_wait(void);

/* From now on a stop request shuts this listener down, if the calling process
 * is still the one that gets the request: a child forgets its parent's
 * listeners.  Ends the program with status 1 if there are too many. */
void stop_shuts(int listener);

/* Says that accept has found the listener shut down.  That is how a worker sees
 * that its parent was asked to stop; so from now on a stop is requested in the
 * worker, too, and it does not call accept in a tight loop. */
void stop_follow(void);

/* From now on a stop request ends a recv on fd, whether it is under way or
 * begins later, and limits a send on it to LINGER_NS.  That holds for the
 * calling thread, and for one descriptor at a time.  Call stop_disarm before
 * fd is closed. */
void stop_arm(int fd);
void stop_disarm(void);

/* Decrements the semaphore like sem_wait(3), waiting while it is zero, and
 * returns true; or returns false as soon as a stop is requested, after which
 * the semaphore's value means nothing.  For the main thread only. */
bool stop_wait_semaphore(sem_t *semaphore);

/* Holds off stop requests and SIGCHLD for the calling thread and for the
 * threads that it starts, or lets them in again.  A stop request that was held
 * off is not lost. */
void stop_hold(void);
void stop_release(void);

/* For a child that the server has just forked while signals were held off. From
 * now on SIGTERM asks this child alone to stop, and that is not logged.  SIGINT
 * is left to the parent, because a terminal sends it to both.  The signals are
 * let in.  The kernel kills the child when its parent ends for any reason. */
void stop_in_child(void);

/* Passes a stop request on to these threads, so that their recv or send ends as
 * said in 2, and waits until all of them have ended. */
void stop_threads(const pthread_t threads[], int count);

#endif

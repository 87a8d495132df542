/* stop - how a stop request reaches a server, and how it ends each wait.
 *
 * SIGINT or SIGTERM is a stop request.  The handler sets a flag, and the server
 * checks the flag between two waits.  The flag alone is not enough, because the
 * signal may come after the check and before the wait.  Then the server would
 * notice it only when the wait ends by itself, which may be never.  Therefore
 * a stop request must also end a wait that begins after it.  A server waits in
 * four ways that a signal handler must end, and each has its own method:
 *
 *  1. For a client, in accept, select, poll or epoll_wait.  The handler shuts
 *     the listener down (shutdown(2)).  From then on, on Linux, accept fails
 *     with EINVAL, and the other calls report the listener as ready, in all
 *     threads and processes that share the listener.  net_listen tells the
 *     handler which listener to shut down (stop_shuts).
 *     If the clients that wait are those of one worker only, and not of the
 *     whole server, the handler of this worker makes the socket non-blocking
 *     instead (stop_drains).  accept still returns the clients that wait
 *     there, and then fails with EAGAIN.  A shutdown would reset them.
 *     If other processes use the listener, too, the handler must not change it
 *     (stop_leaves).  Instead it puts a socket that does not listen in the
 *     place of this process's descriptor, so that accept fails with EINVAL
 *     here, and only here.
 *  2. For bytes of a client, in recv or send.  The signal interrupts a call
 *     that waits, and the handler sets the socket's timeouts, so that a call
 *     that begins later does not wait long.  Method 1 would do harm: if the
 *     server shuts a connection down for reading and more bytes come, the
 *     kernel resets the connection, and an answer can be lost.  blocking_serve
 *     tells the handler which socket that is (stop_arm).  A signal interrupts
 *     only one thread, so the main thread passes it on to the other threads
 *     with stop_threads.
 *  3. For another thread, at a semaphore (stop_wait_semaphore).  The handler
 *     posts the semaphore.
 *  4. For the end of a child, or also for a client, in ppoll.  A parent blocks
 *     its signals and ppoll unblocks them only while it waits, so no signal can
 *     come between the check and the wait (children.h).
 *
 * A wait on a condition variable is not in this list: threaded ends it by
 * closing its queue.  The wait for --delay does not end early, because the
 * message in hand is still answered.  How a request comes is in stop.c, and how
 * these waits end is in stop_waits.c.
 *
 * The server logs the first request.  A second request kills it immediately.
 *
 * One case is not solved.  If you send SIGTERM to one worker process and not to
 * the server, no handler shuts the listener down.  If this worker was about to
 * call accept, it waits there for one more client, closes that connection
 * without serving it, and ends. */

#ifndef COMMON_STOP_H
#define COMMON_STOP_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#define STOP_LISTENERS_MAX 1024 /* listeners of one process */

/* Installs the handler.  The program calls it once, in the process that the
 * user has started, before it forks and before it opens a listener. */
void stop_on_signals(void);

/* Tells whether a stop has been requested. */
bool stop_requested(void);

/* Waits until a stop is requested: for a main thread that has nothing else to
 * do, because other threads serve the clients. */
void stop_wait(void);

/* Registers a listener: from now on a stop request to the calling process shuts
 * it down.  A request to a child does not, because stop_in_child forgets the
 * listeners of the parent.  Ends the program with status 1 if there are more
 * than STOP_LISTENERS_MAX. */
void stop_shuts(int listener);

/* Registers a listener that other processes use, too, and may go on using after
 * this one has ended: a stop request ends the waits of this process and leaves
 * the listener as it is.  From then on, the caller must not change whether the
 * listener blocks.  If it does, this process and its children must keep it open
 * until a stop is requested.  One process can have one such listener. */
void stop_leaves(int listener);

/* Registers the socket from which only the calling process takes clients: a
 * listener of its own, or the channel over which its parent passes them.  From
 * now on a stop request makes the socket non-blocking, so that a call that
 * takes a client never waits. */
void stop_drains(int fd);

/* Call it in a worker when accept has failed because the listener is shut down,
 * or when the parent has closed the channel over which it passes clients.  That
 * is how a worker sees that it must end.  From now on stop_requested returns
 * true in the worker, too; otherwise the worker would ask for a client in a
 * tight loop. */
void stop_follow(void);

/* From now on a stop request ends a recv on fd, even if the recv begins after
 * the request, and it limits a send on fd to LINGER_NS.  This applies to the
 * calling thread only, and each thread can arm one descriptor at a time.  Call
 * stop_disarm before you close fd. */
void stop_arm(int fd);
void stop_disarm(void);

/* Waits until the semaphore is above zero, decrements it and returns true, as
 * sem_wait(3) does.  Returns false as soon as a stop is requested; after that,
 * do not use the semaphore's value.  Call it in the main thread only. */
bool stop_wait_semaphore(sem_t *semaphore);

/* stop_hold blocks SIGINT, SIGTERM and SIGCHLD in the calling thread and in the
 * threads that it starts; stop_release unblocks them.  A signal that comes
 * while it is blocked is not lost: the kernel delivers it after
 * stop_release. */
void stop_hold(void);
void stop_release(void);

/* Call it in a child that was forked while signals were blocked.  It unblocks
 * them.  From now on SIGTERM is a stop request to this child only, and
 * the child does not log it.  The child ignores SIGINT, because a terminal
 * sends it to the parent, too, and the parent then sends SIGTERM.  The kernel
 * kills the child when its parent ends for any reason. */
void stop_in_child(void);

/* Passes a stop request on to these threads, so that their recv or send ends
 * (see 2 above), and waits until all of these threads have ended. */
void stop_threads(const pthread_t threads[], int count);

#endif

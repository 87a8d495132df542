/* system - the few things that POSIX does not offer.
 *
 * Each system has a file of its own that defines all of these functions, such
 * as system_linux.c, and make compiles the one for the system it runs on.  So
 * the rest of common/ and the servers contain no #ifdef. */

#ifndef COMMON_SYSTEM_H
#define COMMON_SYSTEM_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Accepts a connection, as accept(2) does, and sets close-on-exec on the new
 * socket in the same step, so that no other thread can fork in between.  If
 * nonblocking is true, the new socket does not block; otherwise it does,
 * whether the listener blocks or not.  Returns the new descriptor, or -1 with
 * errno set. */
int system_accept(int listener, bool nonblocking, struct sockaddr_storage *addr,
                  socklen_t *len);

/* Tells whether an error of system_accept concerns only the client that was to
 * be accepted, and not the server. */
bool system_accept_lost_client(int error);

/* Ends every wait for a client of this listener, now and later, in all threads
 * and processes: accept fails with EINVAL, and select, poll and epoll_wait
 * report the listener.  Async-signal-safe. */
void system_end_accept(int listener);

/* Arranges that the kernel kills the calling process when its parent ends.
 * parent is the pid that the caller had as a parent when it was forked.
 * Returns 0; -1 with errno set if the kernel refused; and -1 with errno ESRCH
 * if the parent has ended already. */
int system_end_with_parent(pid_t parent);

/* Returns the kernel's number for the calling thread. */
pid_t system_thread_id(void);

/* Returns how many bytes of a TCP connection have been sent and are not yet
 * acknowledged by the other side.  Returns 0 if there is no connection. */
int system_unacknowledged(int fd);

/* Returns how many bytes have arrived on fd and have not been read yet, 0 if
 * there is no connection. */
int system_unread(int fd);

/* Returns the most memory that the calling process has had in use since its
 * program was started, in KiB, or 0 if that cannot be found out. */
long system_peak_memory(void);

#endif

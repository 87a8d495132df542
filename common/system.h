/* system - the few functions that every operating system does differently.
 *
 * Each system has its own file that defines all of these functions, such as
 * system_linux.c, and make compiles the file for the system on which it runs.
 * So the rest of common/ and the servers contain no #ifdef. */

#ifndef COMMON_SYSTEM_H
#define COMMON_SYSTEM_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Accepts a connection, as accept(2) does, and sets close-on-exec on the new
 * socket in the same step, so that no other thread can fork and exec in
 * between.  If nonblocking is true, the new socket does not block; otherwise it
 * blocks.  Both are independent of the listener's mode.  Returns the new
 * descriptor, or -1 with errno set. */
int system_accept(int listener, bool nonblocking, struct sockaddr_storage *addr,
                  socklen_t *len);

/* Returns true if this error of system_accept means that one client is lost, so
 * that the server can accept the next one immediately. */
bool system_accept_lost_client(int error);

/* Ends every wait for a client of this listener, now and later, in all threads
 * and processes: accept fails with EINVAL, and select, poll and epoll_wait
 * report the listener.  Async-signal-safe. */
void system_end_accept(int listener);

/* Asks the kernel to kill the calling process when its parent ends.  parent is
 * the pid of the process that forked the caller.  Returns 0, or -1 with errno
 * set; errno is ESRCH if the parent has ended already. */
int system_end_with_parent(pid_t parent);

/* Returns how many cores the calling process may use, at least 1 and at most
 * WORKERS_MAX. */
int system_cores(void);

/* Returns the kernel's number for the calling thread. */
pid_t system_thread_id(void);

/* Returns how many bytes the server has given to send and the other side has
 * not acknowledged yet, whether the kernel has transmitted them or not.
 * Returns 0 if there is no connection. */
int system_unacknowledged(int fd);

/* Returns how many bytes have arrived on fd and have not been read yet, 0 if
 * there is no connection. */
int system_unread(int fd);

/* Returns the most memory that the calling process has had in use since its
 * program was started, in KiB, or 0 if that cannot be found out. */
long system_peak_memory(void);

#endif

/* worst - lets a signal come at the worst moment.
 *
 *     LD_PRELOAD=worst.so WORST=recv:2 SERVER
 *
 * When a process of SERVER calls recv for the second time, it gets SIGTERM just
 * before: after it has looked whether to stop, and before it waits.  A server
 * whose handler only sets a flag then waits without end.  A thousand tries with
 * signals at random moments would not find that.
 *
 * With WORST=wait:1 it is the first call, in the process that was started, of
 * any function below in which a server can wait for clients.
 *
 * With WORST=pthread_mutex_unlock:3 the process gets SIGKILL instead, while it
 * has the lock for the third time. */

#define _GNU_SOURCE /* RTLD_NEXT, accept4 */

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io_uring.h"

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the names
 * of parameters in the system's headers differ from system to system. */

static pid_t first_process;

__attribute__((constructor)) static void
remember_process(void)
{
    first_process = getpid();
}

/* Tells whether WORST means calls of this function in this process. */
static bool
is_meant(const char *worst, size_t len, const char *name)
{
    if (len == strlen("wait") && strncmp(worst, "wait", len) == 0)
        return getpid() == first_process;
    return len == strlen(name) && strncmp(worst, name, len) == 0;
}

/* Is called before each call of a function below. */
static void
call_of(const char *name, int signal_number)
{
    static atomic_int calls;
    const char *worst = getenv("WORST");
    size_t len = worst == NULL ? 0 : strcspn(worst, ":");

    if (worst != NULL && worst[len] == ':' && is_meant(worst, len, name) &&
        atomic_fetch_add(&calls, 1) + 1 == strtol(worst + len + 1, NULL, 10) &&
        kill(getpid(), signal_number) == -1)
        abort();
}

/* Sets *function, a pointer to a function, to the function of that name in the
 * C library.  It copies the bytes, since ISO C has no cast from a pointer to an
 * object to a pointer to a function. */
static void
find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    memcpy(function, &found, sizeof(found));
}

/* glibc declares addr as a union of pointers to all kinds of addresses.  That
 * makes no difference to a caller, but -Wpedantic warns about it. */
#pragma GCC diagnostic ignored "-Wpedantic"

int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    __typeof__(&accept4) real;

    find(&real, "accept4");
    call_of("accept4", SIGTERM);
    return real(fd, addr, len, flags);
}

ssize_t
recv(int fd, void *bytes, size_t size, int flags)
{
    __typeof__(&recv) real;

    find(&real, "recv");
    call_of("recv", SIGTERM);
    return real(fd, bytes, size, flags);
}

int
pthread_mutex_unlock(pthread_mutex_t *lock)
{
    __typeof__(&pthread_mutex_unlock) real;

    find(&real, "pthread_mutex_unlock");
    call_of("pthread_mutex_unlock", SIGKILL);
    return real(lock);
}

int
select(int count, fd_set *reads, fd_set *writes, fd_set *others,
       struct timeval *timeout)
{
    __typeof__(&select) real;

    find(&real, "select");
    call_of("select", SIGTERM);
    return real(count, reads, writes, others, timeout);
}

int
pselect(int count, fd_set *reads, fd_set *writes, fd_set *others,
        const struct timespec *timeout, const sigset_t *mask)
{
    __typeof__(&pselect) real;

    find(&real, "pselect");
    call_of("pselect", SIGTERM);
    return real(count, reads, writes, others, timeout, mask);
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
    __typeof__(&poll) real;

    find(&real, "poll");
    call_of("poll", SIGTERM);
    return real(fds, count, timeout);
}

int
ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
      const sigset_t *mask)
{
    __typeof__(&ppoll) real;

    find(&real, "ppoll");
    call_of("ppoll", SIGTERM);
    return real(fds, count, timeout, mask);
}

/* The name of poll in programs compiled with _FORTIFY_SOURCE. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);

int
__poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
    (void)size;
    return poll(fds, count, timeout);
}

int
epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    __typeof__(&epoll_wait) real;

    find(&real, "epoll_wait");
    call_of("epoll_wait", SIGTERM);
    return real(fd, events, count, timeout);
}

/* io_uring_enter has no function of its own in the C library. */
long
syscall(long number, ...)
{
    __typeof__(&syscall) real;
    long arguments[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    find(&real, "syscall");
    if (number == IO_URING_ENTER)
        call_of("io_uring_enter", SIGTERM);
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3],
                arguments[4], arguments[5]);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

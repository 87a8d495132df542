/* worst - lets a signal come at the worst moment.
 *
 *     LD_PRELOAD=worst.so WORST=recv:2 SERVER
 *
 * The second time that a process of SERVER calls recv, SIGTERM comes to that
 * process just before: after the last look at whether to stop, and before the
 * wait.  A server that has only set a flag by then waits for ever.  No test by
 * chance would find that in a thousand tries. */

#define _GNU_SOURCE /* RTLD_NEXT, accept4 */

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the names
 * of parameters in the system's headers differ from system to system. */

static void
call_of(const char *name)
{
    static atomic_int calls;
    const char *worst = getenv("WORST");
    size_t len = strlen(name);

    if (worst == NULL || strncmp(worst, name, len) != 0 || worst[len] != ':')
        return;
    if (atomic_fetch_add(&calls, 1) + 1 == strtol(worst + len + 1, NULL, 10) &&
        kill(getpid(), SIGTERM) == -1)
        abort();
}

/* Sets the function pointer at function to what the name would mean without
 * this file.  By memcpy, since ISO C knows no cast from an object to one. */
static void
find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    memcpy(function, &found, sizeof(found));
}

/* glibc declares addr as a union of all kinds of address, which is the same to
 * the caller and not to -Wpedantic. */
#pragma GCC diagnostic ignored "-Wpedantic"

int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    __typeof__(&accept4) real;

    find(&real, "accept4");
    call_of("accept4");
    return real(fd, addr, len, flags);
}

ssize_t
recv(int fd, void *bytes, size_t size, int flags)
{
    __typeof__(&recv) real;

    find(&real, "recv");
    call_of("recv");
    return real(fd, bytes, size, flags);
}

int
select(int count, fd_set *reads, fd_set *writes, fd_set *others,
       struct timeval *timeout)
{
    __typeof__(&select) real;

    find(&real, "select");
    call_of("select");
    return real(count, reads, writes, others, timeout);
}

int
pselect(int count, fd_set *reads, fd_set *writes, fd_set *others,
        const struct timespec *timeout, const sigset_t *mask)
{
    __typeof__(&pselect) real;

    find(&real, "pselect");
    call_of("pselect");
    return real(count, reads, writes, others, timeout, mask);
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
    __typeof__(&poll) real;

    find(&real, "poll");
    call_of("poll");
    return real(fds, count, timeout);
}

/* What poll is called where _FORTIFY_SOURCE is on. */
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
    call_of("epoll_wait");
    return real(fd, events, count, timeout);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

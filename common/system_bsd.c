/* For the BSDs and for macOS.  Nobody has run this there yet: on Linux, the
 * tests only check that it compiles. */

#include "common/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/options.h"

int
system_accept(int listener, bool nonblocking, struct sockaddr_storage *addr,
              socklen_t *len)
{
    int fd = accept(listener, (struct sockaddr *)addr, len);

    /* Not all of these systems have accept4.  The new socket inherits
     * O_NONBLOCK from the listener there, so it is always set here.  Neither
     * call can fail for a socket. */
    if (fd != -1) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void)fcntl(fd, F_SETFL, nonblocking ? O_NONBLOCK : 0);
    }
    return fd;
}

bool
system_accept_lost_client(int error)
{
    return error == ECONNABORTED || error == EPROTO;
}

void
system_end_accept(int listener)
{
    /* FreeBSD ends an accept that waits, and only that one, so accept must not
     * wait any more.  kqueue, select and poll are ended by the signal. */
    (void)fcntl(listener, F_SETFL, O_NONBLOCK);
    (void)shutdown(listener, SHUT_RD);
}

int
system_end_with_parent(pid_t parent)
{
    /* There is no such request that all these systems know.  So children
     * outlive a parent that is killed. */
    if (getppid() != parent) {
        errno = ESRCH;
        return -1;
    }
    return 0;
}

int
system_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1)
        return 1;
    return cores < WORKERS_MAX ? (int)cores : WORKERS_MAX;
}

pid_t
system_thread_id(void)
{
    static atomic_int threads;
    static _Thread_local int number;

    /* Each system has another call for this, so threads get our own numbers.
     * The first one that asks has the number of the process, as on Linux. */
    if (number == 0)
        number = (int)getpid() + atomic_fetch_add(&threads, 1);
    return (pid_t)number;
}

int
system_unacknowledged(int fd)
{
    int bytes = 0;

#if defined(SO_NWRITE) /* macOS */
    socklen_t len = sizeof(bytes);

    return getsockopt(fd, SOL_SOCKET, SO_NWRITE, &bytes, &len) == -1 ? 0
                                                                     : bytes;
#elif defined(FIONWRITE) /* FreeBSD, NetBSD */
    return ioctl(fd, FIONWRITE, &bytes) == -1 ? 0 : bytes;
#else
    return ioctl(fd, TIOCOUTQ, &bytes) == -1 ? 0 : bytes;
#endif
}

int
system_unread(int fd)
{
    int bytes = 0;

    return ioctl(fd, FIONREAD, &bytes) == -1 ? 0 : bytes;
}

long
system_peak_memory(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == -1)
        return 0;
#ifdef __APPLE__
    return usage.ru_maxrss / 1024; /* it counts in bytes */
#else
    return usage.ru_maxrss;
#endif
}

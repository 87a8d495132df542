#define _GNU_SOURCE /* accept4, gettid, sched_getaffinity */

#include "common/system.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

int
system_accept(int listener, bool nonblocking, struct sockaddr_storage *addr,
              socklen_t *len)
{
    return accept4(listener, (struct sockaddr *)addr, len,
                   SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
}

bool
system_accept_lost_client(int error)
{
    switch (error) {
    /* Linux passes errors of the client's network on, and accept(2) says to
     * treat them like EAGAIN. */
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: /* a firewall's rule */
        return true;
    default:
        return false;
    }
}

void
system_end_accept(int listener)
{
    /* It fails only if the listener has been shut down before. */
    (void)shutdown(listener, SHUT_RD);
}

int
system_end_with_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        return -1;
    /* The parent may have ended before that call.  Then the kernel has given
     * this process another parent. */
    if (getppid() != parent) {
        errno = ESRCH;
        return -1;
    }
    return 0;
}

int
system_cores(void)
{
    cpu_set_t set;

    /* It fails if the machine has more cores than the set has room for. */
    return sched_getaffinity(0, sizeof(set), &set) == -1 ? 1 : CPU_COUNT(&set);
}

pid_t
system_thread_id(void)
{
    return gettid();
}

int
system_unacknowledged(int fd)
{
    int bytes = 0;

    /* tcp(7) calls this SIOCOUTQ, which is the same number. */
    return ioctl(fd, TIOCOUTQ, &bytes) == -1 ? 0 : bytes;
}

int
system_unread(int fd)
{
    int bytes = 0;

    /* tcp(7): SIOCINQ or FIONREAD. */
    return ioctl(fd, FIONREAD, &bytes) == -1 ? 0 : bytes;
}

/* Not from getrusage(2): an exec does not reset ru_maxrss, so a small server
 * would show the size of the shell that started it. */
long
system_peak_memory(void)
{
    long peak = 0;
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];

    if (status == NULL)
        return 0;
    while (fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "VmHWM: %ld kB", &peak) == 1)
            break;
    fclose(status);
    return peak;
}

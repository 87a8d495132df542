/* kqueue - a stand-in for kqueue(2), made of poll(2) and epoll(7), so that the
 * server kqueue and the tools can be tested on Linux.  It knows only what they
 * use: filters that report once (EV_ONESHOT), in one queue per process; filters
 * for both directions of a socket that report each change (EV_CLEAR); and no
 * other threads.  EVFILT_SIGNAL does
 * nothing, because on Linux a stop request ends the wait in another way
 * (system_end_accept). */

#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/stat.h>

#define FILTERS_MAX 20000
#define TO_READ     (POLLIN | POLLRDHUP)
#define CHANGES_MAX 128
#define ENDED       ((uint32_t)(EPOLLRDHUP | EPOLLHUP | EPOLLERR))

/* What reports once: entry i of both arrays belongs together.  One more entry
 * is for the queue, which is an epoll instance that holds all other filters. */
static struct pollfd fds[FILTERS_MAX + 1];
static ino_t inodes[FILTERS_MAX]; /* a filter ends when its file is closed */
static int count;

int
kqueue(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

/* Returns the inode of an open descriptor; 0 if it is not open. */
static ino_t
inode_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == -1 ? 0 : status.st_ino;
}

static void
forget(int i)
{
    count--;
    fds[i] = fds[count];
    inodes[i] = inodes[count];
}

/* Adds a filter that stays.  Returns 0, or what is wrong. */
static int
add_lasting(int queue, const struct kevent *filter)
{
    const uint32_t both = (uint32_t)EPOLLIN | (uint32_t)EPOLLOUT |
                          (uint32_t)EPOLLRDHUP | (uint32_t)EPOLLET;
    struct epoll_event event = {
        .events = filter->flags & EV_CLEAR ? both : (uint32_t)EPOLLIN,
        .data.u64 =
            (uint64_t)filter->ident << 32 | (uint32_t)(uintptr_t)filter->udata,
    };
    int fd = (int)filter->ident;

    if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) == 0 ||
        (errno == EEXIST && epoll_ctl(queue, EPOLL_CTL_MOD, fd, &event) == 0))
        return 0;
    return errno;
}

/* Adds a filter that reports once.  Returns 0, or what is wrong. */
static int
add(int fd, short events)
{
    ino_t inode = inode_of(fd);

    if (inode == 0)
        return EBADF;
    for (int i = 0; i < count; i++)
        if (fds[i].fd == fd && fds[i].events == events && inodes[i] == inode)
            return 0;
    if (count == FILTERS_MAX)
        return ENOMEM;
    fds[count] = (struct pollfd){.fd = fd, .events = events};
    inodes[count++] = inode;
    return 0;
}

/* Stores what the filters that stay report, in two events for each socket that
 * can be both read and written.  Returns how many. */
static int
take_lasting(int queue, struct kevent *events, int event_count)
{
    struct epoll_event found[CHANGES_MAX];
    int max = event_count / 2 < CHANGES_MAX ? event_count / 2 : CHANGES_MAX;
    int ready = max > 0 ? epoll_wait(queue, found, max, 0) : 0;
    int n = 0;

    for (int i = 0; i < ready; i++) {
        uint32_t what = found[i].events;
        struct kevent event = {
            .ident = (uintptr_t)(found[i].data.u64 >> 32),
            .flags = what & ENDED ? EV_EOF : 0,
            .udata = (void *)(uintptr_t)(uint32_t)found[i].data.u64,
        };

        for (int k = 0; k < 2; k++) {
            event.filter = k == 0 ? EVFILT_READ : EVFILT_WRITE;
            if (what &
                (k == 0 ? (uint32_t)EPOLLIN | ENDED : (uint32_t)EPOLLOUT))
                events[n++] = event;
        }
    }
    return n;
}

int
kevent(int queue, const struct kevent *changes, int change_count,
       struct kevent *events, int event_count, const struct timespec *timeout)
{
    int n = 0;

    for (int i = 0; i < change_count; i++) {
        int error = 0;

        if (changes[i].flags & EV_ONESHOT)
            error = add((int)changes[i].ident,
                        changes[i].filter == EVFILT_READ ? TO_READ : POLLOUT);
        else if (changes[i].filter != EVFILT_SIGNAL)
            error = add_lasting(queue, &changes[i]);
        if (error != 0 && n == event_count) {
            errno = error;
            return -1;
        }
        if (error != 0) {
            events[n] = changes[i];
            events[n].flags = EV_ERROR;
            events[n++].data = error;
        }
    }
    if (n > 0 || event_count == 0)
        return n;
    for (int i = count - 1; i >= 0; i--)
        if (inode_of(fds[i].fd) != inodes[i])
            forget(i);
    fds[count] = (struct pollfd){.fd = queue, .events = POLLIN};
    if (ppoll(fds, (nfds_t)count + 1, timeout, NULL) == -1)
        return -1;
    if (fds[count].revents != 0)
        n = take_lasting(queue, events, event_count);
    for (int i = count - 1; i >= 0 && n < event_count; i--)
        if (fds[i].revents != 0) {
            events[n] = (struct kevent){
                .ident = (uintptr_t)fds[i].fd,
                .filter = fds[i].events == TO_READ ? EVFILT_READ : EVFILT_WRITE,
            };
            if ((fds[i].revents & POLLRDHUP) != 0)
                events[n].flags = EV_EOF; /* there may still be bytes to read */
            n++;
            forget(i); /* EV_ONESHOT */
        }
    return n;
}

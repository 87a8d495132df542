/* kqueue - a stand-in for kqueue(2), made of poll(2), so that the server kqueue
 * can be tested on Linux.  It knows only what that server uses: one queue per
 * process, filters that report once, and no other threads.  EVFILT_SIGNAL does
 * nothing, because on Linux a stop request ends the wait in another way
 * (system_end_accept). */

#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/event.h>
#include <sys/stat.h>

#define FILTERS_MAX 20000
#define TO_READ     (POLLIN | POLLRDHUP)

/* What is watched: entry i of both arrays belongs together. */
static struct pollfd fds[FILTERS_MAX];
static ino_t inodes[FILTERS_MAX]; /* a filter ends when its file is closed */
static int count;

int
kqueue(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
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

/* Adds a filter.  Returns 0, or what is wrong. */
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

int
kevent(int queue, const struct kevent *changes, int change_count,
       struct kevent *events, int event_count, const struct timespec *timeout)
{
    int n = 0;

    (void)queue;
    for (int i = 0; i < change_count; i++) {
        int error =
            changes[i].filter == EVFILT_SIGNAL
                ? 0
                : add((int)changes[i].ident,
                      changes[i].filter == EVFILT_READ ? TO_READ : POLLOUT);

        if (error != 0 && n < event_count) {
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
    if (ppoll(fds, (nfds_t)count, timeout, NULL) == -1)
        return -1;
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

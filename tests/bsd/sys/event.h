/* event.h - what kqueue.c needs of <sys/event.h> of the BSDs and of macOS, so
 * that it can be compiled and tried on Linux.  kqueue.c in this folder defines
 * the functions. */

#ifndef TESTS_BSD_SYS_EVENT_H
#define TESTS_BSD_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
    uintptr_t ident; /* a descriptor, or the number of a signal */
    short filter;
    unsigned short flags;
    unsigned fflags;
    int64_t data;
    void *udata;
};

#define EVFILT_READ   (-1)
#define EVFILT_WRITE  (-2)
#define EVFILT_SIGNAL (-6)

#define EV_ADD     0x0001
#define EV_DELETE  0x0002
#define EV_ONESHOT 0x0010
#define EV_CLEAR   0x0020
#define EV_ERROR   0x4000
#define EV_EOF     0x8000

#define EV_SET(event, id, kind, what, more, amount, pointer) \
    (*(event) = (struct kevent){.ident = (id),               \
                                .filter = (kind),            \
                                .flags = (what),             \
                                .fflags = (more),            \
                                .data = (amount),            \
                                .udata = (pointer)})

int kqueue(void);

int
kevent(int queue, const struct kevent *changes, int change_count,
       struct kevent *events, int event_count, const struct timespec *timeout);

#endif

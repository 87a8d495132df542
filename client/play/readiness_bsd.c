#include "client/play/readiness.h"

#include <errno.h>
#include <stddef.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

#define EVENTS_MAX 512

bool
readiness_open(struct readiness *r)
{
    *r = (struct readiness){.fd = kqueue()};
    return r->fd != -1;
}

void
readiness_close(struct readiness *r)
{
    close(r->fd);
}

/* Adds filters to the set, or lets them look again (kqueue(2), EV_ADD). */
static int
add(struct readiness *r, const struct kevent *filters, int count)
{
    return kevent(r->fd, filters, count, NULL, 0, NULL) == -1 ? errno : 0;
}

int
readiness_add(struct readiness *r, int fd, uint32_t id)
{
    struct kevent filters[2];
    void *udata = (void *)(uintptr_t)id;

    /* EV_CLEAR: edge-triggered. */
    EV_SET(&filters[0], (uintptr_t)fd, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0,
           udata);
    EV_SET(&filters[1], (uintptr_t)fd, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0,
           udata);
    return add(r, filters, 2);
}

int
readiness_again(struct readiness *r, int fd, uint32_t id)
{
    return readiness_add(r, fd, id);
}

int
readiness_add_input(struct readiness *r, int fd, uint32_t id)
{
    struct kevent filter;

    EV_SET(&filter, (uintptr_t)fd, EVFILT_READ, EV_ADD, 0, 0,
           (void *)(uintptr_t)id);
    return add(r, &filter, 1);
}

static unsigned
what_happened(const struct kevent *event)
{
    unsigned what =
        event->filter == EVFILT_READ ? READINESS_READ : READINESS_WRITE;

    return event->flags & (EV_EOF | EV_ERROR) ? what | READINESS_END : what;
}

int
readiness_wait(struct readiness *r, struct readiness_event *events, int max,
               int64_t until_ns)
{
    struct kevent found[EVENTS_MAX];
    int64_t left_ns = until_ns - clock_now();
    struct timespec limit = {0};
    int count = 0;
    int n;

    if (left_ns > 0) {
        limit.tv_sec = (time_t)(left_ns / CLOCK_S);
        limit.tv_nsec = (long)(left_ns % CLOCK_S);
    }
    n = kevent(r->fd, NULL, 0, found, max < EVENTS_MAX ? max : EVENTS_MAX,
               until_ns == CLOCK_NEVER ? NULL : &limit);
    if (n == -1)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < n; i++) {
        uint32_t id = (uint32_t)(uintptr_t)found[i].udata;
        int at = 0;

        /* The two filters of a socket report separately, but what the caller
         * does for the first may close this socket and open another. */
        while (at < count && events[at].id != id)
            at++;
        if (at == count)
            events[count++] = (struct readiness_event){.id = id};
        events[at].what |= what_happened(&found[i]);
    }
    return count;
}

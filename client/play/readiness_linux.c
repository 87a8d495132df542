#include "client/play/readiness.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

#define EVENTS_MAX  512
#define TIMER_EVENT UINT32_MAX /* no other id */

static int
control(struct readiness *r, int operation, int fd, uint32_t events,
        uint32_t id)
{
    struct epoll_event event = {.events = events, .data.u32 = id};

    return epoll_ctl(r->fd, operation, fd, &event) == -1 ? errno : 0;
}

bool
readiness_open(struct readiness *r)
{
    *r = (struct readiness){
        .fd = epoll_create1(EPOLL_CLOEXEC),
        .timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
        .expiry_ns = CLOCK_NEVER,
    };
    if (r->fd == -1 || r->timer_fd == -1)
        return false;
    errno = control(r, EPOLL_CTL_ADD, r->timer_fd,
                    (uint32_t)EPOLLIN | (uint32_t)EPOLLET, TIMER_EVENT);
    return errno == 0;
}

void
readiness_close(struct readiness *r)
{
    close(r->timer_fd);
    close(r->fd);
}

static const uint32_t all = (uint32_t)EPOLLIN | (uint32_t)EPOLLOUT |
                            (uint32_t)EPOLLRDHUP | (uint32_t)EPOLLET;

int
readiness_add(struct readiness *r, int fd, uint32_t id)
{
    return control(r, EPOLL_CTL_ADD, fd, all, id);
}

int
readiness_again(struct readiness *r, int fd, uint32_t id)
{
    return control(r, EPOLL_CTL_MOD, fd, all, id);
}

int
readiness_add_input(struct readiness *r, int fd, uint32_t id)
{
    return control(r, EPOLL_CTL_ADD, fd, EPOLLIN, id);
}

/* Lets timer_fd end a wait at this time.  A limit of epoll_wait itself would be
 * in whole milliseconds, and the kernel would set a timer for each wait. */
static int
set_timer(struct readiness *r, int64_t expiry_ns)
{
    struct itimerspec when = {.it_value = {0}};

    if (expiry_ns == r->expiry_ns)
        return 0;
    if (expiry_ns != CLOCK_NEVER) {
        when.it_value.tv_sec = (time_t)(expiry_ns / CLOCK_S);
        when.it_value.tv_nsec = (long)(expiry_ns % CLOCK_S);
    }
    r->expiry_ns = expiry_ns;
    return timerfd_settime(r->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

int
readiness_wait(struct readiness *r, struct readiness_event *events, int max,
               int64_t until_ns)
{
    struct epoll_event found[EVENTS_MAX];
    int limit_ms = until_ns <= clock_now() ? 0 : -1;
    int count = 0;
    int n;

    if (set_timer(r, until_ns) == -1)
        return -1;
    n = epoll_wait(r->fd, found, max < EVENTS_MAX ? max : EVENTS_MAX, limit_ms);
    if (n == -1)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < n; i++) {
        uint32_t what = found[i].events;

        if (found[i].data.u32 != TIMER_EVENT)
            events[count++] = (struct readiness_event){
                .id = found[i].data.u32,
                .what =
                    (what & EPOLLIN ? READINESS_READ : 0) |
                    (what & EPOLLOUT ? READINESS_WRITE : 0) |
                    (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) ? READINESS_END
                                                               : 0),
            };
    }
    return count;
}

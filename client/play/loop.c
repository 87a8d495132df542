#include "client/play/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

#define EVENTS_MAX        512
#define DESCRIPTORS_SPARE 32 /* standard streams, epoll, the pipe, ... */
/* If nothing happens, the loop wakes up every LOOK_NS.  If it sleeps for
 * another GAP_NS, this program did not run. */
#define LOOK_NS     (CLOCK_S / 2)
#define GAP_NS      (CLOCK_S / 2)
#define STOP_EVENT  UINT32_MAX
#define TIMER_EVENT (UINT32_MAX - 1)

int
loop_lacks_descriptors(int clients)
{
    int needed = clients + DESCRIPTORS_SPARE;

    return net_raise_limit() < needed ? needed : 0;
}

static void
watch(const struct loop *l, int fd, uint32_t events, uint32_t id)
{
    struct epoll_event event = {.events = events, .data.u32 = id};

    if (epoll_ctl(l->group.epoll_fd, EPOLL_CTL_ADD, fd, &event) == -1)
        die("epoll_ctl");
}

void
loop_open(struct loop *l, const struct plan *plan, int clients,
          const struct address_list *to,
          const struct client_callbacks *callbacks, void *context, int stop_fd)
{
    *l = (struct loop){
        .group = {.plan = *plan,
                  .callbacks = callbacks,
                  .context = context,
                  .to = to,
                  .epoll_fd = epoll_create1(EPOLL_CLOEXEC)},
        .clients = calloc((size_t)clients, sizeof(*l->clients)),
        .count = clients,
        .timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
        .alarm_ns = CLOCK_NEVER,
    };
    if (l->clients == NULL)
        die("memory for the clients");
    if (l->group.epoll_fd == -1 || l->timer_fd == -1)
        die("epoll");
    for (int i = 0; i < 2; i++)
        deadline_init(&l->group.pauses[i]);
    for (int i = 0; i < clients; i++)
        l->clients[i] =
            (struct client){.number = i, .fd = -1, .granted = INT64_MAX};
    watch(l, stop_fd, EPOLLIN, STOP_EVENT);
    watch(l, l->timer_fd, (uint32_t)EPOLLIN | (uint32_t)EPOLLET, TIMER_EVENT);
    l->group.origin_ns = clock_now();
}

void
loop_close(struct loop *l)
{
    close(l->timer_fd);
    close(l->group.epoll_fd);
    free(l->clients);
}

int64_t
loop_now(const struct loop *l)
{
    return clock_now() - l->group.origin_ns;
}

/* Lets the clients go on whose pauses have ended. */
static void
end_pauses(struct loop *l, struct deadline_queue *q)
{
    while (deadline_next(q) <= l->woken_ns)
        client_step(&l->group, (struct client *)deadline_first(q), 0);
}

/* Lets timer_fd end a wait at this time.  A limit of epoll_wait itself would be
 * in whole milliseconds, and the kernel would set a timer for each wait. */
static void
set_alarm(struct loop *l, int64_t when_ns)
{
    struct itimerspec when = {.it_value = {0}};
    int64_t ns = l->group.origin_ns + when_ns;

    if (when_ns == l->alarm_ns)
        return;
    if (when_ns != CLOCK_NEVER) {
        when.it_value.tv_sec = (time_t)(ns / CLOCK_S);
        when.it_value.tv_nsec = (long)(ns % CLOCK_S);
    }
    if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == -1)
        die("timerfd_settime");
    l->alarm_ns = when_ns;
}

bool
loop_wait(struct loop *l, int64_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t before_ns = l->woken_ns;
    int64_t now_ns = loop_now(l);
    int64_t next_ns;
    bool stopped = false;
    int n;

    if (now_ns >= l->look_ns)
        l->look_ns = now_ns + LOOK_NS;
    next_ns = until_ns < l->look_ns ? until_ns : l->look_ns;
    for (int i = 0; i < 2; i++)
        if (deadline_next(&l->group.pauses[i]) < next_ns)
            next_ns = deadline_next(&l->group.pauses[i]);
    if (now_ns - l->woken_ns > l->lag_ns)
        l->lag_ns = now_ns - l->woken_ns;
    set_alarm(l, next_ns);
    n = epoll_wait(l->group.epoll_fd, events, EVENTS_MAX,
                   next_ns <= now_ns ? 0 : -1);
    if (n == -1 && errno != EINTR)
        die("epoll_wait");
    l->woken_ns = loop_now(l);
    if (l->woken_ns - before_ns > LOOK_NS + GAP_NS)
        l->stopped_ns += l->woken_ns - before_ns;
    for (int i = 0; i < n; i++)
        if (events[i].data.u32 == STOP_EVENT)
            stopped = true;
        else if (events[i].data.u32 != TIMER_EVENT)
            client_step(&l->group, &l->clients[events[i].data.u32],
                        events[i].events);
    for (int i = 0; i < 2; i++)
        end_pauses(l, &l->group.pauses[i]);
    return !stopped;
}

#include "client/play/load.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "client/play/load_client.h"
#include "common/clock.h"
#include "common/log.h"

#define EVENTS_MAX  512
#define WARMUPS_MAX 20 /* as long again, while somebody waits for an answer */
#define AT_A_TIME   64 /* clients that are on their way in */
#define TICK_NS     (100 * CLOCK_MS)
#define STOP_EVENT  UINT32_MAX
#define TIMER_EVENT (UINT32_MAX - 1)

struct run {
    struct load_client_scene scene;
    struct load *load;
    const struct load_watcher *watcher;
    struct load_client *flows; /* the busy ones, then the idle ones */
    int count;                 /* of all */
    int started;               /* so many busy ones have begun to connect */
    int started_idle;
    int timer;         /* a timerfd */
    int64_t until_ns;  /* this stretch lasts until then at most */
    bool stretch_over; /* that moment has come */
    int64_t tick_ns;   /* when the next tick is due */
    bool stopped;
};

static bool
agree(void *context, const struct load *l)
{
    (void)context;
    (void)l;
    return true;
}

static void
ignore(void *context, const struct load *l)
{
    (void)context;
    (void)l;
}

struct load_watcher
load_unwatched(void)
{
    return (struct load_watcher){
        .begins = agree, .ended = ignore, .tick = ignore};
}

/* Has the timer ring at the end of the stretch, or when the next tick is due.
 */
static void
set_timer(const struct run *r)
{
    int64_t ns = r->until_ns < r->tick_ns ? r->until_ns : r->tick_ns;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(ns / CLOCK_S),
                     .tv_nsec = (long)(ns % CLOCK_S)},
    };

    if (timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &when, NULL) == -1)
        die("timerfd_settime");
}

/* The timer has rung. */
static void
look_at_clock(struct run *r)
{
    int64_t now_ns = clock_now();

    if (now_ns >= r->tick_ns) {
        r->tick_ns = now_ns + TICK_NS;
        r->watcher->tick(r->watcher->context, r->load);
    }
    r->stretch_over = now_ns >= r->until_ns;
    if (!r->stretch_over)
        set_timer(r);
}

/* Begins a stretch that lasts so long at most. */
static void
begin_stretch(struct run *r, int64_t ns)
{
    r->until_ns = clock_now() + ns;
    r->stretch_over = false;
    set_timer(r);
}

/* Waits, and goes on with the flows for which something has happened.  A limit
 * to the wait itself would cost more each time than a message's share of it:
 * hence the timer. */
static void
turn(struct run *r)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(r->scene.epoll, events, EVENTS_MAX, -1);

    if (n == -1 && errno != EINTR)
        die("epoll_wait");
    for (int i = 0; i < n; i++) {
        int client = (int)events[i].data.u32;

        if (events[i].data.u32 == STOP_EVENT)
            r->stopped = true;
        else if (events[i].data.u32 == TIMER_EVENT)
            look_at_clock(r);
        else if (r->flows[client].state != LOAD_CLIENT_OVER)
            load_client_step(&r->scene, &r->flows[client], client,
                             events[i].events);
    }
}

static int
count_started(const struct run *r)
{
    return r->started + r->started_idle;
}

/* Lets more clients connect, the idle ones first, so that they have been
 * accepted before the first of the others is answered. */
static void
start_some(struct run *r)
{
    const struct plan *plan = &r->load->plan;

    while (r->scene.coming < AT_A_TIME && count_started(r) < r->count) {
        int client = r->started_idle < plan->idle
                         ? plan->clients + r->started_idle++
                         : r->started++;

        load_client_start(&r->scene, &r->flows[client], client);
    }
}

/* Tells whether there is a reason to go on: nobody asks to stop, and some
 * client has not ended. */
static bool
goes_on(const struct run *r)
{
    return !r->stopped && r->scene.over < r->count;
}

/* Lets all connect who can; whoever has not when nothing has moved for long may
 * still do so later, if it has begun to. */
static void
connect_all(struct run *r)
{
    int arrived = 0;

    begin_stretch(r, LOAD_CONNECT_NS);
    while (goes_on(r) && !r->stretch_over) {
        start_some(r);
        if (count_started(r) == r->count && r->scene.coming == 0)
            return;
        turn(r);
        if (r->scene.arrived != arrived)
            r->until_ns = clock_now() + LOAD_CONNECT_NS;
        arrived = r->scene.arrived;
        r->load->arrived = arrived;
    }
}

/* Lets the load go on for so long. */
static void
go_on(struct run *r, int64_t ns)
{
    begin_stretch(r, ns);
    while (goes_on(r) && !r->stretch_over)
        turn(r);
}

static void
count_unheard(struct run *r)
{
    r->load->unheard = 0;
    for (int i = 0; i < r->load->plan.clients; i++)
        r->load->unheard +=
            r->flows[i].state != LOAD_CLIENT_OVER && r->flows[i].answers == 0;
}

/* Lets the load go on for a while before it is measured, and longer if some
 * client still waits for its first answer. */
static void
warm_up(struct run *r)
{
    int64_t warmup_ns = r->load->plan.warmup_ns;

    go_on(r, warmup_ns);
    count_unheard(r);
    for (int i = 0; i < WARMUPS_MAX && warmup_ns > 0 && r->load->unheard > 0;
         i++) {
        go_on(r, warmup_ns);
        count_unheard(r);
    }
}

/* Adds to what is waited for how long clients have been waiting already, at the
 * end of measuring, or, at its beginning, takes that away.  Who never gets an
 * answer is not part of what is measured. */
static void
add_waiting(struct run *r, int64_t now_ns, int sign)
{
    const struct load *l = r->load;

    for (int i = 0; i < l->plan.clients; i++) {
        const struct load_client *f = &r->flows[i];
        int64_t ns = load_client_waiting_ns(&r->scene, f, i, now_ns);

        if (f->state == LOAD_CLIENT_OVER || f->state == LOAD_CLIENT_ABSENT ||
            f->answers == 0)
            continue;
        if (f->since_ns != 0)
            r->load->between_ns += sign * ns;
        else
            r->load->unfinished_ns += sign * ns;
    }
}

/* Measures for as long as the plan says. */
static void
measure(struct run *r)
{
    struct load *l = r->load;
    int64_t cpu_ns;

    if (!goes_on(r))
        return;
    if (!r->watcher->begins(r->watcher->context, l)) {
        r->stopped = true;
        return;
    }
    r->scene.measuring = true;
    cpu_ns = clock_used();
    l->began_ns = clock_now();
    add_waiting(r, l->began_ns, -1);
    go_on(r, l->plan.duration_ns);
    l->took_ns = clock_now() - l->began_ns;
    add_waiting(r, l->began_ns + l->took_ns, 1);
    l->cpu_ns = clock_used() - cpu_ns;
    r->scene.measuring = false;
    r->watcher->ended(r->watcher->context, l);
}

/* Lets the clients come to an end. */
static void
close_all(struct run *r)
{
    struct load *l = r->load;

    l->end = r->stopped ? RECORD_INTERRUPTED : RECORD_DONE;
    count_unheard(r);
    r->scene.closing = true;
    for (int i = 0; i < r->count; i++)
        if (r->flows[i].state != LOAD_CLIENT_OVER &&
            r->flows[i].state != LOAD_CLIENT_ABSENT)
            load_client_close(&r->scene, &r->flows[i], i);
    go_on(r, LOAD_LEAVE_NS);
    for (int i = 0; i < r->count; i++)
        load_client_cut(&r->scene, &r->flows[i]);
}

void
load_play(struct load *l, const struct sockaddr_storage *to, socklen_t to_len,
          const struct load_watcher *watcher, int stop_fd)
{
    struct epoll_event stop = {.events = EPOLLIN, .data.u32 = STOP_EVENT};
    struct epoll_event timer = {.events = (uint32_t)EPOLLIN | (uint32_t)EPOLLET,
                                .data.u32 = TIMER_EVENT};
    struct run *r = calloc(1, sizeof(*r));
    struct plan plan = l->plan;
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    *l = (struct load){.plan = plan};
    if (r == NULL) {
        die("memory for the load");
        return; /* never: for a checker that does not know die */
    }
    if (load_client_stage(&r->scene, l, epoll) == -1)
        die("memory for the load");
    r->load = l;
    r->watcher = watcher;
    r->count = plan.clients + plan.idle;
    r->flows = calloc((size_t)r->count, sizeof(*r->flows));
    if (r->flows == NULL)
        die("memory for the clients");
    r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (epoll == -1 || r->timer == -1 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, r->timer, &timer) == -1 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, stop_fd, &stop) == -1)
        die("epoll");
    r->scene.to = *to;
    r->scene.to_len = to_len;
    r->tick_ns = clock_now() + TICK_NS;

    connect_all(r);
    warm_up(r);
    measure(r);
    close_all(r);

    close(r->timer);
    close(epoll);
    load_client_strike(&r->scene);
    free(r->flows);
    free(r);
}

double
load_in_flight(const struct load *l)
{
    if (l->took_ns == 0)
        return 0;
    return (double)(l->answering.sum_ns + l->unfinished_ns) /
           (double)l->took_ns;
}

double
load_busy(const struct load *l)
{
    if (l->plan.pipeline > 1 && l->plan.per_connection > 0)
        return -1;
    return load_in_flight(l) / l->plan.pipeline +
           (l->took_ns > 0 ? (double)l->between_ns / (double)l->took_ns : 0);
}

#include "client/play/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/play/client_run.h"
#include "client/play/timers.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

#define EVENTS_MAX        256
#define STARTS_MAX        64 /* before the clients that run are looked after */
#define DESCRIPTORS_SPARE 32 /* standard streams, epoll, the pipe, ... */
#define STOP_EVENT        UINT32_MAX

/* A lane and what the loop has to remember of it. */
struct seat {
    struct client_run lane;
    unsigned watched; /* what epoll watches: CLIENT_RUN_IN, CLIENT_RUN_OUT */
    bool timed;       /* has a timer */
};

struct run {
    struct client_run_scene scene;
    struct record *record;
    struct seat *seats;
    struct timers timers;
    int epoll_fd;
    int begun;        /* clients 0 to begun - 1 have been started */
    int over;         /* so many of them have ended */
    int64_t woken_ns; /* when the last wait ended */
    int64_t tick_ns;  /* when the watcher is due */
};

int
loop_lacks_descriptors(int clients)
{
    struct rlimit limit;
    int needed = clients + DESCRIPTORS_SPARE;

    net_raise_limit();
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        die("getrlimit");
    return limit.rlim_cur < (rlim_t)needed ? needed : 0;
}

static void
watch(const struct run *r, int operation, int fd, uint32_t events, uint32_t id)
{
    struct epoll_event event = {.events = events, .data.u32 = id};

    if (epoll_ctl(r->epoll_fd, operation, fd, &event) == -1)
        die("epoll_ctl");
}

/* A step of this client has returned what to wait for. */
static void
settle(struct run *r, int client, unsigned waits)
{
    struct seat *seat = &r->seats[client];
    unsigned wanted = waits & (CLIENT_RUN_IN | CLIENT_RUN_OUT);

    if (waits == 0) {
        /* Closing the descriptor has taken it out of the epoll set. */
        r->over++;
        return;
    }
    if (wanted != seat->watched) {
        watch(r, seat->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
              seat->lane.fd,
              (wanted & CLIENT_RUN_IN ? (uint32_t)EPOLLIN : 0) |
                  (wanted & CLIENT_RUN_OUT ? (uint32_t)EPOLLOUT : 0),
              (uint32_t)client);
        seat->watched = wanted;
    }
    /* due_ns only ever moves on: a timer that comes too early is renewed. */
    if ((waits & CLIENT_RUN_TIME) && !seat->timed) {
        timers_add(&r->timers, seat->lane.due_ns, client);
        seat->timed = true;
    }
}

static int64_t
next_start_ns(const struct run *r)
{
    if (r->begun == r->record->plan.clients)
        return CLOCK_NEVER;
    return r->begun * r->record->plan.stagger_ns;
}

/* Starts who is due, but not so many that those who run would have to wait
 * and their times be wrong. */
static void
start_clients(struct run *r)
{
    for (int i = 0; i < STARTS_MAX; i++) {
        if (next_start_ns(r) > client_run_now(&r->scene))
            return;
        r->begun++;
        settle(r, r->begun - 1,
               client_run_start(&r->scene, &r->seats[r->begun - 1].lane,
                                r->begun - 1));
    }
}

static void
run_timers(struct run *r)
{
    int64_t now_ns = client_run_now(&r->scene);
    int client;

    while (timers_take(&r->timers, now_ns, &client)) {
        struct seat *seat = &r->seats[client];

        seat->timed = false;
        if (seat->lane.state != CLIENT_RUN_OVER)
            settle(r, client,
                   client_run_step(&r->scene, &seat->lane, CLIENT_RUN_TIME));
    }
}

static void
handle(struct run *r, const struct epoll_event *event)
{
    struct seat *seat = &r->seats[event->data.u32];
    unsigned ready = 0;

    /* An error or a hangup shows in whatever is tried next. */
    if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        ready |= CLIENT_RUN_IN;
    if (event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        ready |= CLIENT_RUN_OUT;
    settle(r, (int)event->data.u32,
           client_run_step(&r->scene, &seat->lane, ready));
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What happens while the loop is busy gets the time at which it is seen.  How
 * much later that can be tells how far the times are to be trusted. */
static void
note_lag(struct run *r)
{
    int64_t lag_ns = client_run_now(&r->scene) - r->woken_ns;

    if (lag_ns > r->record->lag_ns)
        r->record->lag_ns = lag_ns;
}

static void
tick(struct run *r)
{
    const struct observer *w = r->scene.watcher;
    int64_t now_ns = client_run_now(&r->scene);

    if (now_ns < r->tick_ns)
        return;
    w->tick(w->context, r->record, now_ns);
    r->tick_ns = w->tick_ns > 0 ? now_ns + w->tick_ns : CLOCK_NEVER;
}

/* Waits for what comes first and deals with it.  Returns false if it was a
 * request to stop. */
static bool
turn(struct run *r, int64_t deadline_ns)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t next_ns = earlier(next_start_ns(r), timers_next(&r->timers));
    int n;

    next_ns = earlier(earlier(next_ns, deadline_ns), r->tick_ns);
    if (next_ns != CLOCK_NEVER)
        next_ns += r->scene.started_ns;
    if (r->scene.watcher->waiting != NULL)
        r->scene.watcher->waiting(r->scene.watcher->context);
    note_lag(r);
    /* Whole milliseconds, rounded up: a pause may be that much longer. */
    n = epoll_wait(r->epoll_fd, events, EVENTS_MAX, clock_timeout_ms(next_ns));
    r->woken_ns = client_run_now(&r->scene);
    if (n == -1 && errno != EINTR)
        die("epoll_wait");
    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 == STOP_EVENT)
            return false;
        handle(r, &events[i]);
    }
    return true;
}

static enum record_end
loop(struct run *r)
{
    const struct plan *plan = &r->record->plan;
    int64_t deadline_ns = plan->timeout_ns > 0 ? plan->timeout_ns : CLOCK_NEVER;

    for (;;) {
        start_clients(r);
        run_timers(r);
        if (r->over == plan->clients)
            return RECORD_DONE;
        tick(r);
        if (!turn(r, deadline_ns))
            return RECORD_INTERRUPTED;
        if (r->over < plan->clients && client_run_now(&r->scene) >= deadline_ns)
            return RECORD_GAVE_UP;
    }
}

static void
stop_the_rest(struct run *r)
{
    for (int i = 0; i < r->record->plan.clients; i++) {
        struct client_run *lane = &r->seats[i].lane;

        if (i >= r->begun)
            *lane = (struct client_run){.client = i, .fd = -1};
        if (lane->state != CLIENT_RUN_OVER)
            client_run_stop(&r->scene, lane, r->record->end);
    }
}

void
loop_play(struct record *record, const struct sockaddr_storage *to,
          socklen_t to_len, const struct observer *watcher, int stop_fd)
{
    size_t clients = (size_t)record->plan.clients;
    struct run *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        die("memory for the run");
        return; /* never: for a checker that does not know die */
    }
    if (timers_open(&r->timers, clients) == -1)
        die("memory for the timers");
    r->seats = calloc(clients, sizeof(*r->seats));
    if (r->seats == NULL)
        die("memory for the clients");
    r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (r->epoll_fd == -1)
        die("epoll_create1");
    watch(r, EPOLL_CTL_ADD, stop_fd, EPOLLIN, STOP_EVENT);
    r->record = record;
    r->scene.record = record;
    r->scene.watcher = watcher;
    r->scene.to = *to;
    r->scene.to_len = to_len;
    r->scene.started_ns = clock_now();
    r->tick_ns = watcher->tick_ns > 0 ? watcher->tick_ns : CLOCK_NEVER;

    record->end = loop(r);
    record->ended_ns = client_run_now(&r->scene);
    if (record->end != RECORD_DONE)
        stop_the_rest(r);

    close(r->epoll_fd);
    timers_close(&r->timers);
    free(r->seats);
    free(r);
}

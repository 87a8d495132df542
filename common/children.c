#define _GNU_SOURCE /* ppoll, which POSIX has since 2024 */

#include "common/children.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/accept.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/stop.h"

struct child {
    pid_t pid;       /* 0: the place is free */
    int64_t born_ns; /* when it was forked */
};

static struct child *children; /* by place */
static int places;
static int count; /* of children */
static bool is_pool;
static bool failed; /* the child that was reaped last */
static bool pausing;
static int64_t resume_ns; /* when the pause ends */

/* A child may have ended that is not reaped yet.  This is true at the start,
 * because one that this process had before an exec may have ended before there
 * was a handler. */
static volatile sig_atomic_t ended = true;

/* It does not reap, because main may be changing the table of children now. */
static void
on_child(int signal_number)
{
    (void)signal_number;
    ended = true;
}

void
children_open(int max)
{
    /* SA_NOCLDSTOP: only for children that end, not for stopped ones. */
    struct sigaction action = {.sa_handler = on_child,
                               .sa_flags = SA_NOCLDSTOP};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGCHLD, &action, NULL) == -1)
        die("sigaction");
    children = calloc((size_t)max, sizeof(children[0]));
    if (children == NULL)
        die("calloc");
    places = max;
    stop_hold();
}

void
children_open_pool(int workers)
{
    children_open(workers);
    is_pool = true;
}

static int
find(pid_t pid)
{
    for (int place = 0; place < places; place++)
        if (children[place].pid == pid)
            return place;
    return -1;
}

int
children_place(void)
{
    return find(0);
}

int
children_vacancy(void)
{
    pausing = pausing && clock_now() < resume_ns;
    return pausing || stop_requested() ? -1 : children_place();
}

void
children_pause(const char *reason)
{
    pausing = true;
    resume_ns = clock_now() + CHILDREN_PAUSE_NS;
    log_event("warning", "%s; next worker in %.1f s", reason,
              clock_seconds(CHILDREN_PAUSE_NS));
}

void
children_add(int place, pid_t pid)
{
    assert(children[place].pid == 0);
    children[place] = (struct child){.pid = pid, .born_ns = clock_now()};
    count++;
}

pid_t
children_fork(int place)
{
    pid_t pid = fork();

    if (pid == 0)
        return 0;
    log_call(pid, "fork()");
    if (pid == -1) {
        children_pause(strerror(errno));
    } else {
        log_event("spawn", "pid=%d worker=%d", (int)pid, place + 1);
        children_add(place, pid);
    }
    return pid;
}

/* Reaps one child and returns its place; with WNOHANG only if one has ended
 * already.  Returns -1 if there is none. */
static int
reap(int flags)
{
    int status;
    int place;
    pid_t pid;

    /* This process may have had other children before it became the server by
     * an exec.  They are reaped, too, but they have no place. */
    do {
        pid = waitpid(-1, &status, flags);
        log_call(pid, "waitpid(-1)");
        place = pid > 0 ? find(pid) : -1;
    } while ((pid == -1 && errno == EINTR) || (pid > 0 && place == -1));
    if (place == -1)
        return -1;
    if (WIFSIGNALED(status))
        log_event("reap", "pid=%d signal=%d", (int)pid, WTERMSIG(status));
    else
        log_event("reap", "pid=%d status=%d", (int)pid, WEXITSTATUS(status));
    failed = status != 0;
    children[place].pid = 0;
    count--;
    if (is_pool && !pausing && !stop_requested() &&
        clock_now() - children[place].born_ns < CHILDREN_YOUNG_NS)
        children_pause("a worker ended young");
    return place;
}

int
children_reap(void)
{
    int place = -1;

    /* The signals are blocked here, so ended does not change in between. */
    if (ended) {
        place = reap(WNOHANG);
        ended = place != -1;
    }
    return place;
}

bool
children_failed(void)
{
    return failed;
}

/* Waits with signals let in, until_ns or the end of a pause at the latest.
 * Returns true if one of fds is ready. */
static bool
wait_with_signals(struct pollfd *fds, int fd_count, int64_t until_ns)
{
    struct timespec limit = {0};
    sigset_t none;
    int64_t left_ns;
    int result;

    if (pausing && resume_ns < until_ns)
        until_ns = resume_ns;
    left_ns = until_ns - clock_now();
    if (left_ns > 0) {
        limit.tv_sec = (time_t)(left_ns / CLOCK_S);
        limit.tv_nsec = (long)(left_ns % CLOCK_S);
    }
    sigemptyset(&none);
    result = ppoll(fds, (nfds_t)fd_count,
                   until_ns == CLOCK_NEVER ? NULL : &limit, &none);
    log_call(result, "ppoll(%d)", fd_count);
    if (result == -1 && errno == EINVAL) {
        /* The limit of open descriptors has been lowered below fd_count.  It
         * may be raised again. */
        limit = (struct timespec){.tv_nsec = ACCEPT_PAUSE_NS};
        (void)ppoll(NULL, 0, &limit, &none);
    }
    return result > 0;
}

void
children_wait_for_end(int64_t until_ns)
{
    (void)wait_with_signals(NULL, 0, until_ns);
}

bool
children_wait_for_ready(struct pollfd *fds, int fd_count)
{
    if (!wait_with_signals(fds, fd_count, CLOCK_NEVER))
        return false;
    /* If a descriptor is ready already, ppoll returns without letting signals
     * in.  Without this, a stop request would be held off as long as there is
     * always another client. */
    stop_release();
    stop_hold();
    return !stop_requested();
}

bool
children_wait_for_client(int listener)
{
    struct pollfd readable = {.fd = listener, .events = POLLIN};

    return children_wait_for_ready(&readable, 1);
}

void
children_signal(int signal_number)
{
    /* Each by its own pid: kill(0) would also reach the shell that started us,
     * and everything else in our process group. */
    for (int place = 0; place < places; place++)
        if (children[place].pid != 0)
            /* It cannot fail: a child that has ended is a zombie until we reap
             * it, and a signal to a zombie does nothing. */
            (void)kill(children[place].pid, signal_number);
}

void
children_wait_for_all(void)
{
    stop_release();
    while (count > 0 && reap(0) != -1)
        continue;
    free(children);
}

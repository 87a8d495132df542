#define _GNU_SOURCE /* ppoll, which POSIX has since 2024 */

#include "common/children.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stop.h"

static pid_t *pids; /* by place; 0: free */
static int places;
static int count; /* of children */

/* SIGCHLD has no work to do.  It has a handler because a signal without one
 * does not interrupt a wait. */
static void
on_child(int signal_number)
{
    (void)signal_number;
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
    pids = calloc((size_t)max, sizeof(pids[0]));
    if (pids == NULL)
        die("calloc");
    places = max;
    stop_hold();
}

static int
find(pid_t pid)
{
    for (int place = 0; place < places; place++)
        if (pids[place] == pid)
            return place;
    return -1;
}

int
children_place(void)
{
    return find(0);
}

void
children_add(int place, pid_t pid)
{
    assert(pids[place] == 0);
    pids[place] = pid;
    count++;
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
    pids[place] = 0;
    count--;
    return place;
}

int
children_reap(void)
{
    return reap(WNOHANG);
}

/* Waits with signals let in.  Returns true if fd can be read; a negative fd is
 * ignored. */
static bool
wait_with_signals(int fd, const struct timespec *limit)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    sigset_t none;
    int result;

    sigemptyset(&none);
    result = ppoll(&readable, 1, limit, &none);
    log_call(result, "ppoll(%d)", fd);
    return result == 1;
}

void
children_wait_for_end(int64_t until_ns)
{
    int64_t left_ns = until_ns - clock_now();
    struct timespec limit = {0};

    if (left_ns > 0) {
        limit.tv_sec = (time_t)(left_ns / CLOCK_S);
        limit.tv_nsec = (long)(left_ns % CLOCK_S);
    }
    (void)wait_with_signals(-1, until_ns == CLOCK_NEVER ? NULL : &limit);
}

bool
children_wait_for_client(int listener)
{
    if (!wait_with_signals(listener, NULL))
        return false;
    /* If a client is there already, ppoll returns without letting signals in.
     * Without this, a stop request would be held off as long as there is always
     * another client. */
    stop_release();
    stop_hold();
    return !stop_requested();
}

void
children_signal(int signal_number)
{
    /* Each by its own pid: kill(0) would also reach the shell that started us,
     * and everything else in our process group. */
    for (int place = 0; place < places; place++)
        if (pids[place] != 0)
            /* It cannot fail: a child that has ended is a zombie until we reap
             * it, and a signal to a zombie does nothing. */
            (void)kill(pids[place], signal_number);
}

void
children_wait_for_all(void)
{
    stop_release();
    while (count > 0 && reap(0) != -1)
        continue;
    free(pids);
}

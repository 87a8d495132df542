#include "common/children.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/log.h"

static pid_t *pids; /* 0: free */
static int places;
static int count;

void
children_open(int max, void (*handler)(int))
{
    /* That a child was suspended or goes on is no news. */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NOCLDSTOP};

    sigfillset(&action.sa_mask);
    if (sigaction(SIGCHLD, &action, NULL) == -1)
        die("sigaction");
    pids = calloc((size_t)max, sizeof(*pids));
    if (pids == NULL)
        die("calloc");
    places = max;
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

/* Reaps one child; with WNOHANG only if one has ended already. */
static int
reap(int flags)
{
    int status;
    int place;
    pid_t pid;

    /* Whoever was this process before exec may have left it children: they are
     * reaped, too, and not counted. */
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

void
children_tell(int signal_number)
{
    /* Each by its own pid: kill(0) would also tell the shell that started us,
     * and whatever else is in our process group. */
    for (int place = 0; place < places; place++)
        if (pids[place] != 0)
            (void)kill(pids[place], signal_number); /* zombies take it */
}

void
children_wait(void)
{
    while (count > 0 && reap(0) != -1)
        continue;
    free(pids);
}

#include "common/children.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/log.h"

/* In one piece: of what a parent writes to after a fork the kernel has to copy
 * the page, since the child has it, too. */
static struct {
    int count;
    int places;
    pid_t pids[]; /* 0: free */
} * all;

void
children_open(int max, void (*handler)(int))
{
    /* That a child was suspended or goes on is no news. */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NOCLDSTOP};

    sigfillset(&action.sa_mask);
    if (sigaction(SIGCHLD, &action, NULL) == -1)
        die("sigaction");
    all = calloc(1, sizeof(*all) + (size_t)max * sizeof(all->pids[0]));
    if (all == NULL)
        die("calloc");
    all->places = max;
}

static int
find(pid_t pid)
{
    for (int place = 0; place < all->places; place++)
        if (all->pids[place] == pid)
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
    assert(all->pids[place] == 0);
    all->pids[place] = pid;
    all->count++;
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
    all->pids[place] = 0;
    all->count--;
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
    for (int place = 0; place < all->places; place++)
        if (all->pids[place] != 0)
            (void)kill(all->pids[place], signal_number); /* zombies take it */
}

void
children_wait(void)
{
    while (all->count > 0 && reap(0) != -1)
        continue;
    free(all);
}

/* Goal: a stop request and the end of a child reach a parent that waits, even
 * if a client is always waiting, too. */

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/children.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/stop.h"
#include "tests/unit/check.h"

/* Forks a child that ends, and returns its pid when it is a zombie. */
static pid_t
make_zombie(void)
{
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(EXIT_SUCCESS);
    CHECK(pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    return pid;
}

static bool
is_blocked(int signal_number)
{
    sigset_t now;

    return pthread_sigmask(SIG_BLOCK, NULL, &now) == 0 &&
           sigismember(&now, signal_number) == 1;
}

/* A descriptor that can always be read must not keep a signal away. */
static void
test_waits(void)
{
    int first;
    int ends[2];

    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    stop_on_signals();
    (void)make_zombie(); /* that of a program which became the server by exec */
    children_open(2);
    CHECK(is_blocked(SIGTERM) && is_blocked(SIGINT) && is_blocked(SIGCHLD));
    CHECK(children_reap() == -1 && waitpid(-1, NULL, WNOHANG) == -1);
    CHECK(children_place() == 0);
    (void)make_zombie(); /* one more, which waitpid may return before ours */
    children_add(0, make_zombie());
    children_add(1, make_zombie());
    CHECK(children_place() == -1);
    CHECK(children_wait_for_client(ends[0]));
    first = children_reap();
    CHECK((first == 0 || first == 1) && children_place() == first);
    CHECK(children_reap() == 1 - first);
    CHECK(children_reap() == -1);
    children_add(0, make_zombie());
    /* SIGCHLD must interrupt this wait, which otherwise takes a minute. */
    children_wait_for_end(clock_now() + 60 * CLOCK_S);
    CHECK(children_reap() == 0);
    CHECK(children_wait_for_client(ends[0]));
    children_wait_for_end(clock_now()); /* returns although no child ends */
    CHECK(raise(SIGTERM) == 0 && !stop_requested());
    CHECK(!children_wait_for_client(ends[0]) && stop_requested());
    children_wait_for_all();
}

int
main(void)
{
    log_open("test_children");
    test_waits();
    return check_done();
}

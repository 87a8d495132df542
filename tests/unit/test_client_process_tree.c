/* Goal: a process and its descendants are waited for until no more of them are
 * started, and processes that belong to another session are told apart. */

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/target/process_tree.h"
#include "common/clock.h"
#include "tests/unit/check.h"

#define WORKERS  4
#define START_MS 30
#define QUIET_NS (600 * CLOCK_MS)

/* Starts workers one after the other, as a server does that listens already. */
static _Noreturn void
serve(void)
{
    (void)setsid();
    for (int i = 0; i < WORKERS; i++) {
        (void)poll(NULL, 0, START_MS);
        if (fork() == 0)
            break;
    }
    (void)alarm(30);
    for (;;)
        (void)pause();
}

int
main(void)
{
    static struct process_tree tree;
    pid_t pid = fork();

    if (pid == 0)
        serve();
    process_tree_await_steady(pid, QUIET_NS, 20 * CLOCK_S);
    process_tree_list(&tree, pid);
    CHECK(tree.count == 1 + WORKERS);
    for (int i = 0; i < tree.count; i++) {
        CHECK(process_belongs(tree.pids[i], pid, "NO=MARK"));
        CHECK(!process_belongs(tree.pids[i], getpid(), "NO=MARK"));
    }
    process_tree_signal(&tree, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
    return check_done();
}

/* accept, fork; the child does recv and send until goodbye, and is reaped in
 * the handler of SIGCHLD, as textbooks have it. */

#define _GNU_SOURCE /* accept4 */

#include <signal.h>
#include <sys/wait.h>

#include "tests/bare/bare.h"

static void
reap(int signal_number)
{
    (void)signal_number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};

    check(sigaction(SIGCHLD, &action, NULL), "sigaction");

    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pid_t pid = fork();

        check(pid, "fork");
        if (pid == 0) {
            while (bare_serve(fd))
                continue;
            _exit(0);
        }
        close(fd);
    }
}

/* accept, fork; the child does recv and send until goodbye. */

#define _GNU_SOURCE /* accept4 */

#include <sys/wait.h>

#include "tests/bare/bare.h"

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);

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
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
}

/* Children who share the listener: accept, recv and send until goodbye. */

#define _GNU_SOURCE /* accept4 */

#include <signal.h>
#include <sys/prctl.h>

#include "tests/bare/bare.h"

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);

    while (workers-- > 0)
        if (fork() == 0) {
            check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
            for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                while (fd != -1 && bare_serve(fd))
                    continue;
            }
        }
    for (;;)
        pause();
}

/* Children with a listener each: accept, recv and send until goodbye. */

#define _GNU_SOURCE /* accept4 */

#include <signal.h>
#include <sys/prctl.h>

#include "tests/bare/bare.h"

/* Returns one more listener on the port of another one. */
static int
listen_too(int other)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    check(fd, "socket");
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "nodelay");
    check(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "share");
    check(getsockname(other, (struct sockaddr *)&addr, &len), "getsockname");
    check(bind(fd, (struct sockaddr *)&addr, len), "bind");
    check(listen(fd, 4096), "listen");
    return fd;
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);

    /* Clients may come already, so the first child keeps this listener. */
    while (workers-- > 0) {
        int next = workers > 0 ? listen_too(listener) : -1;

        if (fork() == 0) {
            check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
            for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                while (fd != -1 && bare_serve(fd))
                    continue;
            }
        }
        close(listener);
        listener = next;
    }
    for (;;)
        pause();
}

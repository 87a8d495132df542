/* listener - opens a listener, and becomes a command that has it as
 * descriptor 3.
 *
 *     listener PORT COMMAND [WORD...]
 *
 * If PORT is 0, the kernel chooses a free one.
 *
 * The command, usually a shell, keeps the listener open, however often it
 * starts and stops servers.  A server that it starts uses the listener if the
 * environment says so in the way of systemd (sd_listen_fds(3)): LISTEN_FDS=1
 * and LISTEN_PID, which is the server's own pid. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/values.h"

#define PASSED_ON 3
#define BACKLOG   511

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    char why[VALUES_WHY_MAX];
    int on = 1;
    int port;
    int fd;

    if (argc < 3) {
        fprintf(stderr, "usage: listener PORT COMMAND [WORD...]\n");
        return 2;
    }
    if (!values_number(argv[1], 0, 65535, &port, why)) {
        fprintf(stderr, "listener: PORT: %s\n", why);
        return 2;
    }
    to.sin_port = htons((uint16_t)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* Without SOCK_CLOEXEC: the descriptor must stay open across exec. */
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        give_up("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
        bind(fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
        listen(fd, BACKLOG) == -1)
        give_up("cannot listen");
    if (fd != PASSED_ON) {
        if (dup2(fd, PASSED_ON) == -1)
            give_up("dup2");
        close(fd);
    }
    execvp(argv[2], argv + 2);
    give_up(argv[2]);
}

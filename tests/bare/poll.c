/* poll; recv and send for each that can be read. */

#define _GNU_SOURCE /* accept4 */

#include <poll.h>
#include <sys/resource.h>

#include "tests/bare/bare.h"

#define FDS 20000

static struct pollfd fds[FDS];

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    struct rlimit limit;
    int highest = listener;

    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max < FDS ? limit.rlim_max : FDS;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    for (int fd = 0; fd < FDS; fd++)
        fds[fd].fd = -1;
    fds[listener] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (;;) {
        int n = poll(fds, (nfds_t)highest + 1, -1);

        for (int fd = 0; n > 0; fd++) {
            int client;

            if (fds[fd].revents == 0)
                continue;
            n--;
            if (fd != listener) {
                if (!bare_serve(fd))
                    fds[fd].fd = -1;
                continue;
            }
            for (int i = 0; i < ACCEPTS && (client = bare_accept(fd)) != -1;
                 i++) {
                fds[client] = (struct pollfd){.fd = client, .events = POLLIN};
                highest = client > highest ? client : highest;
            }
        }
    }
}

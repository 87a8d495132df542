/* epoll_wait; recv and send for each that can be read. */

#define _GNU_SOURCE /* accept4 */

#include <sys/epoll.h>
#include <sys/resource.h>

#include "tests/bare/bare.h"

#define EVENTS 256

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    struct epoll_event events[EVENTS];
    struct rlimit limit;

    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd != listener) {
                (void)bare_serve(events[i].data.fd);
                continue;
            }
            for (int j = 0;
                 j < ACCEPTS && (event.data.fd = bare_accept(listener)) != -1;
                 j++)
                check(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event),
                      "epoll_ctl");
        }
    }
}

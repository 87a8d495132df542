/* epoll_wait, told once; recv and send for each that has news. */

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
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                {.fd = listener}};
    struct epoll_event events[EVENTS];
    struct rlimit limit;

    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            /* A new client can be written, and may have sent nothing yet. */
            if (events[i].data.fd != listener) {
                if (events[i].events & EPOLLIN)
                    (void)bare_serve(events[i].data.fd);
                continue;
            }
            while ((event.data.fd = bare_accept(listener)) != -1)
                check(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event),
                      "epoll_ctl");
        }
    }
}

/* In each thread a listener, epoll_wait, and recv and send for each that can be
 * read. */

#define _GNU_SOURCE /* accept4, sched_getaffinity */

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "tests/bare/bare.h"

#define EVENTS 256

static void *
serve(void *shared)
{
    int listener = *(int *)shared;
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    struct epoll_event events[EVENTS];

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
    return NULL;
}

/* Returns another listener on the same port. */
static int
listen_beside(int first)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;

    check(fd, "socket");
    check(getsockname(first, (struct sockaddr *)&addr, &len), "getsockname");
    check(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "reuse");
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "nodelay");
    check(bind(fd, (struct sockaddr *)&addr, len), "bind");
    check(listen(fd, 4096), "listen");
    return fd;
}

int
main(int argc, char **argv)
{
    static int listeners[1000];
    cpu_set_t cores;
    struct rlimit limit;
    pthread_t thread;
    int on = 1;

    check(sched_getaffinity(0, sizeof(cores), &cores), "sched_getaffinity");
    workers = CPU_COUNT(&cores);
    listeners[0] = bare_listen(argc, argv, SOCK_NONBLOCK);
    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    check(setsockopt(listeners[0], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)),
          "reuse");
    for (int i = 1; i < workers; i++) {
        listeners[i] = listen_beside(listeners[0]);
        if (pthread_create(&thread, NULL, serve, &listeners[i]) != 0)
            return 1;
    }
    (void)serve(&listeners[0]);
}

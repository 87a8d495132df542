/* epoll_wait; recv and send for each that can be read.  Work that takes no time
 * needs no worker, so the threads only exist, and an eventfd is in the list. */

#define _GNU_SOURCE /* accept4 */

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "tests/bare/bare.h"

#define EVENTS 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;

static void *
wait_for_work(void *none)
{
    pthread_mutex_lock(&lock);
    for (;;)
        pthread_cond_wait(&work, &lock);
    return none;
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    struct epoll_event events[EVENTS];
    struct rlimit limit;
    pthread_t thread;

    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    event.data.fd = eventfd(0, EFD_NONBLOCK);
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
    while (workers-- > 0)
        if (pthread_create(&thread, NULL, wait_for_work, NULL) != 0)
            return 1;
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

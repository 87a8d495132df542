/* kevent; recv and send for each that can be read.  For the BSDs. */

#define _GNU_SOURCE /* accept4 */

#include <sys/event.h>
#include <sys/resource.h>

#include "tests/bare/bare.h"

#define EVENTS 256

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int queue = kqueue();
    struct kevent change;
    struct kevent events[EVENTS];
    struct rlimit limit;

    check(queue, "kqueue");
    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    EV_SET(&change, (uintptr_t)listener, EVFILT_READ, EV_ADD, 0, 0, NULL);
    check(kevent(queue, &change, 1, NULL, 0, NULL), "kevent");
    for (;;) {
        int n = kevent(queue, NULL, 0, events, EVENTS, NULL);

        for (int i = 0; i < n; i++) {
            int fd = (int)events[i].ident;

            if (fd != listener) {
                (void)bare_serve(fd);
                continue;
            }
            for (int j = 0; j < ACCEPTS && (fd = bare_accept(listener)) != -1;
                 j++) {
                EV_SET(&change, (uintptr_t)fd, EVFILT_READ, EV_ADD, 0, 0, NULL);
                check(kevent(queue, &change, 1, NULL, 0, NULL), "kevent");
            }
        }
    }
}

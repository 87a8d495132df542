/* Threads that share the listener: accept, recv and send until goodbye. */

#define _GNU_SOURCE /* accept4 */

#include <pthread.h>

#include "tests/bare/bare.h"

static int listener;

static void *
serve(void *none)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        while (fd != -1 && bare_serve(fd))
            continue;
    }
    return none;
}

int
main(int argc, char **argv)
{
    pthread_t thread;

    listener = bare_listen(argc, argv, 0);
    while (workers-- > 0)
        if (pthread_create(&thread, NULL, serve, NULL) != 0)
            return 1;
    for (;;)
        pause();
}

/* One thread accepts into a pipe; the others take from it, recv and send until
 * goodbye.  A pipe is a queue with a lock and a wait that the kernel keeps. */

#define _GNU_SOURCE /* accept4 */

#include <pthread.h>

#include "tests/bare/bare.h"

static int queue[2];

static void *
serve(void *none)
{
    int fd;

    while (read(queue[0], &fd, sizeof(fd)) == sizeof(fd))
        while (bare_serve(fd))
            continue;
    return none;
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);
    pthread_t thread;

    check(pipe(queue), "pipe");
    while (workers-- > 0)
        if (pthread_create(&thread, NULL, serve, NULL) != 0)
            return 1;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        check((int)write(queue[1], &fd, sizeof(fd)), "write");
    }
}

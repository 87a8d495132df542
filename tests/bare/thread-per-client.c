/* accept, start a thread; the thread does recv and send until goodbye.  It is
 * detached, so nobody joins it, and its stack is as small as in the server. */

#define _GNU_SOURCE /* accept4 */

#include <pthread.h>
#include <stdint.h>

#include "tests/bare/bare.h"

static void *
serve(void *fd)
{
    while (bare_serve((int)(intptr_t)fd))
        continue;
    return NULL;
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, 128 * 1024) != 0 ||
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) != 0)
        return 1;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (fd == -1 || pthread_create(&thread, &attributes, serve,
                                       (void *)(intptr_t)fd) != 0)
            return 1;
    }
}

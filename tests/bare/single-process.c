/* accept, recv and send until goodbye, and again. */

#define _GNU_SOURCE /* accept4 */

#include "tests/bare/bare.h"

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);

    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        while (fd != -1 && bare_serve(fd))
            continue;
    }
}

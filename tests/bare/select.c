/* select; recv and send for each that can be read. */

#define _GNU_SOURCE /* accept4 */

#include <sys/select.h>

#include "tests/bare/bare.h"

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int highest = listener;
    fd_set watched;

    FD_ZERO(&watched);
    FD_SET(listener, &watched);
    for (;;) {
        fd_set ready = watched;
        int n = select(highest + 1, &ready, NULL, NULL, NULL);

        for (int fd = 0; n > 0; fd++) {
            int client;

            if (!FD_ISSET(fd, &ready))
                continue;
            n--;
            if (fd != listener) {
                if (!bare_serve(fd))
                    FD_CLR(fd, &watched);
                continue;
            }
            for (int i = 0; i < ACCEPTS && (client = bare_accept(fd)) != -1;
                 i++)
                if (client < FD_SETSIZE) {
                    FD_SET(client, &watched);
                    highest = client > highest ? client : highest;
                } else {
                    close(client);
                }
        }
    }
}

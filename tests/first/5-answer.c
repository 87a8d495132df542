/* 5-answer - step 5 of a first server: it answers, and looks complete.
 *
 *     5-answer PORT DELAY     for example: 5-answer 3000 20ms
 *
 * It answers the client that you try it with.  It has mistakes on purpose,
 * which notes/39-your-own-server.md finds. */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Says which call has failed and why, and ends the program. */
static void
fail(const char *call)
{
    perror(call);
    exit(1);
}

int
main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct timespec delay = {0};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    if (argc < 3)
        return 2;
    if (listener == -1)
        fail("socket");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)atoi(argv[1]));
    delay.tv_nsec = atol(argv[2]) * 1000000; /* milliseconds, below 1000 */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) == -1)
        fail("bind");
    if (listen(listener, 5) == -1)
        fail("listen");

    for (;;) {
        int client = accept(listener, NULL, NULL);
        char text[4096];

        if (client == -1)
            fail("accept");
        while (recv(client, text, sizeof(text), 0) > 0) {
            if (strncmp(text, "goodbye", 7) == 0)
                break;
            nanosleep(&delay, NULL);
            send(client, "ack", 3, 0);
        }
        close(client);
    }
}

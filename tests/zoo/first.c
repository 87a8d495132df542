/* first - a server as you might write it in the first hour.
 *
 *     first PORT DELAY     for example: first 3000 20ms
 *
 * It answers the client that you try it with.  Its mistakes are there on
 * purpose: see notes/37-your-own-server.md. */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct timespec delay = {0};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    if (argc < 3)
        return 2;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)atoi(argv[1]));
    delay.tv_nsec = atol(argv[2]) * 1000000; /* milliseconds, below 1000 */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) == -1 ||
        listen(listener, 5) == -1) {
        perror("first");
        return 1;
    }

    for (;;) {
        int client = accept(listener, NULL, NULL);
        char text[4096];

        while (recv(client, text, sizeof(text), 0) > 0) {
            if (strncmp(text, "goodbye", 7) == 0)
                break;
            nanosleep(&delay, NULL);
            send(client, "ack", 3, 0);
        }
        close(client);
    }
}

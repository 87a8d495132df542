/* 4-receive - step 4 of a first server: it prints what a client sends.
 *
 *     4-receive PORT     for example: 4-receive 3000 */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
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
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    if (argc < 2)
        return 2;
    if (listener == -1)
        fail("socket");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)atoi(argv[1]));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) == -1)
        fail("bind");
    if (listen(listener, 5) == -1)
        fail("listen");

    for (;;) {
        int client = accept(listener, NULL, NULL);
        char text[4096];
        ssize_t n;

        if (client == -1)
            fail("accept");
        while ((n = recv(client, text, sizeof(text), 0)) > 0) {
            printf("recv returned %zd: %.*s\n", n, (int)n, text);
            fflush(stdout);
        }
        printf("recv returned %zd\n", n);
        fflush(stdout);
        close(client);
    }
}

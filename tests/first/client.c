/* client - a first client: it sends a text and prints what comes back.
 *
 *     client PORT TEXT     for example: client 3000 hello */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    int server = socket(AF_INET, SOCK_STREAM, 0);
    char text[4096];
    ssize_t n;

    if (argc < 3)
        return 2;
    if (server == -1)
        fail("socket");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)atoi(argv[1]));
    if (connect(server, (struct sockaddr *)&address, sizeof(address)) == -1)
        fail("connect");
    puts("connected");
    n = send(server, argv[2], strlen(argv[2]), 0);
    if (n == -1)
        fail("send");
    printf("send returned %zd\n", n);
    fflush(stdout);
    n = recv(server, text, sizeof(text), 0);
    if (n == -1)
        fail("recv");
    printf("recv returned %zd: %.*s\n", n, (int)n, text);
    close(server);
}

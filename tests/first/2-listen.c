/* 2-listen - step 2 of a first server: clients can connect.
 *
 *     2-listen PORT     for example: 2-listen 3000 */

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
    printf("clients can connect to port %s\n", argv[1]);
    fflush(stdout);
    pause();
}

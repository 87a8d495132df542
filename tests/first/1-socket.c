/* 1-socket - step 1 of a first server: a socket is a descriptor.
 *
 *     1-socket */

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
main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (listener == -1)
        fail("socket");
    printf("the socket is descriptor %d\n", listener);
    fflush(stdout);
    pause(); /* waits for a signal, for example for Ctrl-C */
}

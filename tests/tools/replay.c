/* replay - a wrong server: it sends a fixed text to each client.
 *
 *     replay [-o FILE] TEXT
 *
 * Prints the port that it listens on.  It serves one client after another: it
 * sends TEXT once the client has sent something, reads until the client says
 * goodbye or closes, and closes.  It writes what it has read to FILE. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static int
listen_anywhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&at, len) == -1 ||
        listen(fd, 16) == -1 ||
        getsockname(fd, (struct sockaddr *)&at, &len) == -1)
        give_up("listen");
    printf("%d\n", ntohs(at.sin_port));
    if (fflush(stdout) == EOF)
        give_up("stdout");
    return fd;
}

static void
serve(int fd, const char *text, FILE *heard)
{
    char bytes[4096];
    bool said = false;
    ssize_t n;

    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
        if (heard != NULL && (fwrite(bytes, 1, (size_t)n, heard) != (size_t)n ||
                              fflush(heard) == EOF))
            give_up("write");
        /* This fails if the client has closed, which some tests want. */
        if (!said)
            (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
        said = true;
        /* "goodbye" and its ETX: the only message with a "y". */
        if (bytes[n - 1] == '\3' && memchr(bytes, 'y', (size_t)n) != NULL)
            break;
    }
    close(fd);
}

int
main(int argc, char **argv)
{
    bool to_file = argc == 4 && strcmp(argv[1], "-o") == 0;
    FILE *heard = to_file ? fopen(argv[2], "w") : NULL;
    int listener;
    int fd;

    if ((argc != 2 && !to_file) || (to_file && heard == NULL)) {
        fprintf(stderr, "usage: replay [-o FILE] TEXT\n");
        return 2;
    }
    listener = listen_anywhere();
    while ((fd = accept(listener, NULL, NULL)) != -1)
        serve(fd, argv[argc - 1], heard);
    give_up("accept");
}

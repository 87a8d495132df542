/* cycles - starts and stops a server N times, the signal at a random moment.
 *
 *     cycles N SIGNAL PROGRAM [OPTION...]
 *
 * In each cycle it starts PROGRAM, waits until it listens, connects up to three
 * clients, some of which send a message, sends the signal, and waits until
 * PROGRAM has ended.  PROGRAM must end within 60 seconds and with status 0; a
 * server that loses a signal between a check and a wait hangs instead.  Prints
 * the first failure and ends with status 1. */

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

static pid_t server; /* 0: none runs */

/* Ends the program, and the server before it. */
static _Noreturn void
give_up(const char *what)
{
    perror(what);
    if (server > 0)
        (void)kill(server, SIGKILL);
    exit(EXIT_FAILURE);
}

/* Starts the server.  Returns its standard output. */
static FILE *
start(char **command)
{
    int ends[2];
    FILE *out;

    if (pipe(ends) == -1)
        give_up("pipe");
    server = fork();
    if (server == -1)
        give_up("fork");
    if (server == 0) {
        if (dup2(ends[1], STDOUT_FILENO) == -1)
            _exit(127);
        close(ends[0]);
        close(ends[1]);
        execv(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    out = fdopen(ends[0], "r");
    if (out == NULL)
        give_up("fdopen");
    return out;
}

static int
port_of(FILE *out)
{
    char line[256];
    int port;

    if (fgets(line, sizeof(line), out) == NULL ||
        sscanf(line, "listening on %*s port %d", &port) != 1) {
        errno = EPROTO;
        give_up("cycles: the server did not print its port");
    }
    return port;
}

static int
connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
        give_up("connect");
    if (rand() % 2 == 0 && send(fd, "hello\3go", 8, MSG_NOSIGNAL) == -1)
        give_up("send");
    return fd;
}

/* Tells whether the server ends in time and with status 0. */
static bool
ended(void)
{
    pid_t pid = server;
    int64_t end_ns = clock_now() + 60 * CLOCK_S;
    int status = 0;
    pid_t done;

    while ((done = waitpid(pid, &status, WNOHANG)) == 0 && clock_now() < end_ns)
        clock_wait_until(clock_now() + CLOCK_MS / 2);
    if (done == pid)
        server = 0;
    if (done == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (done == pid) {
        fprintf(stderr, "cycles: ended with wait status 0x%x\n",
                (unsigned)status);
        return false;
    }
    fprintf(stderr, "cycles: still there after 60 s\n");
    if (kill(pid, SIGKILL) == -1 || waitpid(pid, &status, 0) == -1)
        give_up("kill");
    return false;
}

int
main(int argc, char **argv)
{
    long cycles = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
    int signal_number = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0;

    if (cycles < 1 || signal_number < 1) {
        fprintf(stderr, "usage: cycles N SIGNAL PROGRAM [OPTION...]\n");
        return 2;
    }
    srand((unsigned)getpid());
    for (long i = 1; i <= cycles; i++) {
        int fds[3];
        int clients = rand() % 4;
        FILE *out = start(argv + 3);
        int port = port_of(out);

        for (int c = 0; c < clients; c++)
            fds[c] = connect_to(port);
        /* Up to 3 ms: from before the first accept to the third client. */
        clock_wait_until(clock_now() + rand() % 3000 * CLOCK_US);
        if (kill(server, signal_number) == -1)
            give_up("kill");
        if (!ended()) {
            fprintf(stderr, "cycles: cycle %ld, %d clients\n", i, clients);
            return EXIT_FAILURE;
        }
        for (int c = 0; c < clients; c++)
            close(fds[c]);
        fclose(out);
    }
    printf("%ld cycles\n", cycles);
    return EXIT_SUCCESS;
}

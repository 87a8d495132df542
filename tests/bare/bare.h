/* bare - what the programs of this folder share.
 *
 * Each is the bare limit of a model: the system calls that it cannot do
 * without, and nothing else.  No framing, no checks, no log, no delay, no way
 * to stop: it takes for granted that all messages are MESSAGE bytes long and
 * come whole, and that whatever else is left over is goodbye.  So it is good
 * for nothing but to be measured beside the server of the same name. */

#ifndef TESTS_BARE_BARE_H
#define TESTS_BARE_BARE_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE 10   /* bytes of "package 0" and its ETX */
#define INPUT   8192 /* bytes read at a time, as by the servers */

static char answers[INPUT / MESSAGE * 3 + 3]; /* "ackackack..." */
static int workers = 5;
static const char *bare_file = "";

static inline void
check(int result, const char *what)
{
    if (result == -1) {
        perror(what);
        exit(1);
    }
}

/* Returns a listener on a port that the kernel chooses, and says which.  Of the
 * options of the servers it knows -w and --file, and lets the others pass. */
static inline int
bare_listen(int argc, char **argv, int flags)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    int on = 1;
    int c;

    while ((c = getopt(argc, argv, "p:d:C:b:w:m:s:f:-:q")) != -1)
        if (c == 'w')
            workers = atoi(optarg);
        else if (c == '-') /* "--file", and then its value */
            bare_file = argv[optind++];
    for (size_t i = 0; i < sizeof(answers); i++)
        answers[i] = "ack"[i % 3];
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(fd, "socket");
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "nodelay");
    /* For programs that open more listeners on this port. */
    check(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "share");
    check(bind(fd, (struct sockaddr *)&addr, len), "bind");
    check(listen(fd, 4096), "listen");
    check(getsockname(fd, (struct sockaddr *)&addr, &len), "getsockname");
    printf("listening on 127.0.0.1 port %d\n", ntohs(addr.sin_port));
    check(fflush(stdout), "stdout");
    return fd;
}

#define ACCEPTS 64 /* in a turn of a loop, as by the servers */

/* Returns a client of a listener that does not block, and whose clients do not,
 * either; -1 if there is none. */
static inline int
bare_accept(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Closes after goodbye.  All servers ask these two questions first, since with
 * another answer than 0 they must not close yet (common/linger.c). */
static inline void
bare_close(int fd)
{
    int bytes;

    check(ioctl(fd, TIOCOUTQ, &bytes), "TIOCOUTQ");
    check(ioctl(fd, FIONREAD, &bytes), "FIONREAD");
    close(fd);
}

/* Reads what is there and answers it.  Returns false, and has closed, after
 * goodbye or the end. */
static inline bool
bare_serve(int fd)
{
    char in[INPUT];
    ssize_t n = recv(fd, in, sizeof(in), 0);

    if (n >= MESSAGE &&
        send(fd, answers, (size_t)(n / MESSAGE * 3), MSG_NOSIGNAL) == -1)
        n = 0;
    if (n > 0 && n % MESSAGE == 0)
        return true;
    if (n > 0)
        bare_close(fd);
    else
        close(fd);
    return false;
}

#endif

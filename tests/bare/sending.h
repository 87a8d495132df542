/* sending - the bare limit of the service file: a loop that sends one file to
 * each client that has asked for it, and nothing else.  The program that
 * includes this says how a piece is sent. */

#ifndef TESTS_BARE_SENDING_H
#define TESTS_BARE_SENDING_H

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/bare/bare.h"

#define EVENTS      256
#define HEADER      10
#define CLIENTS_MAX 4096 /* descriptors */
#define PIECE       (256 * 1024)

/* Sends a piece of the file from *offset on to fd, and moves *offset.  Returns
 * as send(2). */
static ssize_t send_piece(int fd, int file, off_t *offset);

/* What each client, by its descriptor, has got; -1: it has not asked. */
static off_t offsets[CLIENTS_MAX];

/* Sends to a client what it takes now.  At most a piece, so that the others
 * have their turn. */
static void
send_to(int fd, int file, off_t size)
{
    char header[HEADER + 1];
    char in[INPUT];
    ssize_t n = recv(fd, in, sizeof(in), 0);

    if (n > 0 && memcmp(in, "get", 3) == 0) {
        snprintf(header, sizeof(header), "%10lld", (long long)size);
        check((int)send(fd, header, HEADER, MSG_NOSIGNAL), "send");
        offsets[fd] = 0;
    } else if (n >= 0) {
        close(fd);
        return;
    }
    if (offsets[fd] >= 0 && offsets[fd] < size)
        (void)send_piece(fd, file, &offsets[fd]);
}

static _Noreturn void
serve_file(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int file = open(bare_file, O_RDONLY);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    struct epoll_event events[EVENTS];
    struct stat status;

    check(file, bare_file);
    check(fstat(file, &status), "fstat");
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    event.events |= EPOLLOUT;
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd != listener) {
                send_to(events[i].data.fd, file, status.st_size);
                continue;
            }
            while ((event.data.fd = bare_accept(listener)) != -1) {
                offsets[event.data.fd] = -1;
                check(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event),
                      "epoll_ctl");
            }
        }
    }
}

#endif

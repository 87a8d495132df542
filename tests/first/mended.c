/* mended - 5-answer.c after every mistake that the judge found is mended.
 *
 *     mended PORT DELAY     for example: mended 3000 20ms
 *
 * It still serves one client at a time.  notes/answers/39-your-own-server.md
 * says what was added, and because of which finding. */

#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ETX      3
#define TEXT_MAX 4096

/* The part of a message that has arrived so far. */
struct message {
    char text[TEXT_MAX];
    size_t len; /* TEXT_MAX + 1: the message is too long */
    bool high;  /* a byte was above 0x7f */
};

static volatile sig_atomic_t stopping;

static void
on_stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

/* Waits until fd can be read (POLLIN) or written (POLLOUT).  Returns false if
 * the server has been asked to stop.  SIGTERM is blocked while the function
 * looks at the flag, and ppoll lets it in again.  Otherwise SIGTERM could come
 * between the look and the wait, and the wait would not end. */
static bool
wait_for(int fd, short events)
{
    struct pollfd watched = {.fd = fd, .events = events};
    sigset_t held;
    sigset_t before;

    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, &before);
    while (!stopping && ppoll(&watched, 1, NULL, &before) == -1 &&
           errno == EINTR)
        continue;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !stopping;
}

/* Works on a message.  The sleep ends at a moment and not after a duration, so
 * that it can be continued after a signal has interrupted it. */
static void
work(const struct timespec *delay)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += delay->tv_sec;
    end.tv_nsec += delay->tv_nsec;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        continue;
}

/* Sends all bytes.  Returns false if the client is gone, or if the server stops
 * while the client does not read. */
static bool
send_all(int client, const char *bytes, size_t size)
{
    while (size > 0) {
        /* send must not wait, because a stop request would not end its wait. */
        ssize_t n = send(client, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 && errno == EAGAIN && wait_for(client, POLLOUT))
            continue;
        if (n == -1)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* Answers a whole message.  Returns false if it was goodbye, or if the client
 * is gone. */
static bool
answer(int client, const struct message *m, const struct timespec *delay)
{
    if (m->len > TEXT_MAX || m->high)
        return send_all(client, "nak", 3);
    if (m->len == strlen("goodbye") && memcmp(m->text, "goodbye", m->len) == 0)
        return false;
    work(delay);
    return send_all(client, "ack", 3);
}

/* Waits for bytes and receives them.  Returns 0 at the end of input, or if the
 * server stops.  "Readable" is only a hint, so recv must not wait either. */
static ssize_t
receive(int client, char *bytes, size_t size)
{
    ssize_t n;

    do {
        if (!wait_for(client, POLLIN))
            return 0;
        n = recv(client, bytes, size, MSG_DONTWAIT);
    } while (n == -1 && (errno == EAGAIN || errno == EINTR));
    return n;
}

/* Tells the client that no more answers come, and for a while drops what it
 * still sends.  If the server closed the connection with input unread, the
 * kernel would reset it, and the last answers would be lost. */
static void
hang_up(int client)
{
    struct pollfd watched = {.fd = client, .events = POLLIN};
    char bytes[4096];

    if (shutdown(client, SHUT_WR) == -1)
        return;
    for (int i = 0; i < 16; i++) {
        int ready = poll(&watched, 1, 500);

        if (ready == 0 || (ready == 1 && recv(client, bytes, sizeof(bytes),
                                              MSG_DONTWAIT) <= 0))
            return;
    }
}

static void
serve(int client, const struct timespec *delay)
{
    struct message m = {.len = 0};
    bool goes_on = true;
    char bytes[4096];
    ssize_t n;

    while (goes_on && (n = receive(client, bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; goes_on && !stopping && i < n; i++) {
            if (bytes[i] != ETX) {
                if (m.len < TEXT_MAX)
                    m.text[m.len] = bytes[i];
                m.len += m.len <= TEXT_MAX;
                m.high = m.high || (unsigned char)bytes[i] > 0x7f;
                continue;
            }
            goes_on = answer(client, &m, delay);
            m.len = 0;
            m.high = false;
        }
    hang_up(client);
}

/* Reads a TIME such as 20ms. */
static struct timespec
read_time(const char *text)
{
    char *unit;
    long n = strtol(text, &unit, 10);
    long us = strcmp(unit, "us") == 0   ? n
              : strcmp(unit, "ms") == 0 ? 1000 * n
                                        : 1000000 * n;

    return (struct timespec){us / 1000000, us % 1000000 * 1000};
}

int
main(int argc, char **argv)
{
    /* SA_RESETHAND brings the default action back, so that a second SIGTERM
     * ends the server at once. */
    struct sigaction stop = {.sa_handler = on_stop,
                             .sa_flags = (int)SA_RESETHAND};
    struct sockaddr_in address = {.sin_family = AF_INET};
    const struct timespec pause = {0, 100000000};
    struct timespec delay;
    const int on = 1;
    long port = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    int listener;

    if (port < 1 || port > 65535) {
        fputs("usage: mended PORT DELAY, for example 3000 20ms\n", stderr);
        return 2;
    }
    delay = read_time(argv[2]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)port);

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener == -1 || sigaction(SIGTERM, &stop, NULL) == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
        /* Clients inherit it.  Otherwise an answer would wait until the client
         * has acknowledged the one before (Nagle's algorithm). */
        setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) == -1 ||
        listen(listener, 511) == -1) {
        perror("mended");
        return 1;
    }

    while (wait_for(listener, POLLIN)) {
        int client = accept(listener, NULL, NULL);

        if (client != -1) {
            serve(client, &delay);
            close(client);
        } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            /* No descriptor or memory is free.  The client stays in the accept
             * queue, and trying again at once would use a whole core. */
            (void)nanosleep(&pause, NULL);
        }
    }
    close(listener);
    return 0;
}

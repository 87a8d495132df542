/* first-mended - first.c, when the judge had nothing more to say.
 *
 *     first-mended PORT DELAY     as in: first-mended 3000 20ms
 *
 * One client at a time, still.  What was added, and which finding asked for it,
 * is in notes/answers/14-your-own-server.md. */

#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <netinet/in.h>
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

/* A message as far as it has come. */
struct message {
    char text[TEXT_MAX];
    size_t len; /* may be more than fits: then it is too long */
    bool high;  /* a byte was above 0x7f */
};

static volatile sig_atomic_t stopping;

static void
on_stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

/* Waits for something to read.  A stop request is held off from the look at the
 * flag until the wait has begun: else it could come between the two, and the
 * wait would not know.  Returns false if there has been one. */
static bool
wait_for(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
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

/* Works on a message: until that moment, not for that long, since a signal ends
 * a sleep. */
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

/* Sends all of it, or returns false: the client has gone, or the server stops
 * while it waits for a client that does not read. */
static bool
send_all(int client, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(client, bytes, size, MSG_NOSIGNAL);

        if (n == -1 && errno == EINTR && !stopping)
            continue;
        if (n == -1)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* Answers the message, which has ended.  Returns false if it was goodbye, or if
 * the client has gone. */
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

static void
serve(int client, const struct timespec *delay)
{
    struct message m = {.len = 0};
    bool goes_on = true;
    char bytes[4096];
    ssize_t n = 0;

    while (goes_on && wait_for(client) &&
           (n = recv(client, bytes, sizeof(bytes), 0)) > 0)
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

    /* Closed with input unread, the connection would be reset, and the last
     * answers with it: read what still comes, for a while. */
    if (shutdown(client, SHUT_WR) == 0) {
        struct pollfd watched = {.fd = client, .events = POLLIN};

        for (int i = 0; i < 16 && poll(&watched, 1, 500) == 1; i++)
            if (recv(client, bytes, sizeof(bytes), 0) <= 0)
                break;
    }
}

int
main(int argc, char **argv)
{
    /* The second SIGTERM finds the default action, and ends the server at once.
     */
    struct sigaction stop = {.sa_handler = on_stop,
                             .sa_flags = (int)SA_RESETHAND};
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct timespec delay;
    const int on = 1;
    long ms;
    int listener;

    if (argc < 3) {
        fputs("usage: first-mended PORT DELAY, as in 3000 20ms\n", stderr);
        return 2;
    }
    ms = strtol(argv[2], NULL, 10) * (strstr(argv[2], "ms") != NULL ? 1 : 1000);
    delay = (struct timespec){ms / 1000, ms % 1000 * 1000000};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)strtol(argv[1], NULL, 10));

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener == -1 || sigaction(SIGTERM, &stop, NULL) == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) == -1 ||
        listen(listener, 511) == -1) {
        perror("first-mended");
        return 1;
    }

    while (wait_for(listener)) {
        int client = accept(listener, NULL, NULL);

        if (client != -1) {
            serve(client, &delay);
            close(client);
        } else if (errno == EMFILE || errno == ENFILE) {
            (void)clock_nanosleep(CLOCK_MONOTONIC, 0,
                                  &(struct timespec){0, 100000000}, NULL);
        }
    }
    close(listener);
    return 0;
}

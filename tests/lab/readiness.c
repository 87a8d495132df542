/* readiness - what do select, poll and epoll report about a client?
 *
 *     readiness
 *
 * For each thing that a client can do, it connects a client, lets it do that,
 * and then asks about the server's end of the connection in each way. */

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* --- What a client does --------------------------------------------------- */

static void
say_nothing(int client)
{
    (void)client;
}

static void
send_message(int client)
{
    if (send(client, "hello\3", 6, MSG_NOSIGNAL) != 6)
        give_up("send");
}

static void
end_input(int client)
{
    if (shutdown(client, SHUT_WR) == -1)
        give_up("shutdown");
}

/* close sends a reset instead of the end of input if SO_LINGER is 0. */
static void
reset(int client)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == -1)
        give_up("SO_LINGER");
    close(client);
}

static const struct {
    const char *name;
    void (*act)(int client);
} acts[] = {
    {"says nothing", say_nothing},
    {"sends a message", send_message},
    {"ends its input", end_input},
    {"resets", reset},
};

/* --- What is reported ----------------------------------------------------- */

static const char *
ask_select(int fd, int events)
{
    struct timeval now = {0};
    fd_set set;

    FD_ZERO(&set);
    if (events != 0)
        FD_SET(fd, &set);
    return select(fd + 1, &set, NULL, NULL, &now) > 0 ? "readable" : "-";
}

/* poll and epoll have the same bits. */
static const char *
name_events(unsigned events)
{
    static char names[64];

    snprintf(names, sizeof(names), "%s%s%s", events & POLLIN ? " IN" : "",
             events & POLLERR ? " ERR" : "", events & POLLHUP ? " HUP" : "");
    return names[0] == '\0' ? "-" : names + 1;
}

static const char *
ask_poll(int fd, int events)
{
    struct pollfd entry = {.fd = fd, .events = (short)events};

    if (poll(&entry, 1, 0) == -1)
        give_up("poll");
    return name_events((unsigned)entry.revents);
}

static const char *
ask_epoll(int fd, int events)
{
    struct epoll_event event = {.events = (uint32_t)events};
    int epoll = epoll_create1(0);

    if (epoll == -1 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
        give_up("epoll");
    event.events = 0;
    if (epoll_wait(epoll, &event, 1, 0) == -1)
        give_up("epoll_wait");
    close(epoll);
    return name_events(event.events);
}

static const struct {
    const char *name;
    const char *(*ask)(int fd, int events);
    int events;
} questions[] = {
    {"select, read", ask_select, POLLIN},
    {"poll, POLLIN", ask_poll, POLLIN},
    {"poll, 0", ask_poll, 0},
    {"epoll, EPOLLIN", ask_epoll, POLLIN},
    {"epoll, 0", ask_epoll, 0},
};

#define QUESTIONS (int)(sizeof(questions) / sizeof(questions[0]))

/* --- The table ------------------------------------------------------------ */

/* No blanks follow the last column. */
static int
width_of(int question)
{
    return question + 1 < QUESTIONS ? 14 : 0;
}

/* Makes a connection, and stores its two ends. */
static void
connect_both(int *client, int *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 || *client == -1 ||
        bind(listener, (struct sockaddr *)&address, len) == -1 ||
        listen(listener, 1) == -1 ||
        getsockname(listener, (struct sockaddr *)&address, &len) == -1 ||
        connect(*client, (struct sockaddr *)&address, len) == -1)
        give_up("connect");
    *server = accept(listener, NULL, NULL);
    if (*server == -1)
        give_up("accept");
    close(listener);
}

int
main(void)
{
    int client;
    int server;

    printf("%-16s", "the client");
    for (int q = 0; q < QUESTIONS; q++)
        printf("  %-*s", width_of(q), questions[q].name);
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        connect_both(&client, &server);
        acts[i].act(client);
        /* Time for the kernel to carry it to the other end. */
        clock_wait_until(clock_now() + 20 * CLOCK_MS);
        printf("\n%-16s", acts[i].name);
        for (int q = 0; q < QUESTIONS; q++)
            printf("  %-*s", width_of(q),
                   questions[q].ask(server, questions[q].events));
        close(server);
        if (acts[i].act != reset)
            close(client);
    }
    printf("\n");
    return EXIT_SUCCESS;
}

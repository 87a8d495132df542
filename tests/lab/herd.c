/* herd - who wakes up when a client connects, and who gets the client?
 *
 *     herd [-w PROCESSES] [-c CLIENTS] [WAY...]
 *
 * For each way to wait (all, unless some are named), it forks processes that
 * wait for clients in this way, and connects one client after another.  The
 * next client comes only when all processes sleep again.  Meanwhile three
 * things are counted:
 *
 *   - wake-ups: how often a process went to sleep, which the kernel counts as
 *     voluntary context switches (proc(5)).  After the first sleep of each
 *     process, every further one means that something has woken it;
 *   - empty returns: how often the wait returned and no client was left;
 *   - the clients that each process got. */

#define _GNU_SOURCE /* accept4 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/shared.h"
#include "common/values.h"

#define PROCESSES_MAX 100
#define CLIENTS_MAX   100000
#define PATIENCE_S    30 /* if one client takes longer, the program ends */

/* Each process has its own copies of these variables after fork, but copies of
 * a descriptor refer to the same socket or epoll instance. */
static int listener = -1;
static int epoll = -1;
static struct sockaddr_in address; /* of the listener */

/* In memory that all processes share. */
static struct count {
    long clients;
    long empty_returns;
} * counts;

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* --- How a process prepares to wait -------------------------------------- */

/* Makes a socket on address, or on a free port if that has none yet. */
static void
open_socket(int option)
{
    socklen_t len = sizeof(address);
    int on = 1;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 ||
        setsockopt(listener, SOL_SOCKET, option, &on, sizeof(on)) == -1 ||
        bind(listener, (struct sockaddr *)&address, len) == -1 ||
        getsockname(listener, (struct sockaddr *)&address, &len) == -1)
        give_up("socket");
}

static void
open_blocking(void)
{
    open_socket(SO_REUSEADDR);
    if (listen(listener, SOMAXCONN) == -1)
        give_up("listen");
}

/* A process that is woken too late must not sleep in accept. */
static void
open_nonblocking(void)
{
    open_blocking();
    if (fcntl(listener, F_SETFL, O_NONBLOCK) == -1)
        give_up("fcntl");
}

/* Only takes the port.  A socket gets clients only after listen. */
static void
take_port(void)
{
    open_socket(SO_REUSEPORT);
}

static void
open_own_listener(void)
{
    open_socket(SO_REUSEPORT);
    if (listen(listener, SOMAXCONN) == -1)
        give_up("listen");
}

/* Makes an epoll instance that watches the listener. */
static void
open_epoll(uint32_t events)
{
    struct epoll_event event = {.events = events};

    epoll = epoll_create1(0);
    if (epoll == -1 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == -1)
        give_up("epoll");
}

static void
open_level(void)
{
    open_epoll(EPOLLIN);
}

static void
open_exclusive(void)
{
    open_epoll(EPOLLIN | EPOLLEXCLUSIVE);
}

static void
open_shared_level(void)
{
    open_nonblocking();
    open_epoll(EPOLLIN);
}

static void
open_shared_edge(void)
{
    open_nonblocking();
    open_epoll(EPOLLIN | EPOLLET);
}

/* --- How it waits: each returns a client, or -1 if none was left ---------- */

static int
wait_in_accept(void)
{
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static int
wait_in_select(void)
{
    fd_set readable;

    FD_ZERO(&readable);
    FD_SET(listener, &readable);
    if (select(listener + 1, &readable, NULL, NULL, NULL) == -1)
        return -1;
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static int
wait_in_poll(void)
{
    struct pollfd readable = {.fd = listener, .events = POLLIN};

    if (poll(&readable, 1, -1) == -1)
        return -1;
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static int
wait_in_epoll(void)
{
    struct epoll_event event;

    if (epoll_wait(epoll, &event, 1, -1) == -1)
        return -1;
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static const struct way {
    const char *name;
    void (*open_shared)(void); /* before the forks: all processes share it */
    void (*open_own)(void);    /* after its fork, in each process; or NULL */
    int (*wait)(void);
} ways[] = {
    {"accept", open_blocking, NULL, wait_in_accept},
    {"select", open_nonblocking, NULL, wait_in_select},
    {"poll", open_nonblocking, NULL, wait_in_poll},
    {"epoll", open_nonblocking, open_level, wait_in_epoll},
    {"epoll-exclusive", open_nonblocking, open_exclusive, wait_in_epoll},
    {"shared-level", open_shared_level, NULL, wait_in_epoll},
    {"shared-edge", open_shared_edge, NULL, wait_in_epoll},
    {"reuseport", take_port, open_own_listener, wait_in_accept},
};

#define WAYS (int)(sizeof(ways) / sizeof(ways[0]))

/* --- The processes -------------------------------------------------------- */

static _Noreturn void
work(const struct way *way, struct count *count)
{
    int client;

    /* No process may be left if the parent is killed. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        give_up("prctl");
    if (way->open_own != NULL)
        way->open_own();
    for (;;) {
        client = way->wait();
        if (client != -1) {
            count->clients++;
            close(client);
        } else if (errno == EAGAIN) {
            count->empty_returns++;
        } else {
            give_up(way->name);
        }
    }
}

/* Returns whether a process sleeps, and adds to *sleeps how often it has gone
 * to sleep since its start. */
static bool
is_asleep(pid_t pid, long *sleeps)
{
    char path[64];
    char line[256];
    char state = 'Z';
    FILE *status;
    long number;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    status = fopen(path, "r");
    if (status == NULL)
        give_up(path);
    while (fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &number) == 1)
            *sleeps += number;
        else
            (void)sscanf(line, "State: %c", &state);
    fclose(status);
    if (state == 'Z') {
        fprintf(stderr, "herd: a process has ended\n");
        exit(EXIT_FAILURE);
    }
    return state == 'S';
}

/* Waits until all processes sleep.  Returns how often they have gone to sleep
 * since their start, all together. */
static long
wait_for_sleep(const pid_t *pids, int count)
{
    long before;
    long sleeps = -1;
    bool asleep;

    alarm(PATIENCE_S);
    /* The state says "sleeping" a moment before the sleep is counted, so look
     * again until the number stays. */
    do {
        clock_wait_until(clock_now() + 100 * CLOCK_US);
        before = sleeps;
        sleeps = 0;
        asleep = true;
        for (int i = 0; i < count; i++)
            asleep = is_asleep(pids[i], &sleeps) && asleep;
    } while (!asleep || sleeps != before);
    return sleeps;
}

/* Connects a client, and waits until the process that accepted it closes. */
static void
connect_client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    if (fd == -1 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
        recv(fd, &byte, 1, 0) != 0)
        give_up("client");
    close(fd);
}

/* --- The table ------------------------------------------------------------ */

static void
print_row(const char *name, int processes, int clients, long wake_ups)
{
    long empty = 0;
    long least = clients;
    long most = 0;
    int served = 0;

    for (int i = 0; i < processes; i++) {
        empty += counts[i].empty_returns;
        served += counts[i].clients > 0;
        if (counts[i].clients < least)
            least = counts[i].clients;
        if (counts[i].clients > most)
            most = counts[i].clients;
    }
    printf("%-15s %8.2f %8.2f   %3d of %-3d ", name, (double)wake_ups / clients,
           (double)empty / clients, served, processes);
    if (processes > 8)
        printf(" %ld to %ld", least, most);
    for (int i = 0; i < processes && processes <= 8; i++)
        printf(" %ld", counts[i].clients);
    printf("\n");
    if (fflush(stdout) == EOF)
        give_up("stdout");
}

static void
run(const struct way *way, int processes, int clients)
{
    pid_t pids[PROCESSES_MAX] = {0};
    long sleeps;

    address = (struct sockaddr_in){.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(counts, 0, sizeof(*counts) * PROCESSES_MAX);
    way->open_shared();
    for (int i = 0; i < processes; i++) {
        pids[i] = fork();
        if (pids[i] == -1)
            give_up("fork");
        if (pids[i] == 0)
            work(way, &counts[i]);
    }

    sleeps = wait_for_sleep(pids, processes);
    for (int i = 0; i < clients; i++) {
        connect_client();
        wait_for_sleep(pids, processes);
    }
    sleeps = wait_for_sleep(pids, processes) - sleeps;

    for (int i = 0; i < processes; i++) {
        if (kill(pids[i], SIGKILL) == -1 || waitpid(pids[i], NULL, 0) == -1)
            give_up("kill");
    }
    close(listener);
    if (epoll != -1)
        close(epoll);
    epoll = -1;
    print_row(way->name, processes, clients, sleeps);
}

/* --- The command line ----------------------------------------------------- */

static _Noreturn void
reject(const char *what)
{
    fprintf(stderr,
            "herd: %s\n"
            "usage: herd [-w PROCESSES] [-c CLIENTS] [WAY...]\n"
            "ways:",
            what);
    for (int i = 0; i < WAYS; i++)
        fprintf(stderr, " %s", ways[i].name);
    fprintf(stderr, "\n");
    exit(2);
}

static const struct way *
find_way(const char *name)
{
    for (int i = 0; i < WAYS; i++)
        if (strcmp(name, ways[i].name) == 0)
            return &ways[i];
    reject("there is no such way to wait");
}

int
main(int argc, char **argv)
{
    char why[VALUES_WHY_MAX];
    int processes = 8;
    int clients = 80;
    int option;

    while ((option = getopt(argc, argv, "w:c:")) != -1)
        if (option == 'w') {
            if (!values_number(optarg, 1, PROCESSES_MAX, &processes, why))
                reject(why);
        } else if (option != 'c') {
            reject("no such option");
        } else if (!values_number(optarg, 1, CLIENTS_MAX, &clients, why)) {
            reject(why);
        }
    for (int i = optind; i < argc; i++)
        find_way(argv[i]);
    counts = shared_take(sizeof(*counts) * PROCESSES_MAX);
    if (counts == NULL)
        give_up("memory");

    printf("processes that wait: %d; clients, one after another: %d\n\n"
           "                wake-ups    empty  processes    clients\n"
           "                     per  returns  that got     of each\n"
           "way to wait       client  per cl.  clients      process\n",
           processes, clients);
    for (int i = 0; i < WAYS && optind == argc; i++)
        run(&ways[i], processes, clients);
    for (int i = optind; i < argc; i++)
        run(find_way(argv[i]), processes, clients);
    return EXIT_SUCCESS;
}

#include "client/target/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/draw/text.h"
#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/log.h"

#define LOOK_MAX_MS 500  /* between two looks whether the server listens */
#define OUTPUT_LEN  4096 /* bytes that are searched at once */
#define LINE_LEN    128  /* of an announcement, at most */
#define PORT_FIRST  10000
#define PORT_LAST   65535
#define TRIES       1000
/* The kernel gives these to clients, and to servers that ask for port 0, unless
 * it is told otherwise (ip(7)). */
#define GIVEN_FIRST 32768
#define GIVEN_LAST  60999

/* Writes a message into why, and returns -1. */
static int __attribute__((format(printf, 2, 3)))
fail(char why[SERVER_PROCESS_WHY_MAX], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)text_vprint(why, SERVER_PROCESS_WHY_MAX, format, args);
    va_end(args);
    return -1;
}

/* --- choosing a port -------------------------------------------------------
 */

/* Reads which ports the kernel gives away by itself. */
static void
read_given(int *first, int *last)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

    *first = GIVEN_FIRST;
    *last = GIVEN_LAST;
    if (file == NULL)
        return;
    if (fscanf(file, "%d %d", first, last) != 2) {
        *first = GIVEN_FIRST;
        *last = GIVEN_LAST;
    }
    fclose(file);
}

/* Returns whether a socket can be bound to this address now. */
static bool
can_bind(const struct sockaddr *addr, socklen_t len)
{
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = fd != -1 && bind(fd, addr, len) == 0;

    if (fd != -1)
        close(fd);
    return can;
}

/* Returns whether no socket uses the port now, on any address. */
static bool
is_unused(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port)};

    return can_bind((const struct sockaddr *)&addr, sizeof(addr));
}

/* Reserves a port among the programs of this suite: only one socket can have an
 * abstract name (unix(7)).  Returns that socket, or -1 if another program has
 * it. */
static int
reserve(int port)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1,
                       "server_process port %d", port);

    if (fd == -1)
        return -1;
    if (bind(fd, (const struct sockaddr *)&addr,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                         (size_t)len)) == 0)
        return fd;
    close(fd);
    return -1;
}

int
listener_choose_port(char chosen[SERVER_PROCESS_PORT_MAX])
{
    unsigned next = (unsigned)(clock_now() / CLOCK_US) + (unsigned)getpid();
    int first;
    int last;
    int lock;

    read_given(&first, &last);
    for (int i = 0; i < TRIES; i++) {
        int port = PORT_FIRST + (int)(next++ % (PORT_LAST - PORT_FIRST + 1));

        /* If the kernel gives away nearly all, any of them must do. */
        if (i < TRIES / 2 && port >= first && port <= last) {
            next += (unsigned)(last - port);
            continue;
        }
        lock = reserve(port);
        if (lock != -1 && is_unused(port)) {
            snprintf(chosen, SERVER_PROCESS_PORT_MAX, "%d", port);
            return lock;
        }
        if (lock != -1)
            close(lock);
    }
    errno = EADDRINUSE;
    die("cannot find a free port");
}

/* --- finding where it listens --------------------------------------------- */

/* Reads address and port from "listening on ADDRESS port PORT" in one of the
 * server's streams.  Returns false if that line is not there yet. */
static bool
find_announcement(struct server_process *s, int stream,
                  char address[PROCESS_ADDRESS_MAX])
{
    struct server_process_search *search = &s->searches[stream];
    int fd = fileno(stream == 0 ? s->out : s->log);
    char output[OUTPUT_LEN + 1];
    ssize_t n;

    /* The server and this program share the file's offset, hence pread. */
    while ((n = pread(fd, output, OUTPUT_LEN, search->at)) > 0) {
        const char *at = output;
        int len;

        for (char *c = output; c < output + n; c++)
            if (*c == '\0')
                *c = '?'; /* so that the text does not end there */
        output[n] = '\0';
        for (; (at = strstr(at, "listening on ")) != NULL; at++) {
            if (sscanf(at, "listening on %63s port %7[0-9]%n", address, s->port,
                       &len) != 2)
                continue;
            /* More digits may follow, unless it stays so. */
            if (at[len] != '\0' || search->size == search->at + n)
                return true;
        }
        search->size = search->at + n;
        if (n < OUTPUT_LEN)
            return false;
        search->at += n - LINE_LEN;
    }
    return false;
}

/* Returns whether this machine has the IPv6 address ::1.  Containers often have
 * none, but a socket can listen on :: there. */
static bool
has_ipv6(void)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    return can_bind((const struct sockaddr *)&addr, sizeof(addr));
}

/* Finds out where to connect to a server that listens on address.  Returns 0,
 * or -1 with the reason in why. */
static int
find_address(struct server_process *s, const char *address,
             char why[SERVER_PROCESS_WHY_MAX])
{
    long port = strtol(s->port, NULL, 10);
    char reason[ADDRESS_WHY_MAX];
    char shown[4 * PROCESS_ADDRESS_MAX]; /* an escape has four letters */
    const char *host = address;

    if (port < 1 || port > UINT16_MAX)
        return fail(why, "announced port %s, but ports are from 1 to 65535",
                    s->port);
    if (strcmp(address, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(address, "::") == 0)
        host = has_ipv6() ? "::1" : "127.0.0.1";
    if (address_find(&s->to, host, s->port, reason))
        return 0;
    text_visible(shown, sizeof(shown), address, strlen(address));
    return fail(why, "announced the address '%s': %s", shown, reason);
}

/* Returns how long to pause before the next look whether the server listens.
 * To look costs CPU time, some milliseconds where the kernel has a large table
 * of sockets.  So the pause grows with the time that the server has taken: the
 * listener is found at most a quarter later than it could be. */
static int
look_pause_ms(int64_t waited_ns)
{
    int64_t pause_ms = 1 + waited_ns / CLOCK_MS / 4;

    return (int)(pause_ms < LOOK_MAX_MS ? pause_ms : LOOK_MAX_MS);
}

/* Says why a server that still runs has not been found to listen. */
static int
explain(const struct server_process *s, bool port_chosen, int64_t limit_ns,
        char why[SERVER_PROCESS_WHY_MAX])
{
    const char *wanted = port_chosen
                             ? "did not listen on its {port}"
                             : "did not print 'listening on ADDRESS port PORT'";
    struct process_tree t;
    char stopped[PROCESS_TREE_STOPPED_MAX];
    unsigned port = 0;

    process_tree_list(&t, s->pid);
    for (int i = 0; i < t.count && port == 0; i++)
        port = process_listening_port(t.pids[i], 0);
    if (port == 0)
        return fail(why, "%s within %s%s", wanted, TEXT_TIME(limit_ns),
                    process_tree_stopped(stopped, s->pid));
    return fail(why, "%s within %s, but listens on port %u%s", wanted,
                TEXT_TIME(limit_ns), port,
                port_chosen ? "" : "; if it prints the line, it must flush it");
}

int
listener_await(struct server_process *s, bool port_chosen, int64_t limit_ns,
               char why[SERVER_PROCESS_WHY_MAX])
{
    int64_t began_ns = clock_now();
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};
    unsigned port = (unsigned)strtoul(s->port, NULL, 10);
    /* Not every system says who listens. */
    bool announced = !port_chosen || !process_can_look();
    char address[PROCESS_ADDRESS_MAX];

    for (;;) {
        bool has_ended = server_process_ended(s);
        int64_t waited_ns;

        if ((port_chosen && process_listens_on(port, address)) ||
            (announced && (find_announcement(s, 0, address) ||
                           find_announcement(s, 1, address))))
            if (!has_ended)
                return find_address(s, address, why);
        if (has_ended)
            return fail(why, "ended before it listened%s",
                        process_tree_orphans() > 0
                            ? " and left processes in the background; it must "
                              "stay in the foreground"
                            : "");
        waited_ns = clock_now() - began_ns;
        if (waited_ns >= limit_ns)
            return explain(s, port_chosen, limit_ns, why);
        if (poll(&stop, 1, look_pause_ms(waited_ns)) > 0)
            return fail(why, "interrupted");
    }
}

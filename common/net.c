#define _DEFAULT_SOURCE /* NI_MAXHOST, NI_MAXSERV */

#include "common/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stop.h"

static int
enable(int fd, int level, int option)
{
    int on = 1;

    return setsockopt(fd, level, option, &on, sizeof(on));
}

#define INHERITED 3 /* the descriptor that a parent passes on */

enum port_use {
    PORT_ALONE,    /* one listener has the port */
    PORT_RESERVED, /* a socket that does not listen keeps it for listeners */
    PORT_SHARED,   /* several listeners have it */
};

/* Returns a socket that listens on ai, or -1 with errno set. */
static int
listen_on(const struct addrinfo *ai, int backlog, enum net_mode mode,
          enum port_use use)
{
    int saved;
    int fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);

    if (fd == -1)
        return -1;
    /* No race with an exec: no server of ours calls one. */
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
        goto out_close;
    /* The side that closes first keeps the connection in TIME_WAIT for a
     * minute, and without this option a server that closed first could not bind
     * its port again until then.  Not SO_REUSEPORT: with that, two servers on
     * the same port would silently share the clients. */
    if (enable(fd, SOL_SOCKET, SO_REUSEADDR) == -1)
        goto out_close;
    if (use == PORT_SHARED && enable(fd, SOL_SOCKET, SO_REUSEPORT) == -1)
        goto out_close;
    /* Accepted sockets inherit this (Linux and the BSDs).  Without it, an
     * answer of three bytes would wait until the client has acknowledged the
     * answer before. */
    if (enable(fd, IPPROTO_TCP, TCP_NODELAY) == -1)
        goto out_close;
    /* The default depends on the system.  We want "::" to mean IPv6 only. */
    if (ai->ai_family == AF_INET6 &&
        enable(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1)
        goto out_close;
    if (mode == NET_NONBLOCKING && fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
        goto out_close;
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1)
        goto out_close;
    /* After bind, which has failed if another server has the port. */
    if (use == PORT_RESERVED && enable(fd, SOL_SOCKET, SO_REUSEPORT) == -1)
        goto out_close;
    if (use != PORT_RESERVED && listen(fd, backlog) == -1)
        goto out_close;
    return fd;

out_close:
    saved = errno;
    net_close(fd);
    errno = saved;
    return -1;
}

static const char *
advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return " (is another server running? try -p 0)";
    case EACCES:
        return " (ports below 1024 need privileges)";
    case EADDRNOTAVAIL:
        return " (not an address of this machine; try -a 127.0.0.1)";
    default:
        return "";
    }
}

static struct addrinfo *
resolve(const char *address, const char *port)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *list;
    int error = getaddrinfo(address, port, &hints, &list);

    if (error != 0) {
        log_error("cannot listen on %s port %s: %s (an address or a name is "
                  "wanted)",
                  address, port,
                  error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        exit(EXIT_FAILURE);
    }
    return list;
}

/* Returns a socket that listens on an address and a port.  If that fails, says
 * why and ends the program. */
static int
listen_or_exit(const char *address, const char *port, int backlog,
               enum net_mode mode, enum port_use use)
{
    struct addrinfo *list = resolve(address, port);
    int fd = -1;

    for (struct addrinfo *ai = list; ai != NULL && fd == -1; ai = ai->ai_next)
        fd = listen_on(ai, backlog, mode, use);
    if (fd == -1) {
        log_error("cannot listen on %s port %s: %s%s", address, port,
                  strerror(errno), advice(errno));
        exit(EXIT_FAILURE);
    }
    freeaddrinfo(list);
    return fd;
}

/* Tells whether our parent has passed a listener on to this process, and not to
 * a process that started this one. */
static bool
is_inherited(void)
{
    const char *count = getenv("LISTEN_FDS");
    const char *pid = getenv("LISTEN_PID");

    return count != NULL && pid != NULL && strtol(count, NULL, 10) >= 1 &&
           strtol(pid, NULL, 10) == (long)getpid();
}

/* Makes of the listener that was passed on what listen_on makes of a new one.
 * It returns the same descriptor. */
static int
inherit(int backlog, enum net_mode mode)
{
    int flags = fcntl(INHERITED, F_GETFL) & ~O_NONBLOCK;

    if (mode == NET_NONBLOCKING)
        flags |= O_NONBLOCK;
    if (enable(INHERITED, IPPROTO_TCP, TCP_NODELAY) == -1 ||
        fcntl(INHERITED, F_SETFD, FD_CLOEXEC) == -1 ||
        fcntl(INHERITED, F_SETFL, flags) == -1 ||
        listen(INHERITED, backlog) == -1)
        die("LISTEN_FDS says that descriptor %d is a listener", INHERITED);
    return INHERITED;
}

int
net_listen(const char *address, const char *port, int backlog,
           enum net_mode mode)
{
    int fd;

    if (is_inherited()) {
        fd = inherit(backlog, mode);
        stop_leaves(fd);
    } else {
        fd = listen_or_exit(address, port, backlog, mode, PORT_ALONE);
        stop_shuts(fd);
    }
    return fd;
}

int
net_reserve(const char *address, const char *port)
{
    if (is_inherited()) {
        log_error("LISTEN_FDS passes a listener on, and this server cannot use "
                  "it, because each worker opens a listener of its own; "
                  "bin/epoll and bin/prefork can");
        exit(EXIT_FAILURE);
    }
    return listen_or_exit(address, port, 0, NET_BLOCKING, PORT_RESERVED);
}

int
net_listen_too(int reserved, int backlog, enum net_mode mode)
{
    struct sockaddr_storage addr;
    struct addrinfo ai = {.ai_socktype = SOCK_STREAM,
                          .ai_addr = (struct sockaddr *)&addr,
                          .ai_addrlen = sizeof(addr)};

    if (getsockname(reserved, ai.ai_addr, &ai.ai_addrlen) == -1)
        return -1;
    ai.ai_family = addr.ss_family;
    return listen_on(&ai, backlog, mode, PORT_SHARED);
}

void
net_announce(int listener)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];

    if (getsockname(listener, (struct sockaddr *)&addr, &len) == -1)
        die("getsockname");
    if (getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        die("getnameinfo");
    log_result("listening on %s port %s", host, port);
}

int
net_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        die("getrlimit");
    /* Some systems allow a thousand million, and our tables have one entry per
     * descriptor. */
    if (limit.rlim_max > NET_FDS_MAX)
        limit.rlim_cur = NET_FDS_MAX;
    else
        limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        die("setrlimit");
    return (int)limit.rlim_cur;
}

void
net_close(int fd)
{
    int result = close(fd);

    log_call(result, "close(%d)", fd);
}

int
net_set_timeout(int fd, int option, int64_t ns)
{
    struct timeval t = clock_timeval(ns);

    return setsockopt(fd, SOL_SOCKET, option, &t, sizeof(t));
}

#define _DEFAULT_SOURCE /* NI_MAXHOST, NI_MAXSERV */

#include "common/accept.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stop.h"
#include "common/system.h"
#include "common/tally.h"

static enum accept_result
classify(int error)
{
    /* EINVAL: the listener has been shut down (stop.h). */
    if (error == EAGAIN || error == EINTR || error == EINVAL)
        return ACCEPT_NONE;
    if (system_accept_lost_client(error))
        return ACCEPT_LOST;
    /* EMFILE, ENFILE, ENOBUFS, ENOMEM, and errors that we do not expect. */
    return ACCEPT_SCARCE;
}

/* Logs why no client can be accepted, once for each series of failures. */
static void
warn(int error, bool *warned)
{
    if (!*warned)
        log_event("warning", "cannot accept: %s; clients wait%s",
                  strerror(error),
                  error == EMFILE ? " ('ulimit -n' says how many fit)" : "");
    *warned = true;
}

/* Logs where the client is: "127.0.0.1:3000" or "[::1]:3000". */
static void
log_accept(unsigned id, const struct sockaddr_storage *addr, socklen_t len)
{
    char host[NI_MAXHOST] = "?";
    char port[NI_MAXSERV] = "?";
    bool v6 = addr->ss_family == AF_INET6;

    /* It fails only if there is no memory, and then the question marks stay. */
    (void)getnameinfo((const struct sockaddr *)addr, len, host, sizeof(host),
                      port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    log_event("accept", "client=%u from=%s%s%s:%s", id, v6 ? "[" : "", host,
              v6 ? "]" : "", port);
}

/* Does what follows when accept has returned fd; if that is -1, errno says
 * why. */
static enum accept_result
finish(int fd, const struct sockaddr_storage *addr, socklen_t len,
       struct client *client)
{
    static _Thread_local bool warned;

    if (fd == -1) {
        int error = errno;
        enum accept_result result = classify(error);

        if (error == EINVAL)
            stop_follow();
        if (result == ACCEPT_SCARCE)
            warn(error, &warned);
        return result;
    }
    warned = false;
    *client = (struct client){.fd = fd, .id = tally_accepted()};
    if (log_enabled())
        log_accept(client->id, addr, len);
    return ACCEPT_CLIENT;
}

static enum accept_result
take(int listener, bool nonblocking, struct client *client)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    int fd = system_accept(listener, nonblocking, &addr, &len);

    log_call(fd, "accept4(%d)", listener);
    return finish(fd, &addr, len, client);
}

enum accept_result
accept_nonblocking(int listener, struct client *client)
{
    return take(listener, true, client);
}

enum accept_result
accept_completed(int result, struct client *client)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof(addr);

    if (result < 0)
        errno = -result;
    /* It fails if the client has left already; then its name is "?". */
    else if (log_enabled())
        (void)getpeername(result, (struct sockaddr *)&addr, &len);
    return finish(result < 0 ? -1 : result, &addr, len, client);
}

bool
accept_client(int listener, struct client *client)
{
    enum accept_result result = take(listener, false, client);

    if (result == ACCEPT_SCARCE)
        clock_wait_until(clock_now() + ACCEPT_PAUSE_NS);
    return result == ACCEPT_CLIENT;
}

void
accept_warn_full(const char *what, int limit)
{
    static bool warned;

    if (!warned)
        log_event("warning", "full: %d %s; the kernel queues new clients",
                  limit, what);
    warned = true;
}

void
accept_refuse(const struct client *client, const char *reason)
{
    log_event("refuse", "client=%u reason=%s", client->id, reason);
    tally_refused();
    net_close(client->fd);
}

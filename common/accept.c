#define _GNU_SOURCE /* accept4 */

#include "common/accept.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stats.h"

static enum accept_result
classify(int error)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
    case EINVAL: /* the listener has been shut down (prefork, at a stop) */
    /* The client or its network has gone; Linux passes such errors on, and
     * accept(2) says to treat them like EAGAIN. */
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: /* a firewall's rule */
        return ACCEPT_NONE;
    default: /* EMFILE, ENFILE, ENOBUFS, ENOMEM, and what nobody expects */
        return ACCEPT_FULL;
    }
}

static enum accept_result
accept_client(int listener, int flags, struct client *client)
{
    static _Thread_local bool full; /* and it has been logged */
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    char name[NET_NAME_MAX];
    enum accept_result result;

    /* One call that also sets the flags: no moment at which a child forked by
     * another thread could inherit the socket, and no further system call. */
    client->fd =
        accept4(listener, (struct sockaddr *)&addr, &len, flags | SOCK_CLOEXEC);
    log_call(client->fd, "accept4(%d)", listener);
    if (client->fd == -1) {
        result = classify(errno);
        if (result == ACCEPT_FULL && !full)
            log_event(
                "warning", "cannot accept: %s; clients wait%s", strerror(errno),
                errno == EMFILE ? " ('ulimit -n' says how many fit)" : "");
        full = full || result == ACCEPT_FULL;
        return result;
    }
    full = false;
    client->id = stats_client();
    if (log_enabled()) {
        net_name(&addr, len, name);
        log_event("accept", "client=%u from=%s", client->id, name);
    }
    return ACCEPT_CLIENT;
}

enum accept_result
accept_ready(int listener, struct client *client)
{
    return accept_client(listener, SOCK_NONBLOCK, client);
}

bool
accept_blocking(int listener, struct client *client)
{
    enum accept_result result = accept_client(listener, 0, client);

    if (result == ACCEPT_FULL)
        clock_wait_until(clock_now() + ACCEPT_PAUSE_NS);
    return result == ACCEPT_CLIENT;
}

void
accept_full(const char *what, int limit)
{
    static bool told;

    if (!told)
        log_event("warning", "full: %d %s; the next are not accepted yet",
                  limit, what);
    told = true;
}

void
accept_refuse(const struct client *client, const char *reason)
{
    log_event("refuse", "client=%u reason=%s", client->id, reason);
    stats_refused();
    net_close(client->fd);
}

#include "client/play/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

int
connection_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int error;

    if (fd == -1)
        return -1;
    /* Otherwise the kernel would hold a small segment back until the one before
     * it is acknowledged. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

int
connection_start(int fd, const struct sockaddr_storage *to, socklen_t to_len)
{
    if (connect(fd, (const struct sockaddr *)to, to_len) == 0)
        return 0;
    /* An interrupted connect goes on as well (connect(2)). */
    return errno == EINTR ? EINPROGRESS : errno;
}

int
connection_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        return errno;
    return error;
}

int
connection_port(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);

    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        return 0;
    if (addr.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&addr)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&addr)->sin_port);
}

int
connection_reset(int fd)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int error = 0;

    /* With a linger time of zero, close sends a reset (socket(7)). */
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == -1)
        error = errno;
    close(fd);
    return error;
}

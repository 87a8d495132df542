/* sock_diag(7): a question about exactly one socket costs a few microseconds.
 * A question about all sockets would go through the whole table of the kernel,
 * and /proc/net/tcp does the same; but listeners have a small table of their
 * own. */

#define _DEFAULT_SOURCE /* for the states in netinet/tcp.h */

#include "client/record/kernel.h"
#include "client/record/sock_diag.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

/* Bytes: an answer without extensions has about 90, and of many answers the
 * kernel sends fewer than ANSWERS_MAX at once. */
#define ANSWER_MAX  512
#define ANSWERS_MAX 16384

/* Both sides of a connection, as the server's side names them. */
static struct sock_diag_id
socket_id(const struct sockaddr_storage *server,
          const struct sockaddr_storage *client)
{
    struct sock_diag_id id = {.cookie = {UINT32_MAX, UINT32_MAX}};

    if (server->ss_family == AF_INET6) {
        const struct sockaddr_in6 *s = (const void *)server;
        const struct sockaddr_in6 *c = (const void *)client;

        id.source_port = s->sin6_port;
        id.target_port = c->sin6_port;
        memcpy(id.source, &s->sin6_addr, sizeof(s->sin6_addr));
        memcpy(id.target, &c->sin6_addr, sizeof(c->sin6_addr));
    } else {
        const struct sockaddr_in *s = (const void *)server;
        const struct sockaddr_in *c = (const void *)client;

        id.source_port = s->sin_port;
        id.target_port = c->sin_port;
        id.source[0] = s->sin_addr.s_addr;
        id.target[0] = c->sin_addr.s_addr;
    }
    return id;
}

/* Asks about one socket.  Returns 0 and fills *found, or -1 with errno set;
 * errno is ENOENT if there is no such socket. */
static int
ask(const struct kernel *k, const struct sockaddr_storage *client,
    struct sock_diag_answer *found)
{
    const struct sock_diag_question question = {
        .header = {.length = sizeof(question),
                   .type = SOCK_DIAG_BY_FAMILY,
                   .flags = NETLINK_REQUEST},
        .family = (uint8_t)k->server.ss_family,
        .protocol = IPPROTO_TCP,
        .states = ~0U,
        .id = socket_id(&k->server, client)};
    _Alignas(struct netlink_header) char bytes[ANSWER_MAX];
    const struct netlink_header *header = (const void *)bytes;
    const void *body = bytes + sizeof(*header);
    const int *error = body; /* an error begins with it, below 0 */
    ssize_t n;

    if (send(k->fd, &question, sizeof(question), 0) == -1)
        return -1;
    do /* the kernel has answered already: to send to it is to call it */
        n = recv(k->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        return -1;
    if (header->type == SOCK_DIAG_BY_FAMILY &&
        (size_t)n >= sizeof(*header) + sizeof(*found)) {
        memcpy(found, body, sizeof(*found));
        return 0;
    }
    errno = header->type == NETLINK_ERROR &&
                    (size_t)n >= sizeof(*header) + sizeof(*error)
                ? -*error
                : EPROTO;
    return -1;
}

/* Adds what the answers in these bytes say of listeners other than the first,
 * on the same address.  Returns whether more bytes will come. */
static bool
add_listeners(struct kernel_queue *queue, const struct sock_diag_answer *first,
              const char *bytes, size_t len)
{
    struct netlink_header header;
    struct sock_diag_answer found;

    while (len >= sizeof(header)) {
        memcpy(&header, bytes, sizeof(header));
        if (header.type != SOCK_DIAG_BY_FAMILY ||
            header.length < sizeof(header) + sizeof(found) ||
            header.length > len)
            return false;
        memcpy(&found, bytes + sizeof(header), sizeof(found));
        if (found.inode != first->inode &&
            found.id.source_port == first->id.source_port &&
            memcmp(found.id.source, first->id.source,
                   sizeof(found.id.source)) == 0) {
            queue->listeners++;
            queue->length += (int)found.unread;
            queue->limit += (int)found.unsent + 1;
        }
        bytes += header.length; /* a multiple of 4 for these answers */
        len -= header.length;
    }
    return true;
}

/* Asks for all listeners on the port of the first. */
static void
ask_listeners(const struct kernel *k, const struct sock_diag_answer *first,
              struct kernel_queue *queue)
{
    const struct sock_diag_question question = {
        .header = {.length = sizeof(question),
                   .type = SOCK_DIAG_BY_FAMILY,
                   .flags = NETLINK_REQUEST | NETLINK_DUMP},
        .family = first->family,
        .protocol = IPPROTO_TCP,
        .states = 1U << TCP_LISTEN,
        .id = {.source_port = first->id.source_port,
               .cookie = {UINT32_MAX, UINT32_MAX}}};
    char bytes[ANSWERS_MAX];
    bool more = send(k->fd, &question, sizeof(question), 0) != -1;

    while (more) {
        ssize_t n = recv(k->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (n == -1 && errno == EINTR)
            continue;
        more = n > 0 && add_listeners(queue, first, bytes, (size_t)n);
    }
}

bool
kernel_open(struct kernel *k, const struct sockaddr_storage *server)
{
    struct kernel_queue queue;

    k->server = *server;
    k->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, SOCK_DIAG_PROTOCOL);
    return k->fd != -1 && kernel_ask_queue(k, &queue);
}

/* Where a connection is whose socket on the server's side is this one. */
static enum kernel_place
place_of(const struct sock_diag_answer *found)
{
    switch (found->state) {
    case TCP_SYN_RECV:
        return KERNEL_HALF_OPEN;
    case TCP_ESTABLISHED:
    case TCP_CLOSE_WAIT: /* the client has closed its side */
        /* accept(2) makes the inode. */
        if (found->inode == 0)
            return KERNEL_QUEUED;
        return found->unread > 0 ? KERNEL_UNREAD : KERNEL_READ;
    default:
        return KERNEL_CLOSED;
    }
}

struct kernel_connection
kernel_ask(const struct kernel *k, const struct sockaddr_storage *client)
{
    struct sock_diag_answer found;

    if (k->fd == -1)
        return (struct kernel_connection){.place = KERNEL_UNKNOWN};
    if (ask(k, client, &found) == -1)
        return (struct kernel_connection){
            .place = errno == ENOENT ? KERNEL_NOWHERE : KERNEL_UNKNOWN};
    /* If it has no socket of its own, the kernel takes the listener. */
    if (found.state == TCP_LISTEN)
        return (struct kernel_connection){.place = KERNEL_NOWHERE};
    return (struct kernel_connection){.place = place_of(&found),
                                      .unread = (int)found.unread,
                                      .unsent = (int)found.unsent,
                                      .inode = found.inode};
}

bool
kernel_ask_queue(const struct kernel *k, struct kernel_queue *queue)
{
    const struct sockaddr_storage nobody = {.ss_family = k->server.ss_family};
    struct sock_diag_answer found;

    if (k->fd == -1 || ask(k, &nobody, &found) == -1 ||
        found.state != TCP_LISTEN)
        return false;
    queue->length = (int)found.unread;
    queue->limit = (int)found.unsent;
    queue->inode = found.inode;
    queue->listeners = 1;
    ask_listeners(k, &found, queue);
    return true;
}

void
kernel_close(struct kernel *k)
{
    if (k->fd != -1)
        close(k->fd);
    k->fd = -1;
}

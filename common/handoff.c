#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */

#include "common/handoff.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/children.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stop.h"

/* A message that carries a client: its number, and its descriptor in a control
 * message, whose memory must be aligned for a header (cmsg(3)). */
struct message {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    unsigned id;
    struct iovec data;
    struct msghdr head;
};

static void
prepare(struct message *m)
{
    memset(m, 0, sizeof(*m));
    m->data = (struct iovec){.iov_base = &m->id, .iov_len = sizeof(m->id)};
    m->head.msg_iov = &m->data;
    m->head.msg_iovlen = 1;
    m->head.msg_control = m->control;
    m->head.msg_controllen = sizeof(m->control);
}

void
handoff_open(struct handoff workers[], int count)
{
    for (int i = 0; i < count; i++)
        workers[i] = (struct handoff){.channel = -1};
}

/* Closes the channel.  A client that is on its way stays with the parent. */
static void
close_channel(struct handoff *h)
{
    net_close(h->channel);
    h->channel = -1;
    if (h->state != HANDOFF_PASSED)
        h->state = HANDOFF_NONE;
}

/* Sends the client that is on its way. */
static void
send_client(struct handoff *h)
{
    struct message m;
    struct cmsghdr *header;
    ssize_t n;

    prepare(&m);
    m.id = h->client.id;
    header = CMSG_FIRSTHDR(&m.head);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(h->client.fd));
    memcpy(CMSG_DATA(header), &h->client.fd, sizeof(h->client.fd));
    n = sendmsg(h->channel, &m.head, MSG_NOSIGNAL | MSG_DONTWAIT);
    log_call(n, "sendmsg(%d, descriptor %d)", h->channel, h->client.fd);
    if (n == -1) /* the worker, if it still runs, sees the end and ends, too */
        close_channel(h);
}

pid_t
handoff_fork(struct handoff *h, int place, int *channel)
{
    int ends[2]; /* the parent's, the worker's */
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
        children_pause(strerror(errno));
        return -1;
    }
    pid = children_fork(place);
    if (pid == 0) {
        net_close(ends[0]);
        *channel = ends[1];
        return 0;
    }
    net_close(ends[1]);
    if (pid == -1) {
        net_close(ends[0]);
        return -1;
    }
    h->channel = ends[0];
    if (h->state == HANDOFF_PASSED)
        send_client(h);
    else
        h->state = HANDOFF_FREE;
    return pid;
}

int
handoff_find_free(const struct handoff workers[], int count)
{
    for (int place = 0; place < count; place++)
        if (workers[place].state == HANDOFF_FREE)
            return place;
    return -1;
}

bool
handoff_all_busy(const struct handoff workers[], int count)
{
    for (int place = 0; place < count; place++)
        if (workers[place].channel == -1 ||
            workers[place].state == HANDOFF_FREE)
            return false;
    return true;
}

void
handoff_send(struct handoff *h, const struct client *client)
{
    h->state = HANDOFF_PASSED;
    h->client = *client;
    send_client(h);
}

void
handoff_hear(struct handoff *h)
{
    char reports[2]; /* more do not come before the next client is passed */
    ssize_t n = read(h->channel, reports, sizeof(reports));

    log_call(n, "read(%d, %zu)", h->channel, sizeof(reports));
    /* The worker has ended, or is about to end.  The reason is never EINTR,
     * because a signal interrupts only a read that waits.  This one does not,
     * because the channel can be read (handoff.h). */
    if (n <= 0)
        close_channel(h);
    for (; n > 0; n--)
        if (h->state == HANDOFF_PASSED) {
            net_close(h->client.fd);
            h->state = HANDOFF_BUSY;
        } else {
            h->state = HANDOFF_FREE;
        }
}

void
handoff_end(struct handoff *h)
{
    while (h->channel != -1)
        handoff_hear(h);
}

void
handoff_close_copies(struct handoff workers[], int count)
{
    for (int i = 0; i < count; i++) {
        if (workers[i].channel != -1)
            net_close(workers[i].channel);
        if (workers[i].state == HANDOFF_PASSED)
            net_close(workers[i].client.fd);
    }
}

bool
handoff_receive(int channel, struct client *client)
{
    struct message m;
    struct cmsghdr *header;
    ssize_t n;

    prepare(&m);
    n = recvmsg(channel, &m.head, MSG_CMSG_CLOEXEC);
    log_call(n, "recvmsg(%d)", channel);
    if (n == 0) /* the parent has ended the channel */
        stop_follow();
    if (n <= 0)
        return false;
    header = CMSG_FIRSTHDR(&m.head);
    if (header == NULL) /* the kernel has dropped the descriptor (MSG_CTRUNC) */
        die("no descriptor is free for client %u", m.id);
    *client = (struct client){.id = m.id};
    memcpy(&client->fd, CMSG_DATA(header), sizeof(client->fd));
    return true;
}

void
handoff_report(int channel)
{
    ssize_t n = write(channel, "", 1);

    /* It fails only if the parent has closed its end.  Then the next
     * handoff_receive sees the end of the channel. */
    log_call(n, "write(%d, 1)", channel);
}

/* A parent that accepts, and children that get each client over a UNIX socket:
 * recvmsg, then recv and send until goodbye.  A byte says that a child has its
 * client, and another that it is free. */

#define _GNU_SOURCE /* accept4 */

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tests/bare/bare.h"

#define WORKERS_MAX 1000

/* A message with room for one descriptor. */
struct message {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    char byte;
    struct iovec data;
    struct msghdr head;
};

static struct pollfd fds[WORKERS_MAX + 1]; /* to each child; the listener */
static int passed[WORKERS_MAX];            /* the parent's copy, or -1 */
static int is_free[WORKERS_MAX];

static void
prepare(struct message *m)
{
    memset(m, 0, sizeof(*m));
    m->data = (struct iovec){&m->byte, 1};
    m->head.msg_iov = &m->data;
    m->head.msg_iovlen = 1;
    m->head.msg_control = m->control;
    m->head.msg_controllen = sizeof(m->control);
}

static void
pass(int channel, int fd)
{
    struct message m;
    struct cmsghdr *header;

    prepare(&m);
    header = CMSG_FIRSTHDR(&m.head);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    check((int)sendmsg(channel, &m.head, MSG_NOSIGNAL), "sendmsg");
}

static void
serve(int channel)
{
    struct message m;

    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
    for (;;) {
        const struct cmsghdr *header;
        int fd;

        prepare(&m);
        check((int)recvmsg(channel, &m.head, MSG_CMSG_CLOEXEC), "recvmsg");
        header = CMSG_FIRSTHDR(&m.head);
        check(header == NULL ? -1 : 0, "the message has no descriptor");
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        check((int)write(channel, "", 1), "write");
        while (bare_serve(fd))
            continue;
        check((int)write(channel, "", 1), "write");
    }
}

/* Reads what a child has said: that it has its client, or is free, or both. */
static void
hear(int child)
{
    char bytes[2];

    for (ssize_t n = read(fds[child].fd, bytes, 2); n > 0; n--)
        if (passed[child] != -1) {
            close(passed[child]);
            passed[child] = -1;
        } else {
            is_free[child] = 1;
        }
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int ends[2];

    for (int i = 0; i < workers; i++) {
        check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
        if (fork() == 0)
            serve(ends[1]);
        close(ends[1]);
        fds[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
        passed[i] = -1;
        is_free[i] = 1;
    }
    for (;;) {
        int child = 0;

        while (child < workers && !is_free[child])
            child++;
        fds[workers].fd = child < workers ? listener : -1;
        fds[workers].events = POLLIN;
        check(poll(fds, (nfds_t)workers + 1, -1), "poll");
        for (int i = 0; i < workers; i++)
            if (fds[i].revents != 0)
                hear(i);
        if (fds[workers].revents == 0)
            continue;
        passed[child] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (passed[child] == -1)
            continue;
        is_free[child] = 0;
        pass(fds[child].fd, passed[child]);
    }
}

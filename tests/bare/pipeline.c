/* The reader: epoll_wait, recv, and out of the list with the client.  Then a
 * queue to the workers, one to the sender, which sends, and one back, with an
 * eventfd.  Each queue is a mutex, a condition variable and an array. */

#define _GNU_SOURCE /* accept4 */

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "tests/bare/bare.h"

#define EVENTS 256
#define PLACES 65536

static struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int fds[PLACES];
    unsigned in, out;
} received, worked, sent;

static int lengths[PLACES]; /* of what was received, by descriptor */
static int wake_up;

static bool
put(struct queue *q, int fd)
{
    bool was_empty;

    pthread_mutex_lock(&q->lock);
    was_empty = q->in == q->out;
    q->fds[q->in++ % PLACES] = fd;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_signal(&q->changed);
    return was_empty;
}

/* Returns -1 if there is none, and waits is false. */
static int
take(struct queue *q, bool waits)
{
    int fd = -1;

    pthread_mutex_lock(&q->lock);
    while (waits && q->in == q->out)
        pthread_cond_wait(&q->changed, &q->lock);
    if (q->in != q->out)
        fd = q->fds[q->out++ % PLACES];
    pthread_mutex_unlock(&q->lock);
    return fd;
}

static void *
work(void *none)
{
    for (;;)
        (void)put(&worked, take(&received, true));
    return none;
}

static void *
send_answers(void *none)
{
    for (;;) {
        int fd = take(&worked, true);

        if (send(fd, answers, (size_t)lengths[fd] / MESSAGE * 3,
                 MSG_NOSIGNAL) == -1)
            lengths[fd] = 0;
        if (put(&sent, fd))
            (void)eventfd_write(wake_up, 1);
    }
    return none;
}

static void
start(void *(*function)(void *), int count)
{
    pthread_t thread;

    while (count-- > 0)
        if (pthread_create(&thread, NULL, function, NULL) != 0)
            exit(1);
}

/* Reads what is there.  Returns whether there are messages in it. */
static bool
receive(int epoll, int fd)
{
    char in[INPUT];

    lengths[fd] = (int)recv(fd, in, sizeof(in), 0);
    if (lengths[fd] >= MESSAGE)
        check(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL), "epoll_ctl");
    else
        bare_close(fd);
    return lengths[fd] >= MESSAGE;
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, SOCK_NONBLOCK);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    struct epoll_event events[EVENTS];
    struct rlimit limit;
    eventfd_t count;

    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max < PLACES ? limit.rlim_max : PLACES;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    event.data.fd = wake_up = eventfd(0, EFD_NONBLOCK);
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, wake_up, &event), "epoll_ctl");
    start(send_answers, 1);
    start(work, workers);
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == wake_up)
                (void)eventfd_read(wake_up, &count);
            else if (events[i].data.fd != listener &&
                     receive(epoll, events[i].data.fd))
                (void)put(&received, events[i].data.fd);
            for (int j = 0; events[i].data.fd == listener && j < ACCEPTS &&
                            (event.data.fd = bare_accept(listener)) != -1;
                 j++)
                check(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event),
                      "epoll_ctl");
        }
        while ((event.data.fd = take(&sent, false)) != -1)
            if (lengths[event.data.fd] % MESSAGE != 0)
                bare_close(event.data.fd); /* goodbye came with the messages */
            else
                check(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event),
                      "epoll_ctl");
    }
}

/* kernel: connections at known points of their way to a server, which is this
 * program itself. */

#define _DEFAULT_SOURCE /* SO_REUSEPORT */

#include "client/record/kernel.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/check.h"

#define BACKLOG 1
#define WAIT_NS (5 * CLOCK_S) /* for what the kernel does later */

/* One client of the server, which connects without waiting. */
struct caller {
    int fd;
    struct sockaddr_storage address;
};

static int
listen_on_loopback(struct sockaddr_storage *address)
{
    struct sockaddr_in *in = (void *)address;
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(address, 0, sizeof(*address));
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(fd, (void *)address, sizeof(*in)) == 0);
    CHECK(listen(fd, BACKLOG) == 0);
    CHECK(getsockname(fd, (void *)address, &len) == 0);
    return fd;
}

static struct caller
call(const struct sockaddr_storage *server)
{
    struct caller c = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    socklen_t len = sizeof(c.address);

    (void)connect(c.fd, (const void *)server, sizeof(struct sockaddr_in));
    CHECK(getsockname(c.fd, (void *)&c.address, &len) == 0);
    return c;
}

/* Tells whether the connection gets to that place. */
static bool
gets_to(const struct kernel *k, const struct caller *c, enum kernel_place place)
{
    int64_t end_ns = clock_now() + WAIT_NS;

    while (kernel_ask(k, &c->address).place != place) {
        if (clock_now() > end_ns)
            return false;
        clock_wait_until(clock_now() + CLOCK_MS);
    }
    return true;
}

static unsigned
inode_of(int fd)
{
    struct stat status;

    CHECK(fstat(fd, &status) == 0);
    return (unsigned)status.st_ino;
}

static void
test_way_of_a_connection(const struct kernel *k, int listener)
{
    struct caller c = call(&k->server);
    struct kernel_queue queue;
    char bytes[8];
    int fd;

    CHECK(gets_to(k, &c, KERNEL_QUEUED));
    CHECK(kernel_ask_queue(k, &queue));
    CHECK(queue.length == 1 && queue.limit == BACKLOG);
    /* Bytes may come before the server accepts. */
    CHECK(send(c.fd, "abcde", 5, 0) == 5);
    CHECK(gets_to(k, &c, KERNEL_QUEUED));
    CHECK(kernel_ask(k, &c.address).unread == 5);
    CHECK(kernel_ask(k, &c.address).inode == 0);

    fd = accept(listener, NULL, NULL);
    CHECK(gets_to(k, &c, KERNEL_UNREAD));
    CHECK(kernel_ask(k, &c.address).inode == inode_of(fd));
    CHECK(kernel_ask_queue(k, &queue) && queue.inode == inode_of(listener));
    CHECK(kernel_ask(k, &c.address).unread == 5);
    CHECK(kernel_ask_queue(k, &queue) && queue.length == 0);
    CHECK(recv(fd, bytes, sizeof(bytes), 0) == 5);
    CHECK(gets_to(k, &c, KERNEL_READ));
    CHECK(kernel_ask(k, &c.address).unread == 0);

    close(fd);
    CHECK(gets_to(k, &c, KERNEL_CLOSED));
    close(c.fd);
    CHECK(kernel_ask(k, &c.address).place == KERNEL_CLOSED);
}

/* The accept queue holds one more than the backlog.  What the kernel does with
 * a handshake that finds it full depends on its settings: it keeps half of the
 * handshake, or nothing. */
static void
test_full_queue(const struct kernel *k)
{
    struct caller in[BACKLOG + 1];
    struct caller out;
    struct kernel_queue queue;
    enum kernel_place place;

    for (int i = 0; i <= BACKLOG; i++) {
        in[i] = call(&k->server);
        CHECK(gets_to(k, &in[i], KERNEL_QUEUED));
    }
    out = call(&k->server);
    place = kernel_ask(k, &out.address).place;
    CHECK(place == KERNEL_HALF_OPEN || place == KERNEL_NOWHERE);
    CHECK(kernel_ask_queue(k, &queue) && queue.length == BACKLOG + 1);
    for (int i = 0; i <= BACKLOG; i++) {
        close(in[i].fd);
        /* One that has left stays in the queue. */
        CHECK(kernel_ask(k, &in[i].address).place == KERNEL_QUEUED);
    }
    close(out.fd);
}

static int
listen_also(const struct sockaddr_storage *address, int backlog)
{
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
    CHECK(bind(fd, (const void *)address, sizeof(struct sockaddr_in)) == 0);
    CHECK(listen(fd, backlog) == 0);
    return fd;
}

/* Three sockets listen on one address: what they say is added. */
static void
test_several_listeners(void)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    struct caller callers[6];
    struct kernel_queue queue;
    struct kernel k;
    socklen_t len = sizeof(address);
    int fds[3];

    ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fds[0] = listen_also(&address, 5);
    CHECK(getsockname(fds[0], (void *)&address, &len) == 0);
    fds[1] = listen_also(&address, 6);
    fds[2] = listen_also(&address, 7);
    CHECK(kernel_open(&k, &address));
    for (int i = 0; i < 6; i++) {
        callers[i] = call(&address);
        CHECK(gets_to(&k, &callers[i], KERNEL_QUEUED));
    }
    CHECK(kernel_ask_queue(&k, &queue) && queue.listeners == 3);
    CHECK(queue.length == 6 && queue.limit + 1 == 6 + 7 + 8);
    close(fds[2]);
    CHECK(kernel_ask_queue(&k, &queue) && queue.listeners == 2);
    CHECK(queue.limit + 1 == 6 + 7);
    for (int i = 0; i < 6; i++)
        close(callers[i].fd);
    close(fds[0]);
    close(fds[1]);
    kernel_close(&k);
}

int
main(void)
{
    struct sockaddr_storage address;
    struct kernel k;
    int listener = listen_on_loopback(&address);

    if (!kernel_open(&k, &address)) {
        printf("skipped: the kernel does not tell about sockets here\n");
        return EXIT_SUCCESS;
    }
    test_way_of_a_connection(&k, listener);
    test_full_queue(&k);
    test_several_listeners();
    close(listener);
    kernel_close(&k);
    CHECK(!kernel_open(&k, &address));
    CHECK(kernel_ask(&k, &address).place != KERNEL_READ);
    kernel_close(&k);
    return check_done();
}

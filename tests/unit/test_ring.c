/* Goal: a ring completes what it is asked for, also when more is asked for than
 * fits into its queues, when the pool is empty, and when something is ended. */

#define _GNU_SOURCE /* syscall */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/io_uring.h"
#include "common/ring.h"
#include "tests/unit/check.h"

#define OWNER 0xdeadbeef /* uses all 32 bits */

static struct ring ring;

/* Waits for the next completion. */
static struct ring_completion
next(void)
{
    struct ring_completion done = {.call = RING_CANCEL};
    int64_t until_ns = clock_now() + 20 * CLOCK_S;

    while (!ring_next(&ring, &done) && clock_now() < until_ns)
        (void)ring_wait(&ring, until_ns);
    return done;
}

static void
test_receive(int ours, int theirs)
{
    struct ring_completion done;
    bool asked = false;

    ring_receive(&ring, &asked, ours, OWNER);
    CHECK(asked && ring.in_flight == 1);
    ring_receive(&ring, &asked, ours, OWNER); /* changes nothing */
    CHECK(ring.in_flight == 1);
    for (int i = 0; i < 2; i++) {
        CHECK(write(theirs, "hello", 5) == 5);
        done = next();
        CHECK(done.call == RING_RECEIVE && done.fd == ours);
        CHECK(done.owner == OWNER && done.result == 5);
        CHECK(done.bytes != NULL && memcmp(done.bytes, "hello", 5) == 0);
        CHECK(done.more == ring.multishot_receive);
        ring_return_buffer(&ring, &done);
        if (!done.more) { /* a kernel before 6.0 */
            asked = false;
            ring_receive(&ring, &asked, ours, OWNER);
        }
    }
    ring_cancel(&ring, RING_RECEIVE, ours, OWNER);
    for (int i = 0; i < 2; i++) {
        done = next();
        CHECK(!done.more);
        CHECK(done.call == RING_CANCEL || done.result == -ECANCELED);
    }
    CHECK(ring.in_flight == 0);
}

static void
test_single_receive(int ours, int theirs)
{
    struct ring_completion done;
    bool multishot = ring.multishot_receive;
    bool asked = false;

    ring.multishot_receive = false;
    ring_receive(&ring, &asked, ours, 1);
    CHECK(write(theirs, "one", 3) == 3);
    done = next();
    CHECK(done.result == 3 && !done.more && ring.in_flight == 0);
    ring_return_buffer(&ring, &done);
    ring.multishot_receive = multishot;
}

/* A buffer is as long as the header says, and there is an end of them. */
static void
test_pool(int ours, int theirs)
{
    static struct ring_completion held[1000];
    struct ring_completion done;
    static char bytes[RING_BUFFER + 100];
    bool asked = false;
    int count = 0;

    CHECK(write(theirs, bytes, sizeof(bytes)) == sizeof(bytes));
    do {
        if (count > 0 && count % 16 == 0)
            CHECK(write(theirs, bytes, sizeof(bytes)) == sizeof(bytes));
        else if (count > 1)
            CHECK(write(theirs, "x", 1) == 1);
        ring_receive(&ring, &asked, ours, 1);
        done = next();
        asked = done.more;
        if (done.result > 0)
            held[count++] = done;
    } while (done.result > 0 && count < 1000);
    CHECK(done.result == -ENOBUFS && !done.more && done.bytes == NULL);
    CHECK(count > 100 && held[0].result == RING_BUFFER);
    for (int i = 0; i < count; i++)
        ring_return_buffer(&ring, &held[i]);
    /* With buffers in it again, it goes on. */
    ring_receive(&ring, &asked, ours, 1);
    done = next();
    CHECK(done.result > 0);
    ring_return_buffer(&ring, &done);
    ring_shut_down(ours);
    while (ring.in_flight > 0) {
        done = next();
        ring_return_buffer(&ring, &done);
    }
    CHECK(done.result == 0);
}

/* More operations than the submission queue has room for. */
static void
test_many(int ours, int theirs)
{
    char byte;
    int completed = 0;

    for (int i = 0; i < 3000; i++) {
        bool asked = false;

        ring_send(&ring, &asked, ours, (uint32_t)i, "x", 1);
    }
    CHECK(ring.in_flight == 3000);
    while (ring.in_flight > 0) {
        struct ring_completion done = next();

        completed += done.call == RING_SEND && done.result == 1;
        if (done.result == 1)
            CHECK(read(theirs, &byte, 1) == 1);
        else
            break;
    }
    CHECK(completed == 3000);
}

static void
test_wait(void)
{
    int64_t until_ns = clock_now() + 2 * CLOCK_MS;
    struct ring_completion done;

    CHECK(ring_wait(&ring, until_ns));
    CHECK(clock_now() >= until_ns);
    CHECK(ring_wait(&ring, 0)); /* long ago */
    CHECK(!ring_next(&ring, &done));
}

int
main(void)
{
    struct io_uring_params params = {0};
    int fds[2];

    if (syscall(IO_URING_SETUP, 1, &params) == -1) {
        printf("skipped: this machine has no io_uring\n");
        return EXIT_SUCCESS;
    }
    ring_open(&ring);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    test_receive(fds[0], fds[1]);
    test_single_receive(fds[0], fds[1]);
    test_many(fds[0], fds[1]);
    test_wait();
    test_pool(fds[0], fds[1]);
    ring_close(&ring);
    return check_done();
}

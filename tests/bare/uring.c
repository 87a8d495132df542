/* io_uring_enter for everything: one operation that accepts, one that receives
 * for each client, and a send for each message.  The queues are used as
 * common/ring_queues_linux.c explains. */

#define _GNU_SOURCE /* syscall, MAP_ANONYMOUS */

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "common/io_uring.h"
#include "tests/bare/bare.h"

#define ENTRIES     1024
#define COMPLETIONS 8192
#define BUFFERS     256
#define BUFFER      4000

enum {
    ACCEPT,
    RECEIVE,
    SEND
};

static int ring;
static struct io_uring_params params = {
    .flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL |
             IORING_SETUP_COOP_TASKRUN,
    .cq_entries = COMPLETIONS,
};
static struct io_uring_sqe *entries;
static _Atomic unsigned *head, *tail; /* of the submission queue */
static struct io_uring_buf *pool;
static char *buffers;

static char *
map(int fd, size_t size, int64_t offset)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE,
             fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE,
             fd, (off_t)offset);

    check(memory == MAP_FAILED ? -1 : 0, "mmap");
    return memory;
}

static void
enter(unsigned wait_for)
{
    unsigned count = *tail - atomic_load_explicit(head, memory_order_acquire);

    check((int)syscall(IO_URING_ENTER, ring, count, wait_for,
                       IORING_ENTER_GETEVENTS, NULL, 0),
          "io_uring_enter");
}

static void
ask(unsigned char what, unsigned char opcode, int fd, size_t len)
{
    unsigned next = atomic_load_explicit(tail, memory_order_relaxed);
    struct io_uring_sqe *e = &entries[next & (ENTRIES - 1)];

    *e = (struct io_uring_sqe){.opcode = opcode,
                               .fd = fd,
                               .len = (uint32_t)len,
                               .user_data = (uint64_t)fd << 2 | what};
    if (what == ACCEPT)
        e->ioprio = IORING_ACCEPT_MULTISHOT;
    if (what == RECEIVE) {
        e->flags = IOSQE_BUFFER_SELECT;
        e->ioprio = IORING_RECV_MULTISHOT;
    }
    if (what == SEND) {
        e->addr = (uint64_t)(uintptr_t)answers;
        e->op_flags = MSG_NOSIGNAL;
    }
    atomic_store_explicit(tail, next + 1, memory_order_release);
    if (next + 1 - atomic_load_explicit(head, memory_order_acquire) == ENTRIES)
        enter(0);
}

static void
offer(unsigned number)
{
    static uint16_t end;
    struct io_uring_buf *b = &pool[end & (BUFFERS - 1)];

    b->addr = (uint64_t)(uintptr_t)(buffers + (size_t)number * BUFFER);
    b->len = BUFFER;
    b->bid = (uint16_t)number;
    atomic_store_explicit((_Atomic uint16_t *)&pool->tail, ++end,
                          memory_order_release);
}

static void
complete(const struct io_uring_cqe *done)
{
    int fd = (int)(done->user_data >> 2);

    if ((done->flags & IORING_CQE_F_BUFFER) != 0)
        offer(done->flags >> IORING_CQE_BUFFER_SHIFT);
    switch (done->user_data & 3) {
    case ACCEPT:
        if (done->res >= 0)
            ask(RECEIVE, IORING_OP_RECV, done->res, 0);
        if ((done->flags & IORING_CQE_F_MORE) == 0)
            ask(ACCEPT, IORING_OP_ACCEPT, fd, 0);
        break;
    case RECEIVE:
        if (done->res >= MESSAGE)
            ask(SEND, IORING_OP_SEND, fd, (size_t)done->res / MESSAGE * 3);
        if (done->res > 0 && done->res % MESSAGE != 0)
            check(shutdown(fd, SHUT_RDWR), "shutdown");
        if ((done->flags & IORING_CQE_F_MORE) != 0)
            break;
        if (done->res > 0 || done->res == -ENOBUFS) /* all buffers are in use */
            ask(RECEIVE, IORING_OP_RECV, fd, 0);
        else
            close(fd);
        break;
    default:
        break;
    }
}

int
main(int argc, char **argv)
{
    int listener = bare_listen(argc, argv, 0);
    struct io_uring_buf_reg reg = {.ring_entries = BUFFERS};
    struct io_uring_cqe *completions;
    _Atomic unsigned *first, *last; /* of the completion queue */
    struct rlimit limit;
    char *queues;

    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    ring = (int)syscall(IO_URING_SETUP, ENTRIES, &params);
    check(ring, "io_uring_setup");
    queues = map(ring,
                 params.cq_off.cqes + COMPLETIONS * sizeof(*completions) +
                     ENTRIES * sizeof(unsigned),
                 IORING_OFF_RINGS);
    entries = (struct io_uring_sqe *)map(ring, ENTRIES * sizeof(*entries),
                                         IORING_OFF_SQES);
    head = (_Atomic unsigned *)(queues + params.sq_off.head);
    tail = (_Atomic unsigned *)(queues + params.sq_off.tail);
    first = (_Atomic unsigned *)(queues + params.cq_off.head);
    last = (_Atomic unsigned *)(queues + params.cq_off.tail);
    completions = (struct io_uring_cqe *)(queues + params.cq_off.cqes);
    for (unsigned i = 0; i < ENTRIES; i++)
        ((unsigned *)(queues + params.sq_off.array))[i] = i;
    pool = (struct io_uring_buf *)map(-1, BUFFERS * sizeof(*pool), 0);
    buffers = map(-1, (size_t)BUFFERS * BUFFER, 0);
    reg.ring_addr = (uint64_t)(uintptr_t)pool;
    check((int)syscall(IO_URING_REGISTER, ring, IORING_REGISTER_PBUF_RING, &reg,
                       1),
          "io_uring_register");
    for (unsigned i = 0; i < BUFFERS; i++)
        offer(i);
    ask(ACCEPT, IORING_OP_ACCEPT, listener, 0);
    for (;;) {
        unsigned next = atomic_load_explicit(first, memory_order_relaxed);

        enter(1);
        while (next != atomic_load_explicit(last, memory_order_acquire)) {
            complete(&completions[next & (COMPLETIONS - 1)]);
            atomic_store_explicit(first, ++next, memory_order_release);
        }
    }
}

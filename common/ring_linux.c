#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "common/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/io_uring.h"
#include "common/log.h"
#include "common/net.h"

#define SUBMISSIONS 1024 /* at most so many are collected; a power of 2 */
#define COMPLETIONS 8192 /* more than that make the kernel use other memory */
#define BUFFERS     256  /* in the pool; a power of 2 */

static const char *const call_names[] = {
    [RING_ACCEPT] = "accept",
    [RING_RECEIVE] = "recv",
    [RING_SEND] = "send",
    [RING_CANCEL] = "cancel",
};

/* Lets the kernel use buffer number i. */
static void
offer_buffer(struct ring *r, unsigned i)
{
    struct io_uring_buf *b = &r->free_buffers[r->free_tail & (BUFFERS - 1)];
    _Atomic uint16_t *tail = (_Atomic uint16_t *)&r->free_buffers[0].tail;

    b->addr = (uint64_t)(uintptr_t)(r->buffers + (size_t)i * RING_BUFFER);
    b->len = RING_BUFFER;
    b->bid = (uint16_t)i;
    atomic_store_explicit(tail, ++r->free_tail, memory_order_release);
}

static void *
new_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        die("mmap");
    return memory;
}

/* Returns false if the kernel has no such pools. */
static bool
make_pool(struct ring *r)
{
    struct io_uring_buf_reg reg = {.ring_entries = BUFFERS};

    r->free_buffers = new_memory(BUFFERS * sizeof(struct io_uring_buf));
    r->buffers = new_memory((size_t)BUFFERS * RING_BUFFER);
    reg.ring_addr = (uint64_t)(uintptr_t)r->free_buffers;
    if (io_uring_register(r->fd, IORING_REGISTER_PBUF_RING, &reg, 1) == -1)
        return false;
    for (unsigned i = 0; i < BUFFERS; i++)
        offer_buffer(r, i);
    return true;
}

void
ring_open(struct ring *r)
{
    struct io_uring_params params = {
        .cq_entries = COMPLETIONS,
        /* COOP_TASKRUN: the kernel need not interrupt us to complete an
         * operation, because we call it soon. */
        .flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,
    };
    struct io_uring_probe known = {0};

    *r = (struct ring){.fd = io_uring_setup(SUBMISSIONS, &params)};
    if (r->fd == -1)
        io_uring_explain(errno);
    ring_queues_map(&r->queues, r->fd, &params);
    if (!make_pool(r))
        io_uring_explain(errno);
    /* It cannot be asked for directly.  An operation that came with the same
     * version of Linux tells. */
    if (io_uring_register(r->fd, IORING_REGISTER_PROBE, &known, 0) == 0)
        r->multishot_receive = known.last_op >= IORING_OP_SEND_ZC;
}

void
ring_close(struct ring *r)
{
    ring_queues_unmap(&r->queues);
    net_close(r->fd);
    /* munmap fails only for memory that is not mapped. */
    (void)munmap(r->free_buffers, BUFFERS * sizeof(struct io_uring_buf));
    (void)munmap(r->buffers, (size_t)BUFFERS * RING_BUFFER);
}

/* Submits everything that is in the submission queue. */
static int
enter(const struct ring *r, unsigned wait_for, unsigned flags,
      const struct io_uring_getevents_arg *arg)
{
    return io_uring_enter(r->fd, ring_queues_waiting(&r->queues), wait_for,
                          flags, arg);
}

/* Puts an operation into the submission queue, unless it has been asked for
 * already. */
static void
ask(struct ring *r, bool *asked, const struct io_uring_sqe *operation)
{
    if (*asked)
        return;
    *asked = true;
    /* If the queue is full, submit what is in it.  The kernel refuses only
     * while it has no memory. */
    while (!ring_queues_put(&r->queues, operation))
        if (enter(r, 0, 0, NULL) == -1 && errno != EINTR)
            clock_wait_until(clock_now() + CLOCK_MS);
    r->in_flight++;
}

/* What the kernel returns with the completion: 4 bits for the call, 28 for the
 * descriptor, 32 for the owner. */
static uint64_t
pack(enum ring_call call, int fd, uint32_t owner)
{
    return (uint64_t)owner << 32 | (uint64_t)fd << 4 | (uint64_t)call;
}

void
ring_accept(struct ring *r, bool *asked, int listener)
{
    ask(r, asked,
        &(struct io_uring_sqe){
            .opcode = IORING_OP_ACCEPT,
            .ioprio = IORING_ACCEPT_MULTISHOT,
            .fd = listener,
            .op_flags = SOCK_CLOEXEC,
            .user_data = pack(RING_ACCEPT, listener, 0),
        });
}

void
ring_receive(struct ring *r, bool *asked, int fd, uint32_t owner)
{
    ask(r, asked,
        &(struct io_uring_sqe){
            .opcode = IORING_OP_RECV,
            .flags = IOSQE_BUFFER_SELECT,
            .ioprio = r->multishot_receive ? IORING_RECV_MULTISHOT : 0,
            .fd = fd,
            .user_data = pack(RING_RECEIVE, fd, owner),
        });
}

void
ring_send(struct ring *r, bool *asked, int fd, uint32_t owner,
          const char *bytes, size_t size)
{
    ask(r, asked,
        &(struct io_uring_sqe){
            .opcode = IORING_OP_SEND,
            .fd = fd,
            .addr = (uint64_t)(uintptr_t)bytes,
            .len = (uint32_t)size,
            .op_flags = MSG_NOSIGNAL,
            .user_data = pack(RING_SEND, fd, owner),
        });
}

void
ring_cancel(struct ring *r, enum ring_call call, int fd, uint32_t owner)
{
    bool asked = false;

    ask(r, &asked,
        &(struct io_uring_sqe){
            .opcode = IORING_OP_ASYNC_CANCEL,
            .fd = -1,
            .addr = pack(call, fd, owner),
            .user_data = pack(RING_CANCEL, fd, owner),
        });
}

void
ring_shut_down(int fd)
{
    int result = shutdown(fd, SHUT_RDWR);

    /* It fails if the client is gone.  Then the operations fail, too. */
    log_call(result, "shutdown(%d, SHUT_RDWR)", fd);
}

bool
ring_wait(struct ring *r, int64_t until_ns)
{
    struct io_uring_timespec timeout = {0};
    struct io_uring_getevents_arg arg = {0};

    if (until_ns != CLOCK_NEVER) {
        int64_t left_ns = until_ns - clock_now();

        if (left_ns > 0)
            timeout = (struct io_uring_timespec){.tv_sec = left_ns / CLOCK_S,
                                                 .tv_nsec = left_ns % CLOCK_S};
        arg.ts = (uint64_t)(uintptr_t)&timeout;
    }
    if (enter(r, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg) !=
            -1 ||
        errno == ETIME)
        return true;
    /* EAGAIN, EBUSY, ENOMEM: the kernel has no memory for more operations.  Try
     * again later, after the completions that are there. */
    if (errno != EINTR)
        clock_wait_until(clock_now() + CLOCK_MS);
    return false;
}

bool
ring_next(struct ring *r, struct ring_completion *done)
{
    struct io_uring_cqe cqe;

    if (!ring_queues_take(&r->queues, &cqe))
        return false;
    *done = (struct ring_completion){
        .call = cqe.user_data & 15,
        .fd = (int)(cqe.user_data >> 4 & 0xfffffff),
        .owner = (uint32_t)(cqe.user_data >> 32),
        .result = cqe.res,
        .more = (cqe.flags & IORING_CQE_F_MORE) != 0,
    };
    if ((cqe.flags & IORING_CQE_F_BUFFER) != 0)
        done->bytes =
            r->buffers +
            (size_t)(cqe.flags >> IORING_CQE_BUFFER_SHIFT) * RING_BUFFER;
    if (!done->more)
        r->in_flight--;
    if (done->result < 0)
        errno = -done->result;
    log_call(done->result < 0 ? -1 : done->result, "completed: %s(%d)",
             call_names[done->call], done->fd);
    return true;
}

void
ring_return_buffer(struct ring *r, const struct ring_completion *done)
{
    if (done->bytes != NULL)
        offer_buffer(r, (unsigned)((done->bytes - r->buffers) / RING_BUFFER));
}

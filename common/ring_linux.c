#define _GNU_SOURCE /* syscall, MAP_ANONYMOUS */

#include "common/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Who writes what: the program writes the tail of the submission queue and the
 * head of the completion queue, and the kernel writes the other two.
 *
 *  - What the kernel writes, we load with "acquire": what we read after that
 *    load is at least as new as the number that we have loaded.  So an entry
 *    before the tail is completely filled.
 *  - What we write, we store with "release": everything that we did before is
 *    visible to the kernel before the number is.
 *  - What only we write, we can read without any care. */

static unsigned
load_from_kernel(_Atomic unsigned *number)
{
    return atomic_load_explicit(number, memory_order_acquire);
}

static unsigned
load_our_own(_Atomic unsigned *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void
store_for_kernel(_Atomic unsigned *number, unsigned value)
{
    atomic_store_explicit(number, value, memory_order_release);
}

/* The three system calls.  They return -1 and set errno if they fail. */

static int
setup(unsigned entries, struct io_uring_params *params)
{
    return (int)syscall(IO_URING_SETUP, entries, params);
}

static int
enter(const struct ring *r, unsigned submit, unsigned wait_for, unsigned flags,
      const struct io_uring_getevents_arg *arg)
{
    int result = (int)syscall(IO_URING_ENTER, r->fd, submit, wait_for, flags,
                              arg, arg == NULL ? (size_t)0 : sizeof(*arg));

    log_call(result, "io_uring_enter(submit %u, wait for %u)", submit,
             wait_for);
    return result;
}

static int
register_with(const struct ring *r, unsigned what, void *arg, unsigned count)
{
    return (int)syscall(IO_URING_REGISTER, r->fd, what, arg, count);
}

/* Ends the program, and says why there is no io_uring. */
static _Noreturn void
give_up(const char *why)
{
    log_error("this machine %s; uring needs io_uring of Linux 5.19 or newer; "
              "bin/epoll runs without it",
              why);
    exit(EXIT_FAILURE);
}

/* Says why io_uring_setup has failed. */
static _Noreturn void
explain(int error)
{
    FILE *setting = fopen("/proc/sys/kernel/io_uring_disabled", "re");
    int disabled = 0;
    char why[128];

    if (setting != NULL) {
        if (fscanf(setting, "%d", &disabled) != 1)
            disabled = 0;
        fclose(setting);
    }
    if (error == ENOSYS)
        give_up("has no io_uring (ENOSYS), or a container hides it");
    if (error == EPERM && disabled > 0)
        snprintf(why, sizeof(why),
                 "forbids io_uring (EPERM: kernel.io_uring_disabled is %d)",
                 disabled);
    else if (error == EPERM)
        snprintf(why, sizeof(why),
                 "forbids io_uring (EPERM, probably by the seccomp profile of "
                 "a container)");
    else if (error == EINVAL)
        snprintf(why, sizeof(why),
                 "has an old io_uring, without multishot accept or pools of "
                 "buffers (EINVAL)");
    else
        snprintf(why, sizeof(why), "cannot make an io_uring (%s)",
                 strerror(error));
    give_up(why);
}

static void *
map(int fd, size_t size, int64_t offset)
{
    int flags = fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, (off_t)offset);

    if (memory == MAP_FAILED)
        die("mmap of io_uring");
    return memory;
}

/* Finds the parts of the queues in the memory that the kernel has made. */
static void
map_queues(struct ring *r, const struct io_uring_params *p)
{
    size_t end_of_array = p->sq_off.array + p->sq_entries * sizeof(unsigned);
    size_t end_of_entries =
        p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    unsigned *order;
    char *queues;

    r->queues_size =
        end_of_array > end_of_entries ? end_of_array : end_of_entries;
    r->queues = queues = map(r->fd, r->queues_size, IORING_OFF_RINGS);
    r->submissions_size = p->sq_entries * sizeof(struct io_uring_sqe);
    r->submissions = map(r->fd, r->submissions_size, IORING_OFF_SQES);

    r->submission_head = (_Atomic unsigned *)(queues + p->sq_off.head);
    r->submission_tail = (_Atomic unsigned *)(queues + p->sq_off.tail);
    r->submission_mask = p->sq_entries - 1;
    r->completion_head = (_Atomic unsigned *)(queues + p->cq_off.head);
    r->completion_tail = (_Atomic unsigned *)(queues + p->cq_off.tail);
    r->completion_mask = p->cq_entries - 1;
    r->completions = (struct io_uring_cqe *)(queues + p->cq_off.cqes);
    /* The kernel takes the entries in the order that this array gives.  Ours is
     * always the order in which they stand. */
    order = (unsigned *)(queues + p->sq_off.array);
    for (unsigned i = 0; i < p->sq_entries; i++)
        order[i] = i;
}

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

/* Returns false if the kernel has no such pools. */
static bool
make_pool(struct ring *r)
{
    struct io_uring_buf_reg reg = {.ring_entries = BUFFERS};

    r->free_buffers =
        map(-1, BUFFERS * sizeof(struct io_uring_buf), IORING_OFF_RINGS);
    r->buffers = map(-1, (size_t)BUFFERS * RING_BUFFER, IORING_OFF_RINGS);
    reg.ring_addr = (uint64_t)(uintptr_t)r->free_buffers;
    if (register_with(r, IORING_REGISTER_PBUF_RING, &reg, 1) == -1)
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

    *r = (struct ring){.fd = setup(SUBMISSIONS, &params)};
    if (r->fd == -1)
        explain(errno);
    map_queues(r, &params);
    if (!make_pool(r))
        explain(errno);
    /* It cannot be asked for directly.  An operation that came with the same
     * version of Linux tells. */
    if (register_with(r, IORING_REGISTER_PROBE, &known, 0) == 0)
        r->multishot_receive = known.last_op >= IORING_OP_SEND_ZC;
}

void
ring_close(struct ring *r)
{
    /* munmap fails only for memory that is not mapped. */
    (void)munmap(r->queues, r->queues_size);
    (void)munmap(r->submissions, r->submissions_size);
    net_close(r->fd);
    (void)munmap(r->free_buffers, BUFFERS * sizeof(struct io_uring_buf));
    (void)munmap(r->buffers, (size_t)BUFFERS * RING_BUFFER);
}

/* Returns how many operations have not been submitted yet. */
static unsigned
waiting(const struct ring *r)
{
    return load_our_own(r->submission_tail) -
           load_from_kernel(r->submission_head);
}

/* Puts an operation into the submission queue, unless it has been asked for
 * already. */
static void
ask(struct ring *r, bool *asked, const struct io_uring_sqe *operation)
{
    unsigned tail = load_our_own(r->submission_tail);

    if (*asked)
        return;
    *asked = true;
    /* If the queue is full, submit what is in it.  The kernel refuses only
     * while it has no memory. */
    while (waiting(r) > r->submission_mask)
        if (enter(r, waiting(r), 0, 0, NULL) == -1 && errno != EINTR)
            clock_wait_until(clock_now() + CLOCK_MS);
    r->submissions[tail & r->submission_mask] = *operation;
    store_for_kernel(r->submission_tail, tail + 1);
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
    if (enter(r, waiting(r), 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
              &arg) != -1 ||
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
    unsigned head = load_our_own(r->completion_head);
    const struct io_uring_cqe *cqe = &r->completions[head & r->completion_mask];

    if (head == load_from_kernel(r->completion_tail))
        return false;
    *done = (struct ring_completion){
        .call = cqe->user_data & 15,
        .fd = (int)(cqe->user_data >> 4 & 0xfffffff),
        .owner = (uint32_t)(cqe->user_data >> 32),
        .result = cqe->res,
        .more = (cqe->flags & IORING_CQE_F_MORE) != 0,
    };
    if ((cqe->flags & IORING_CQE_F_BUFFER) != 0)
        done->bytes =
            r->buffers +
            (size_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT) * RING_BUFFER;
    /* From now on the kernel may use the entry again. */
    store_for_kernel(r->completion_head, head + 1);
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

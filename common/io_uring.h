/* io_uring - the kernel's interface to rings, which ring.h makes easy to use.
 *
 * The kernel describes it in its header include/uapi/linux/io_uring.h, but not
 * every C library comes with that header.  These are the same structures and
 * numbers, with only what we need, so that this compiles everywhere.
 * io_uring_setup(2), io_uring_enter(2) and io_uring_register(2) say what they
 * mean. */

#ifndef COMMON_IO_URING_H
#define COMMON_IO_URING_H

#include <stdint.h>

/* The system calls have the same numbers on x86-64, arm64 and most others. */
#define IO_URING_SETUP    425
#define IO_URING_ENTER    426
#define IO_URING_REGISTER 427

/* One operation that the program submits (submission queue entry). */
struct io_uring_sqe {
    uint8_t opcode;
    uint8_t flags;
    uint16_t ioprio; /* for accept and recv: more flags */
    int32_t fd;
    uint64_t off;
    uint64_t addr;
    uint32_t len;
    uint32_t op_flags; /* the flags of the system call with the same name */
    uint64_t user_data;
    uint16_t buf_group;
    uint16_t personality;
    int32_t file_index;
    uint64_t unused[2];
};

/* One operation that the kernel has done (completion queue entry). */
struct io_uring_cqe {
    uint64_t user_data; /* as in the sqe */
    int32_t res;        /* what the system call would return, or minus errno */
    uint32_t flags;
};

/* Where the parts of a queue are in the memory that is shared with the
 * kernel. */
struct io_uring_sq_offsets {
    uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array;
    uint32_t unused;
    uint64_t user_addr;
};

struct io_uring_cq_offsets {
    uint32_t head, tail, ring_mask, ring_entries, overflow, cqes, flags;
    uint32_t unused;
    uint64_t user_addr;
};

struct io_uring_params {
    uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle;
    uint32_t features; /* the kernel says what it can do */
    uint32_t wq_fd;
    uint32_t unused[3];
    struct io_uring_sq_offsets sq_off;
    struct io_uring_cq_offsets cq_off;
};

/* How long io_uring_enter may wait. */
struct io_uring_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

struct io_uring_getevents_arg {
    uint64_t sigmask;
    uint32_t sigmask_sz;
    uint32_t min_wait_usec;
    uint64_t ts; /* the address of an io_uring_timespec */
};

/* A buffer that the kernel may use for the next bytes that come.  A ring of
 * them is shared with the kernel.  In the first entry, the field tail is the
 * end of the ring. */
struct io_uring_buf {
    uint64_t addr;
    uint32_t len;
    uint16_t bid;
    uint16_t tail;
};

struct io_uring_buf_reg {
    uint64_t ring_addr;
    uint32_t ring_entries;
    uint16_t bgid;
    uint16_t flags;
    uint64_t unused[3];
};

/* The answer to the question which operations the kernel knows. */
struct io_uring_probe {
    uint8_t last_op;
    uint8_t ops_len;
    uint16_t unused[7];
};

#define IORING_OFF_RINGS INT64_C(0)          /* for mmap: both queues, */
#define IORING_OFF_SQES  INT64_C(0x10000000) /* and the entries of the first */

#define IORING_SETUP_CQSIZE        (1U << 3)
#define IORING_SETUP_CLAMP         (1U << 4)
#define IORING_SETUP_SUBMIT_ALL    (1U << 7)
#define IORING_SETUP_COOP_TASKRUN  (1U << 8)
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)

#define IORING_ENTER_GETEVENTS (1U << 0)
#define IORING_ENTER_EXT_ARG   (1U << 3)

#define IORING_REGISTER_PROBE     8
#define IORING_REGISTER_PBUF_RING 22

#define IORING_OP_ACCEPT       13
#define IORING_OP_ASYNC_CANCEL 14
#define IORING_OP_SEND         26
#define IORING_OP_RECV         27
#define IORING_OP_SOCKET       45 /* not used; came with Linux 5.19 */
#define IORING_OP_SEND_ZC      47 /* not used; came with Linux 6.0 */

#define IOSQE_BUFFER_SELECT     (1U << 5)
#define IORING_ACCEPT_MULTISHOT (1U << 0)
#define IORING_RECV_MULTISHOT   (1U << 1)

#define IORING_CQE_F_BUFFER     (1U << 0)
#define IORING_CQE_F_MORE       (1U << 1)
#define IORING_CQE_BUFFER_SHIFT 16

_Static_assert(sizeof(struct io_uring_sqe) == 64, "as the kernel has it");
_Static_assert(sizeof(struct io_uring_cqe) == 16, "as the kernel has it");
_Static_assert(sizeof(struct io_uring_params) == 120, "as the kernel has it");
_Static_assert(sizeof(struct io_uring_buf) == 16, "as the kernel has it");
_Static_assert(sizeof(struct io_uring_probe) == 16, "as the kernel has it");

/* The three system calls.  They return -1 and set errno if they fail, and
 * io_uring_enter logs the call. */
int io_uring_setup(unsigned entries, struct io_uring_params *params);
int io_uring_enter(int fd, unsigned submit, unsigned wait_for, unsigned flags,
                   const struct io_uring_getevents_arg *arg);
int io_uring_register(int fd, unsigned what, void *arg, unsigned count);

/* Prints why io_uring_setup or io_uring_register has failed with this error,
 * for example that a container forbids them, and ends the program with status
 * 1. */
_Noreturn void io_uring_explain(int error);

#endif

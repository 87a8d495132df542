#include "common/ring_queues.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "common/log.h"

/* The program writes the tail of the submission queue and the head of the
 * completion queue, and the kernel writes the other two numbers.
 *
 *  - We load the numbers of the kernel with "acquire": what we read after that
 *    load is at least as new as the number that we have loaded.  So an entry
 *    before the tail is completely filled.
 *  - We store our own numbers with "release": if the kernel sees the number, it
 *    also sees everything that we did before the store.
 *  - We load our own numbers without any order, because only we change them. */

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

static void *
map(int fd, size_t size, int64_t offset)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

    if (memory == MAP_FAILED)
        die("mmap of io_uring");
    return memory;
}

void
ring_queues_map(struct ring_queues *q, int fd, const struct io_uring_params *p)
{
    size_t end_of_array = p->sq_off.array + p->sq_entries * sizeof(unsigned);
    size_t end_of_entries =
        p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    unsigned *order;
    char *queues;

    q->size = end_of_array > end_of_entries ? end_of_array : end_of_entries;
    q->memory = queues = map(fd, q->size, IORING_OFF_RINGS);
    q->submissions_size = p->sq_entries * sizeof(struct io_uring_sqe);
    q->submissions = map(fd, q->submissions_size, IORING_OFF_SQES);

    q->submission_head = (_Atomic unsigned *)(queues + p->sq_off.head);
    q->submission_tail = (_Atomic unsigned *)(queues + p->sq_off.tail);
    q->submission_mask = p->sq_entries - 1;
    q->completion_head = (_Atomic unsigned *)(queues + p->cq_off.head);
    q->completion_tail = (_Atomic unsigned *)(queues + p->cq_off.tail);
    q->completion_mask = p->cq_entries - 1;
    q->completions = (struct io_uring_cqe *)(queues + p->cq_off.cqes);
    /* This array says in which order the kernel takes the entries.  We always
     * want the order in which they stand in the queue. */
    order = (unsigned *)(queues + p->sq_off.array);
    for (unsigned i = 0; i < p->sq_entries; i++)
        order[i] = i;
}

void
ring_queues_unmap(struct ring_queues *q)
{
    /* munmap fails only for memory that is not mapped. */
    (void)munmap(q->memory, q->size);
    (void)munmap(q->submissions, q->submissions_size);
}

unsigned
ring_queues_waiting(const struct ring_queues *q)
{
    return load_our_own(q->submission_tail) -
           load_from_kernel(q->submission_head);
}

bool
ring_queues_put(struct ring_queues *q, const struct io_uring_sqe *operation)
{
    unsigned tail = load_our_own(q->submission_tail);

    if (ring_queues_waiting(q) > q->submission_mask)
        return false;
    q->submissions[tail & q->submission_mask] = *operation;
    store_for_kernel(q->submission_tail, tail + 1);
    return true;
}

bool
ring_queues_take(struct ring_queues *q, struct io_uring_cqe *done)
{
    unsigned head = load_our_own(q->completion_head);

    if (head == load_from_kernel(q->completion_tail))
        return false;
    *done = q->completions[head & q->completion_mask];
    /* From now on the kernel may use the entry again. */
    store_for_kernel(q->completion_head, head + 1);
    return true;
}

/* ring - asks the kernel to do operations, and learns when they are done
 * (io_uring(7)).  Linux only.
 *
 * The program and the kernel share two queues in memory.  The program puts
 * operations into the submission queue, such as "receive from this socket", and
 * goes on.  The kernel does each operation as soon as it can be done, and then
 * puts a completion into the completion queue (ring_queues.h).  One system
 * call, io_uring_enter, submits everything that is new and waits for a
 * completion.
 *
 * Two operations are multishot: the program asks once to accept or to receive,
 * and gets a completion for each client or each piece of input.  The received
 * bytes come in a buffer from a pool that all clients share, so a silent client
 * needs no buffer.
 *
 * The caller gives each operation an owner, which is any number, and finds it
 * in the completion.  Descriptors are used again: if a client has left, a late
 * completion for its socket names a descriptor that may belong to another
 * client already.  The owner says for whom the completion is. */

#ifndef COMMON_RING_H
#define COMMON_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ring_queues.h"

/* The size of a buffer in the pool, in bytes.  A session that wants to read
 * always has space for so many bytes. */
#define RING_BUFFER 4000

enum ring_call {
    RING_ACCEPT,
    RING_RECEIVE,
    RING_SEND,
    RING_CANCEL,
};

/* What the kernel reports about an operation. */
struct ring_completion {
    enum ring_call call;
    int fd;
    uint32_t owner;
    int result; /* what the system call would have returned, or minus errno */
    bool more;  /* the operation goes on, and there will be more completions;
                 * otherwise this is its last one */
    const char *bytes; /* RING_RECEIVE with a result above 0: what has come.
                        * Valid until ring_return_buffer */
};

struct ring {
    int fd;
    bool multishot_receive; /* the kernel can do that, which is Linux 6.0 */
    unsigned in_flight;     /* operations without their last completion */

    struct ring_queues queues;

    /* The pool. */
    struct io_uring_buf *free_buffers; /* shared with the kernel */
    uint16_t free_tail;
    char *buffers;
};

/* Makes the queues and the pool.  If this machine has no io_uring, forbids it,
 * or has one that is too old (before Linux 5.19), prints one line that says
 * which of these it is, and ends the program with status 1. */
void ring_open(struct ring *r);

/* Frees everything.  No operation may be in flight. */
void ring_close(struct ring *r);

/* These functions ask for an operation, unless *asked is true already, and set
 * *asked to true.  The caller sets it to false after the last completion of the
 * operation.  ring_wait submits what has been asked for.
 *
 * ring_accept asks to accept clients from a listener, until it fails.  The new
 * sockets block and have close-on-exec set.  The listener must block, too:
 * otherwise the kernel does not wait for a client. */
void ring_accept(struct ring *r, bool *asked, int listener);

/* Asks to receive from fd, which must block.  If r->multishot_receive is true,
 * there is one completion after the other until the end of file, an error or
 * ring_cancel; otherwise only one. */
void ring_receive(struct ring *r, bool *asked, int fd, uint32_t owner);

/* Asks to send size bytes, which must stay valid until the completion.  Maybe
 * only some of them are sent, as by send(2). */
void ring_send(struct ring *r, bool *asked, int fd, uint32_t owner,
               const char *bytes, size_t size);

/* Asks to end the ring_receive that is in flight for fd and owner, or the
 * ring_accept, whose owner is 0.  Its last completion then has the result
 * -ECANCELED, if nothing else has come before.  If there is none, nothing
 * happens. */
void ring_cancel(struct ring *r, enum ring_call call, int fd, uint32_t owner);

/* Shuts fd down in both directions.  That completes all operations on it: what
 * receives finds an end of file, and what sends fails. */
void ring_shut_down(int fd);

/* Submits what has been asked for and waits until there is a completion, but
 * not longer than until until_ns.  Returns false if a signal has interrupted
 * the wait.  This is the only place where the program waits. */
bool ring_wait(struct ring *r, int64_t until_ns);

/* Takes the next completion out of the queue and returns true, or returns false
 * if there is none at the moment. */
bool ring_next(struct ring *r, struct ring_completion *done);

/* Gives the buffer of this completion, if it has one, back to the pool. */
void ring_return_buffer(struct ring *r, const struct ring_completion *done);

#endif

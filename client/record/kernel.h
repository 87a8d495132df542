/* kernel - asks the kernel where a connection waits on the server's side.
 *
 * A client sees only that no answer comes.  The kernel of the server's machine
 * knows more: whether the server has accepted the connection, and whether bytes
 * wait that the server has not read.  Each system answers in its own way, so
 * each has its own file, such as kernel_linux.c.
 *
 * An answer is true at the moment of the question, and may be out of date when
 * it is read. */

#ifndef CLIENT_RECORD_KERNEL_H
#define CLIENT_RECORD_KERNEL_H

#include <stdbool.h>
#include <sys/socket.h>

/* How far a connection has come on the server's side. */
enum kernel_place {
    KERNEL_UNKNOWN,   /* the kernel does not tell */
    KERNEL_NOWHERE,   /* the server's side keeps nothing about it */
    KERNEL_HALF_OPEN, /* its handshake is not finished: SYN received */
    KERNEL_QUEUED,    /* in the accept queue */
    KERNEL_UNREAD,    /* accepted, and bytes wait that have not been read */
    KERNEL_READ,      /* accepted, and all that came has been read */
    KERNEL_CLOSED,    /* the server has closed its side */
};

/* What the kernel says of one connection. */
struct kernel_connection {
    enum kernel_place place;
    int unread;     /* bytes that have come and have not been read */
    unsigned inode; /* of the server's socket; 0: it has not been accepted */
    int unsent; /* bytes that the server has sent and that have not arrived */
};

/* What the kernel says of a listener.  Several sockets may listen on the same
 * address (SO_REUSEPORT), and each has an accept queue of its own; then the
 * lengths are added, and what the queues hold, too. */
struct kernel_queue {
    int length;     /* connections in its accept queue */
    int limit;      /* the backlog: the queue holds one more than that */
    unsigned inode; /* of the listener, or of one of them */
    int listeners;  /* how many there are */
};

struct kernel {
    int fd; /* -1: it cannot be asked */
    struct sockaddr_storage server;
};

/* Prepares to ask about the server that listens on this address.  Returns
 * false if that is not possible, since the server is on another machine or in
 * another network namespace, or since this system does not tell it.  The caller
 * closes k with kernel_close in both cases. */
bool kernel_open(struct kernel *k, const struct sockaddr_storage *server);

/* Asks about the connection of a client with this address, which is the one
 * that getsockname(2) gives on the client's side. */
struct kernel_connection
kernel_ask(const struct kernel *k, const struct sockaddr_storage *client);

/* Asks about the accept queue.  Returns false if nobody listens any more. */
bool kernel_ask_queue(const struct kernel *k, struct kernel_queue *queue);

/* Frees what k holds. */
void kernel_close(struct kernel *k);

#endif

/* conn - drives a session without waiting: for select, poll and epoll.
 *
 * An event loop waits in one place for everything.  When something has happened
 * to a client, conn_step does what can be done now and returns what that client
 * waits for next; the loop hands this on to select, poll or epoll.  What
 * happens by itself when a moment comes is in struct conns: the end of a delay,
 * of an idle timeout, of the time a client has for closing.
 *
 * An idle client costs a struct conn, which is as long as a cache line; buffers
 * exist only while a partial message, unworked messages or an unsent answer
 * do. */

#ifndef COMMON_CONN_H
#define COMMON_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/accept.h"
#include "common/deadline.h"
#include "common/options.h"
#include "common/session.h"

/* So many clients are accepted in one turn of the loop: those inside are not to
 * be kept waiting by a crowd at the door. */
#define CONN_ACCEPTS 64

/* What a client waits for. */
enum conn_want {
    CONN_CLOSED, /* nothing: it has been closed, and its place is free */
    CONN_READ,   /* that it can be read */
    CONN_WRITE,  /* that it can be written */
    CONN_TIME,   /* a moment; the loop need not watch its descriptor */
};

/* What has happened to it. */
enum conn_event {
    CONN_READY, /* it can be read or written */
    CONN_GONE,  /* poll and epoll report an error or a hang-up, which they do
                 * wanted or not: a loop that ignored it would spin */
    CONN_DUE,   /* its moment has come */
    CONN_STOP,  /* the server is asked to stop */
    CONN_LOST,  /* the loop cannot watch it */
};

struct conn {
    struct deadline deadline; /* first: conn_due turns it into its conn */
    struct session session;
    int fd;
    unsigned id;
    uint32_t drained; /* bytes read and dropped while closing */
    uint8_t looks;    /* at whether its answers have arrived, at a stop */
    uint8_t state;    /* enum in conn.c; 0: there is no such client */
};

/* All clients of one event loop. */
struct conns {
    const struct options *opt;
    struct conn *by_fd; /* fd_limit places, each client at its descriptor's */
    int fd_limit;
    int fd_end; /* all that there are or were have descriptors below this */
    int open;   /* how many there are */
    struct deadline_queue working, idle, closing;
    struct session_buffer *spare; /* at most one, for the next who needs one */
    int64_t resume_ns; /* until then no client is accepted; 0: no pause */
    bool stopping;
};

/* Makes an empty set of clients, whose descriptors are to be below fd_limit; a
 * client whose descriptor is not is refused.  opt is kept, not copied. */
void conn_init(struct conns *all, const struct options *opt, int fd_limit);

/* Frees what the set itself holds; no client is open. */
void conn_free(struct conns *all);

/* Accepts a client, which is the set's from now on and wants CONN_READ.  It
 * returns NULL if none is waiting, if it had to be refused, or if none can be
 * taken for lack of descriptors or memory, which begins a pause. */
struct conn *conn_accept(struct conns *all, int listener);

/* Returns the client with that descriptor, NULL if there is none. */
struct conn *conn_find(const struct conns *all, int fd);

/* Does for c what event makes possible, without waiting, and returns what it
 * waits for next.  After CONN_CLOSED c is no more. */
enum conn_want
conn_step(struct conns *all, struct conn *c, enum conn_event event);

/* Returns a client whose moment has come by now_ns, to be stepped with
 * CONN_DUE, NULL if there is none (left).  now_ns is one moment for a whole
 * turn: work that is due as soon as it begins would else keep the loop here for
 * ever. */
struct conn *conn_due(struct conns *all, int64_t now_ns);

/* Returns when the loop has to look again although nothing happens. */
int64_t conn_next_due(const struct conns *all);

/* Tells whether the listener is to be watched: not in a pause, which lasts
 * ACCEPT_PAUSE_NS or until a client leaves. */
bool conn_accepting(struct conns *all);

/* The server stops: from now on each client is only given time for what is in
 * hand, and is to be stepped with CONN_STOP. */
void conn_stop(struct conns *all);

#endif

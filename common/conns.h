/* conns - the clients of one event loop: which there are, and which moment
 * comes next.
 *
 * Some things happen to a client only because a moment has come: its delay is
 * over, it was silent for too long, the time for closing is over.  The set
 * keeps these deadlines, and the loop asks for the next one before it waits.
 *
 * An idle client costs a struct conn.  It has a buffer only while a partial
 * message, a message in hand or an unsent answer is in it. */

#ifndef COMMON_CONNS_H
#define COMMON_CONNS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/client.h"
#include "common/deadline.h"
#include "common/linger.h"
#include "common/options.h"
#include "common/session.h"

/* A loop accepts at most this many clients in a row.  Then it serves those that
 * it has, so that they do not wait for a whole crowd. */
#define CONNS_ACCEPTS 64

/* What a loop lets the kernel watch a descriptor for. */
enum watch {
    WATCH_CLOSED,  /* it is not open (any more) */
    WATCH_NOTHING, /* it is open, and nothing is to be reported */
    WATCH_INPUT,   /* that it can be read, or a client can be accepted */
    WATCH_OUTPUT,  /* that it can be written */
};

enum conn_state {
    CONN_ABSENT,  /* no client has this descriptor */
    CONN_TALKING, /* the session says what is next */
    CONN_WORKING, /* its message in hand is being worked on, or waits for it */
    CONN_CLOSING, /* everything is sent; see linger.h */
};

/* One client of an event loop. */
struct conn {
    struct deadline deadline; /* first, so that a deadline is its conn */
    struct client client;
    struct linger_state linger;
    uint8_t state; /* an enum conn_state */
    bool more;     /* bytes may have come that have not been read */
};

/* All clients of one event loop. */
struct conns {
    const struct options *opt;
    struct conn *by_fd; /* fd_limit places, each client at its descriptor's */
    int fd_limit;
    int fd_end;   /* every client's descriptor is below this */
    int accepted; /* clients in a row */
    struct deadline_queue working, idle, closing, looks;
    struct session_buffer *spare; /* at most one, for the next client */
    int64_t resume_ns; /* until then no client is accepted; 0: no pause */
    bool stopping;
};

/* Makes an empty set for clients whose descriptors are below fd_limit.  Raises
 * the limit on open descriptors as far as this process may, and lowers fd_limit
 * if it may not open as many.  opt must stay valid.  If it fails, the program
 * ends with status 1. */
void conns_init(struct conns *all, const struct options *opt, int fd_limit);

/* Frees the memory of a set in which no client is left. */
void conns_free(struct conns *all);

/* Adds a client whose socket does not block.  From now on it belongs to the
 * set, and its socket is to be watched for input.  Returns it; or NULL if its
 * descriptor is not below fd_limit, in which case it has been refused. */
struct conn *conns_add(struct conns *all, const struct client *client);

/* Accepts a client and adds it.  Returns NULL if no client is waiting, if it
 * was refused, after CONNS_ACCEPTS clients in a row, or if descriptors or
 * memory are scarce, which begins a pause. */
struct conn *conns_accept(struct conns *all, int listener);

/* Returns what to watch the listener for: nothing during a pause.  Ends the
 * pause if it has lasted for ACCEPT_PAUSE_NS; it also ends when a client
 * leaves. */
enum watch conns_watch_listener(struct conns *all);

/* Removes a client whose socket has been closed. */
void conns_remove(struct conns *all, struct conn *c);

/* Returns the client with this descriptor, NULL if there is none. */
struct conn *conns_find(const struct conns *all, int fd);

/* Return the first client of the set, or the next one after c, which may have
 * been removed meanwhile; NULL if there is none. */
struct conn *conns_first(const struct conns *all);
struct conn *conns_after(const struct conns *all, const struct conn *c);

/* Lends c a buffer if it has none.  Returns false if there is no memory. */
bool conns_lend_buffer(struct conns *all, struct conn *c);

/* Takes its buffer back, if it has one. */
void conns_take_buffer_back(struct conns *all, struct conn *c);

/* Puts c into one of the set's queues, as due at when_ns, and takes it out of
 * the queue that it was in. */
void
conns_set_deadline(struct conn *c, struct deadline_queue *q, int64_t when_ns);

/* c waits for its client.  Sets the deadline that limits this: none, or the
 * idle timeout, or, if the server stops, the time that a client has to fetch
 * its last answers, which begins only once. */
void conns_limit_silence(struct conns *all, struct conn *c);

/* Returns the next moment at which the loop has something to do although the
 * kernel reports nothing; CLOCK_NEVER if there is none. */
int64_t conns_next_due(const struct conns *all);

/* Returns a client whose work is due at now_ns: work on it, and step it with
 * CONN_WORKED.  Returns NULL if there is none (left).  For a whole turn of the
 * loop now_ns must be the same moment, because work that becomes due during the
 * turn must wait until others have had their turn. */
struct conn *conns_work_due(struct conns *all, int64_t now_ns);

/* Returns a client whose time is over, to be stepped with CONN_EXPIRED, or NULL
 * if there is none (left).  A client is not silent if its message has arrived
 * and the loop has not looked; so a client is silent too long only if that was
 * so at asked_ns: a moment before the loop asked the kernel for a report that
 * has been handled completely, or 0 if there was no report. */
struct conn *conns_expired(struct conns *all, int64_t asked_ns);

/* Says that the server stops: from now on clients get time only for what is in
 * hand.  Returns the first client; step each of them with CONN_STOP. */
struct conn *conns_stop(struct conns *all);

#endif

/* conns - the set of all clients of one event loop.
 *
 * In a server whose other threads work on messages, a client is away while such
 * a thread uses it (conns_take_work).
 *
 * An idle client costs one struct conn.  A client has a buffer only while this
 * buffer holds a partial message, a message in hand or an unsent answer. */

#ifndef COMMON_CONNS_H
#define COMMON_CONNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/client.h"
#include "common/deadline.h"
#include "common/linger.h"
#include "common/options.h"
#include "common/session.h"

/* A loop accepts at most this many clients in a row.  Then it serves the
 * clients that it has, so that they do not wait until all new ones are in. */
#define CONNS_ACCEPTS 64

/* At most this many buffers are kept for the next clients.  The number is how
 * many clients may have one in the same turn of a loop that collects all sends
 * of a turn. */
#define CONNS_SPARE 256

/* At most this many clients are away at once, so a queue of clients with this
 * many places is never full.  It is a power of 2, and at least WORKERS_MAX. */
#define CONNS_AWAY_MAX 1024

/* What the kernel must report about a descriptor. */
enum watch {
    WATCH_CLOSED,  /* nothing, because it is not open or no longer open */
    WATCH_AWAY,    /* nothing, not even a hang-up, because another thread uses
                    * the client, or will use it next */
    WATCH_NOTHING, /* nothing, although it is open */
    WATCH_INPUT,   /* when it can be read, or a client can be accepted */
    WATCH_OUTPUT,  /* when it can be written */
};

enum conn_state {
    CONN_ABSENT,  /* no client has this descriptor */
    CONN_TALKING, /* the server reads messages or sends answers */
    CONN_WORKING, /* its message is worked on, or waits until work on it can
                   * begin */
    CONN_AWAY,    /* another thread works on its message (conns_take_work) */
    CONN_CLOSING, /* all answers are sent; see linger.h */
};

/* One client of an event loop. */
struct conn {
    struct deadline deadline; /* first, so that a deadline is its conn */
    struct client client;
    struct linger_state linger;
    uint16_t line; /* where its conversation goes on; used by coroutines.c */
    uint8_t state; /* an enum conn_state */
    bool more;     /* bytes may have come that have not been read */
    bool ended;    /* the client sends no more; CONN_ENDED or CONN_GONE */
};

/* All clients of one event loop. */
struct conns {
    const struct options *opt;
    struct conn *by_fd; /* fd_limit entries; the index is the descriptor */
    int fd_limit;
    int fd_end;   /* every client's descriptor is below this */
    int accepted; /* clients accepted in a row; see CONNS_ACCEPTS */
    int away;     /* clients that other threads use */
    bool drained; /* the last conns_accept found the accept queue empty */
    struct deadline_queue working, idle, closing, looks, turns;
    struct session_buffer *spare[CONNS_SPARE]; /* for the next clients */
    int spares;
    int64_t resume_ns; /* then the loop goes on to accept; 0: there is no pause,
                        * or no client has been left in the accept queue */
    bool stopping;
};

/* Makes an empty set for clients whose descriptors are below fd_limit.  Raises
 * the limit on open descriptors as far as the kernel allows.  If that limit is
 * still lower than fd_limit, the set uses it instead.  opt must stay valid.  If
 * conns_init fails, it ends the program with status 1. */
void conns_init(struct conns *all, const struct options *opt, int fd_limit);

/* Returns an array, all zero, with an entry of so many bytes for each
 * descriptor that a client can have.  The caller must free it.  Ends the
 * program with status 1 if there is no memory. */
void *conns_table(const struct conns *all, size_t size);

/* Frees the memory of a set in which no client is left. */
void conns_free(struct conns *all);

/* Adds a client whose socket does not block.  The caller must then watch the
 * socket for input.  Returns the client.  If its descriptor is fd_limit or
 * higher, refuses the client and returns NULL. */
struct conn *conns_add(struct conns *all, const struct client *client);

/* Accepts a client and adds it.  Returns NULL if no client is waiting, if it
 * was refused, after CONNS_ACCEPTS clients in a row, or if descriptors or
 * memory are scarce, which begins a pause. */
struct conn *conns_accept(struct conns *all, int listener);

/* Does the same for an accept that the kernel has done for the server.  result
 * is what accept would have returned, or minus errno. */
struct conn *conns_accept_completed(struct conns *all, int result);

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

/* Call it once when the server stops.  Returns the first client.  The caller
 * must call conn_step with CONN_STOP for every client: work that has begun is
 * finished and answered, and answers are sent, but no new work begins. */
struct conn *conns_stop(struct conns *all);

#endif

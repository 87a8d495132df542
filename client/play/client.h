/* client - one client of a run or of a load: its connection, and how far it is
 * in what it has to send.
 *
 * A client never waits.  Each step does what can be done now: it reads what has
 * come, checks every byte of it, and sends what the plan allows.  A connection
 * is watched edge-triggered from its beginning to its end (readiness.h), so
 * that this takes one system call per connection. */

#ifndef CLIENT_PLAY_CLIENT_H
#define CLIENT_PLAY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/play/address.h"
#include "client/play/answer.h"
#include "client/play/exchange.h"
#include "client/play/readiness.h"
#include "client/record/plan.h"
#include "client/record/record.h"
#include "common/deadline.h"

#define CLIENT_BUFFER 65536 /* bytes: the most in one send or recv */

enum client_state {
    CLIENT_ABSENT, /* not started yet */
    CLIENT_CONNECTING,
    CLIENT_TALKING,
    CLIENT_LEAVING, /* goodbye is out; the server must close */
    CLIENT_ENDED,
};

struct client {
    struct deadline pause; /* first, so that a deadline is its client */
    int number;            /* its place among all, from 0 */
    int fd;                /* -1: none */
    enum client_state state;
    bool silent;              /* it sends nothing */
    int address;              /* that it connects to, of those of the group */
    struct answer answer;     /* of ack */
    struct exchange exchange; /* of another service */
    /* On this connection: */
    int64_t messages; /* that it sends; goodbye follows the last answer */
    int64_t granted;  /* of these, how many it may send by now */
    int64_t started_ns;
    int64_t sent; /* messages that are out completely */
    int64_t answered;
    size_t offset;    /* bytes that are out of the next message, or goodbye */
    int64_t begun_ns; /* when the first of them went out */
    int64_t due_ns;   /* it sends nothing before this time */
    int send_error;   /* an errno: it sends no more, but reads what is left */
};

/* A callback table: the functions that are called when something has happened
 * to a client of a group. */
struct client_callbacks {
    void (*connected)(void *context, struct client *c);
    /* The last byte of a message is out, or of goodbye.  After goodbye the
     * client is CLIENT_LEAVING, and c->sent has not changed. */
    void (*sent)(void *context, struct client *c);
    /* The answer to a message is complete; c->answered includes it.  If it is
     * not the right answer, the client ends next. */
    void (*answered)(void *context, struct client *c,
                     enum record_answer answer);
    /* It has ended, and its descriptor is closed.  It may be started again. */
    void (*ended)(void *context, struct client *c,
                  const struct record_ending *end);
};

/* Several messages in a row.  In a load all messages are the same, and to make
 * each one again would cost nearly as much CPU time as to send it. */
struct client_repeated {
    const char *bytes;
    size_t len; /* of one message */
    int count;  /* 0: each message is made from the plan when it is sent */
};

/* What the clients of a run or of a load share. */
struct client_group {
    struct plan plan;
    const struct client_callbacks *callbacks;
    void *context; /* of the callbacks */
    const struct address_list *to;
    int address;    /* the one in use: those before it took no connection */
    bool connected; /* that one has taken a connection */
    struct client_repeated repeated;
    struct readiness readiness; /* of their sockets, by client's number */
    int64_t origin_ns;          /* time 0, on the monotonic clock */
    int64_t now_ns;             /* when this step began */
    int ended;                  /* clients in the state CLIENT_ENDED */
    /* Clients that have something to send later: between two bytes in the first
     * queue, between two messages in the second, so that in each all pauses are
     * equally long. */
    struct deadline_queue pauses[2];
    char buf[CLIENT_BUFFER]; /* holds nothing from one step to the next */
};

/* Starts a client that is absent or has ended: connects, and goes on as far as
 * possible.  It sends this number of messages, each when c->granted allows it,
 * then goodbye.  c->granted stays as it is. */
void client_start(struct client_group *g, struct client *c, int64_t messages);

/* Goes on as far as possible, after the wait has reported what happened
 * (readiness.h); 0 if its pause is over. */
void client_step(struct client_group *g, struct client *c, unsigned what);

/* Lets the client send one message more. */
void client_grant(struct client_group *g, struct client *c);

/* Lets the client send goodbye as soon as it has finished the message begun, if
 * any, and has all answers. */
void client_leave(struct client_group *g, struct client *c);

/* Ends a client in any state but CLIENT_ENDED: closes its connection and
 * reports the end. */
void client_end(struct client_group *g, struct client *c,
                const struct record_ending *end);

#endif

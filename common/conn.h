/* conn - talks with one client of an event loop and never waits for this
 * client.  All servers with an event loop use it.
 *
 * An event loop waits in one place for everything.  When the kernel reports
 * that something has happened to a client, the loop calls conn_step, which does
 * what can be done without waiting and returns what that client needs next.
 * The loop passes that on to select, poll or epoll.  When conn_step returns
 * CONN_WORK, the client has a message that needs work.  The loop decides when
 * to do this work, does it, and then calls conn_step with CONN_WORKED. */

#ifndef COMMON_CONN_H
#define COMMON_CONN_H

#include <stdint.h>

#include "common/conns.h"
#include "common/conns_deadlines.h"

/* What a client needs next. */
enum conn_need {
    CONN_CLOSED, /* nothing: the socket is closed, and c is no longer valid */
    CONN_INPUT,  /* call conn_step when its socket can be read */
    CONN_TURN,   /* the same as CONN_INPUT.  More bytes may have come already,
                  * but first the other clients get their turn */
    CONN_OUTPUT, /* call conn_step when its socket can be written */
    CONN_WORK,   /* work on its message, then call conn_step(CONN_WORKED) */
    CONN_TIME,   /* nothing until conns_work_due, conns_take_work or
                  * conns_expired returns it */
    CONN_RETURN, /* nothing until the thread that has it gives it back */
};

/* What has happened to a client. */
enum conn_event {
    CONN_READY,    /* its socket can be read or written */
    CONN_WRITABLE, /* it can be written, and nothing new can be read */
    CONN_ENDED,  /* CONN_READY; and the client has ended its side, so after the
                  * last bytes there is an end of file (EOF) to read */
    CONN_GONE,   /* the kernel reports an error or a hang-up.  poll and epoll do
                  * so even if the loop has not asked, and if the loop ignored
                  * this, they would report it again immediately */
    CONN_WORKED, /* the work on its message in hand is done */
    CONN_ANSWERED, /* it was away (conns_take_work) and has come back: another
                    * thread has answered the message, or dropped it */
    CONN_EXPIRED,  /* conns_expired has returned it */
    CONN_STOP,     /* the server stops */
};

/* Tells c that event has happened.  Reads, writes or closes as far as possible
 * without waiting, and returns what c needs next. */
enum conn_need
conn_step(struct conns *all, struct conn *c, enum conn_event event);

/* Translates what a client needs into what the kernel must watch its socket
 * for. */
enum watch conn_watch(enum conn_need need);

/* Closes the client c for this reason, which is one word.  Returns
 * WATCH_CLOSED.  conn_step does so itself; this is for loops that talk with
 * their clients in another way. */
enum watch conn_close(struct conns *all, struct conn *c, const char *reason);

/* Call it, with errno set, when the loop cannot watch fd.  If fd belongs to a
 * client, closes that client and returns WATCH_CLOSED.  Otherwise fd is the
 * listener, and the program prints the meaning of errno and ends with status
 * 1. */
enum watch conn_lose(struct conns *all, int fd);

/* At CONN_TURN, or at CONN_OUTPUT after much was sent: makes conns_turn_due
 * return c in the next turn of the loop.  For a loop that the kernel does not
 * tell again that c can be read, or can send. */
void conn_read_later(struct conns *all, struct conn *c);

/* At CONN_WORK: makes conns_work_due return c after delay_ns.  For the log, the
 * work begins now if delay_ns is above 0, and otherwise when conns_work_due
 * returns c. */
void conn_work_after(struct conns *all, struct conn *c, int64_t delay_ns);

#endif

/* conn - talks with one client of an event loop, without waiting for it: for
 * select, poll and epoll.
 *
 * An event loop waits in one place for everything.  When the kernel reports
 * that something has happened to a client, the loop calls conn_step, which does
 * what can be done without waiting and returns what that client needs next.
 * The loop passes that on to select, poll or epoll.  When conn_step returns
 * CONN_WORK, a message is in hand: the loop decides when it is worked on and by
 * which thread, and then steps the client with CONN_WORKED. */

#ifndef COMMON_CONN_H
#define COMMON_CONN_H

#include <stdint.h>

#include "common/conns.h"

/* What a client needs next. */
enum conn_need {
    CONN_CLOSED, /* nothing: the client is gone, and c is no longer valid */
    CONN_INPUT,  /* to be stepped when its socket can be read */
    CONN_TURN, /* the same; and more bytes may have come already, but now it is
                * the turn of other clients */
    CONN_OUTPUT, /* to be stepped when its socket can be written */
    CONN_WORK,   /* its message in hand to be worked on, then CONN_WORKED */
    CONN_TIME,   /* nothing until its deadline, which conns_work_due
                  * or conns_expired reports */
};

/* What has happened to a client. */
enum conn_event {
    CONN_READY,  /* its socket can be read or written */
    CONN_GONE,   /* the kernel reports an error or a hang-up.  poll and epoll do
                  * so even if nobody has asked, and a loop that ignored it
                  * would be told again at once */
    CONN_WORKED, /* the work on its message in hand is done */
    CONN_EXPIRED, /* conns_expired has returned it */
    CONN_STOP,    /* the server stops */
};

/* Does for c what event makes possible, without waiting, and returns what it
 * needs next. */
enum conn_need
conn_step(struct conns *all, struct conn *c, enum conn_event event);

/* Returns what to watch the socket of a client for that needs this. */
enum watch conn_watch(enum conn_need need);

/* Closes the client with this descriptor because the loop cannot watch it, and
 * returns WATCH_CLOSED.  If no client has it, it is the listener's, and the
 * program ends with status 1; errno says why. */
enum watch conn_lose(struct conns *all, int fd);

/* At CONN_WORK: makes conns_work_due return c when delay_ns are over.  If there
 * is a delay, the work begins with it; otherwise when conns_work_due returns
 * c. */
void conn_work_after(struct conns *all, struct conn *c, int64_t delay_ns);

#endif

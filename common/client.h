/* client - one client of a server: its socket, its number in the log, and its
 * conversation.
 *
 * These functions move bytes between the socket and the session, and log what
 * happens.  They are the same whether the server waits in them, as blocking.c
 * does, or only calls them when they need not wait, as conn.c does. */

#ifndef COMMON_CLIENT_H
#define COMMON_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/options.h"
#include "common/session.h"

struct client {
    int fd;
    unsigned id;      /* from 1, different for each client of a server */
    bool begun;       /* work on the message in hand has begun */
    bool sent_much;   /* the last send took SESSION_SEND_MAX bytes */
    int64_t began_ns; /* when it began; set only if events are logged */
    struct session session;
};

/* Begins the conversation with a client that has just been accepted.  opt says
 * whether the work takes time. */
void client_begin(struct client *c, const struct options *opt);

/* How the functions below receive, send, and end a connection.  A server for
 * which the kernel receives and sends brings functions of its own. */
struct client_calls {
    /* Return what recv(2) and send(2) return, or -1 with errno EAGAIN if the
     * kernel has not done that yet.  size is at least 1. */
    ssize_t (*receive)(struct client *c, char *space, size_t size);
    ssize_t (*send)(struct client *c, const char *bytes, size_t size);
    /* Is called just before the socket is closed. */
    void (*closing)(struct client *c);
};

/* From now on these functions are called instead of recv(2) and send(2).
 * *others must stay valid.  Call it before there is a client. */
void client_use(const struct client_calls *others);

enum client_io {
    CLIENT_FAILED, /* recv(2) failed; errno says why */
    CLIENT_SOME,   /* end of file (EOF); or all bytes that had come, and an EOF
                    * may follow them */
    CLIENT_FULL,   /* the bytes filled the whole space; more may have come */
};

/* At SESSION_READ: receives once. */
enum client_io client_receive(struct client *c);

/* At SESSION_WRITE: sends once.  Returns true if bytes have been sent; false
 * with errno set if send(2) failed. */
bool client_send(struct client *c);

/* Waits until the socket, which must block, can be read; until_ns at the
 * latest. If stop_arm has armed the socket, a stop request ends the wait. */
void client_wait_for_input(const struct client *c, int64_t until_ns);

/* Call it when client_receive or client_send has failed, before errno changes.
 * Returns NULL if the caller must try again, after it has waited if errno was
 * EAGAIN.  Otherwise returns why the connection must be closed: the client is
 * gone, or the call failed with EAGAIN although late is true, which means that
 * the time for which the server waits is over.  Then it logs that the client
 * was silent for too long, unless the server stops. */
const char *client_failure(const struct client *c, bool late);

/* At SESSION_WORK: notes and logs that work on the message in hand begins now.
 * A second call for the same message has no effect. */
void client_work_begins(struct client *c);

/* The same in a thread that works for an event loop, and returns true.  Work
 * that has not begun when a stop is requested does not begin any more: then it
 * drops the message in hand and what the client has sent after it, and returns
 * false. */
bool client_may_work(struct client *c);

/* At SESSION_WORK: call it when the work is done.  Logs the answer, and appends
 * it to the answers that wait to be sent.  Calls client_work_begins first, in
 * case the caller has not. */
void client_answer(struct client *c);

/* At SESSION_REFUSE: logs why the message in hand is refused, and appends the
 * nak to the answers that wait to be sent. */
void client_refuse_message(struct client *c);

/* Logs reason, which is one word, adds the messages and answers of this client
 * to the summary (tally.h), and closes the socket. */
void client_close(struct client *c, const char *reason);

/* Returns one word for the log that says what an error of recv or send means:
 * "reset", "unreachable", "unreadable" or "error". */
const char *client_reason(int error);

#endif

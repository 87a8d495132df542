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

#include "common/options.h"
#include "common/session.h"

struct client {
    int fd;
    unsigned id;      /* from 1, different for each client of a server */
    bool begun;       /* the work on the message in hand */
    int64_t began_ns; /* when it began; only if that is logged */
    struct session session;
};

/* Begins the conversation with a client that has just been accepted.  opt says
 * whether the work takes time. */
void client_begin(struct client *c, const struct options *opt);

enum client_io {
    CLIENT_FAILED, /* recv(2) failed; errno says why */
    CLIENT_SOME,   /* the end; or bytes, all that had come, but the end may
                    * be behind them */
    CLIENT_FULL, /* as many bytes as there was space for; more may have come */
};

/* At SESSION_READ: receives once. */
enum client_io client_receive(struct client *c);

/* At SESSION_WRITE: sends once.  Returns true if bytes have been sent; false
 * with errno set if send(2) failed. */
bool client_send(struct client *c);

/* At SESSION_WORK: says that work on the message in hand begins, which is
 * logged.  To say it again has no effect. */
void client_work_begins(struct client *c);

/* At SESSION_WORK: the work is done (and began now, if nobody has said so).
 * Logs that, and puts the answer behind those that are to be sent. */
void client_answer(struct client *c);

/* At SESSION_REFUSE: logs why the message in hand is refused, and puts the
 * answer behind those that are to be sent. */
void client_refuse_message(struct client *c);

/* Closes the socket.  Logs why, and counts what the conversation came to.
 * reason is one word. */
void client_close(struct client *c, const char *reason);

#endif

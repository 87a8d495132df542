/* conns_deadlines - when an event loop must act for one of its clients.
 *
 * Sometimes the loop must act although the kernel reports nothing: the delay of
 * a client is over, a client was silent for too long, a connection that is
 * being closed takes too long, or it is again a client's turn to be read from.
 * The set keeps a deadline for each of these cases, and the loop asks for the
 * earliest deadline before it waits. */

#ifndef COMMON_CONNS_DEADLINES_H
#define COMMON_CONNS_DEADLINES_H

#include <stdint.h>

#include "common/conns.h"

/* Gives c the deadline when_ns in the queue q, instead of the deadline that it
 * had.  A client has at most one deadline. */
void
conns_set_deadline(struct conn *c, struct deadline_queue *q, int64_t when_ns);

/* Call it when the server begins to wait until c sends bytes, or until c reads
 * an answer.  Sets the deadline of this wait.  It is the idle timeout, if there
 * is one.  While the server stops, it is LINGER_NS instead, counted from the
 * first such call. */
void conns_limit_silence(struct conns *all, struct conn *c);

/* Call it when the server waits for need, which is not LINGER_CLOSE.  Sets the
 * deadline of this wait: the next look at the connection, or the end of the
 * time for closing it. */
void
conns_limit_linger(struct conns *all, struct conn *c, enum linger_need need);

/* Returns the earliest deadline of all clients, or the end of the pause if that
 * comes first: the loop must not wait longer.  Returns CLOCK_NEVER if there is
 * neither. */
int64_t conns_next_due(const struct conns *all);

/* Returns a client whose work is due at now_ns, or NULL if there is no other.
 * The client has no deadline any more.  The caller must do the work on its
 * message and then call conn_step with CONN_WORKED.  Pass the same now_ns
 * in all calls of one turn of the loop.  Otherwise new work could become due
 * again and again, and the loop would never serve the other clients. */
struct conn *conns_work_due(struct conns *all, int64_t now_ns);

/* Does the same for a loop that lets other threads do the work.  The client
 * that it returns is away: until the loop has it back and calls conn_step with
 * CONN_ANSWERED, the loop must not use it, must not watch its socket, and calls
 * conn_step for it only with CONN_STOP, which then does nothing.
 *
 * The thread that gets the client may use only c->client: it works on the
 * message in hand (client_may_work, client_answer), and it may send answers
 * (client_send).  It never closes the socket.  Returns NULL also while
 * CONNS_AWAY_MAX clients are away. */
struct conn *conns_take_work(struct conns *all, int64_t now_ns);

/* Returns a client whose next turn to be read from has come (conn_read_later),
 * or NULL if there is no other.  The caller must call conn_step with
 * CONN_READY.  Pass a moment before the loop last asked the kernel.  Otherwise
 * a client that never stops sending would have one turn after another, and the
 * others would have none. */
struct conn *conns_turn_due(struct conns *all, int64_t now_ns);

/* Returns a client whose idle timeout or time for closing is over, or NULL if
 * there is no other.  The client has no deadline any more.  The caller must
 * call conn_step with CONN_EXPIRED.
 *
 * asked_ns is a moment before the loop last asked the kernel, or 0 if the
 * kernel gave no report.  The idle timeout is compared with asked_ns and not
 * with the time now.  Since then a message may have arrived that the loop has
 * not read yet, and a client that has sent a message is not silent. */
struct conn *conns_expired(struct conns *all, int64_t asked_ns);

#endif

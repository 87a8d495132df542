/* handoff - passes clients from a parent to its workers, with none lost.
 *
 * A descriptor is an index into the descriptor table of one process, so a
 * parent cannot just tell a worker the number.  sendmsg(2) on a UNIX socket can
 * send a descriptor itself (SCM_RIGHTS, unix(7)): the kernel puts a copy of it
 * into the table of the process that receives the message.  Between sendmsg and
 * recvmsg the copy is in flight: it is in no table, and if the receiver ends
 * now, the kernel closes it.  Therefore the parent keeps its own copy until the
 * worker has reported that it has the client.
 *
 * The parent and each worker have a channel, a pair of connected UNIX sockets
 * (handoff_fork).  Clients go to the worker, and reports come back.  A report
 * is one byte, and there are two per client: the worker has the client, and the
 * worker is free again. */

#ifndef COMMON_HANDOFF_H
#define COMMON_HANDOFF_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/client.h"

enum handoff_state {
    HANDOFF_NONE,   /* there is no worker, or it ends; and no client for it */
    HANDOFF_FREE,   /* the worker waits for a client */
    HANDOFF_PASSED, /* a client is on its way to it */
    HANDOFF_BUSY,   /* it has reported that it has the client */
};

/* What a parent knows about a worker. */
struct handoff {
    int channel; /* the parent's end; -1: there is none */
    enum handoff_state state;
    struct client client; /* at HANDOFF_PASSED: the parent's copy */
};

/* Prepares count places without workers. */
void handoff_open(struct handoff workers[], int count);

/* Forks a worker into place, with a channel, and returns what children_fork
 * returns.  In the worker, *channel is its end.  In the parent, *h is for this
 * worker from now on: the worker is free; but if its predecessor has ended
 * before it got its client, the client is passed to this one. */
pid_t handoff_fork(struct handoff *h, int place, int *channel);

/* Returns the place of a worker that is free, the first one; or -1. */
int handoff_find_free(const struct handoff workers[], int count);

/* Tells whether each place has a worker that has a client, or to which one is
 * on its way. */
bool handoff_all_busy(const struct handoff workers[], int count);

/* Passes a client to a free worker, and keeps the parent's copy until the
 * worker has reported.  Never waits.  If the message cannot be sent because the
 * worker has ended, or because memory is short, closes the channel, so that the
 * worker ends.  The client is then passed to its successor. */
void handoff_send(struct handoff *h, const struct client *client);

/* Takes note of the worker's reports.  Closes the parent's copy when the worker
 * has the client, and the channel when the worker has ended.  Call it when the
 * channel can be read; otherwise it waits. */
void handoff_hear(struct handoff *h);

/* The worker has ended.  Takes note of its last reports and closes the channel.
 * If the worker had not got its client, the state is still HANDOFF_PASSED. */
void handoff_end(struct handoff *h);

/* In a new worker: closes its copies of the descriptors in workers. */
void handoff_close_copies(struct handoff workers[], int count);

/* In a worker: waits for a client, and fills *client.  Its socket blocks.
 * Returns false if a stop is requested, a signal came, or the parent has ended.
 * If no descriptor is free for the client, the process ends with status 1, and
 * the parent passes the client to the next worker. */
bool handoff_receive(int channel, struct client *client);

/* In a worker: sends the next report. */
void handoff_report(int channel);

#endif

/* spans - what each client and each worker was doing, and when: lists of spans
 * of time, made from a record and its figures.  Every picture is drawn from
 * these lists.
 *
 * To show one more state, add a kind here, let spans_of_client find it, and add
 * words for it to spans_words, and a row to the table of each picture:
 * span_cells in timeline, span_looks in svg. */

#ifndef CLIENT_RECORD_SPANS_H
#define CLIENT_RECORD_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/record/figures.h"
#include "client/record/record.h"

#define SPANS_NO_MESSAGE (-1)

/* What happens to a message during a span.  A client with several messages in
 * flight has several spans at the same time; a picture that has room for one
 * shows the kind that comes last here. */
enum spans_kind {
    SPANS_LEAVING,    /* no message: all are answered, and the client waits for
                       * the server to close the connection */
    SPANS_WAITING,    /* sent, and the server has not begun with it; */
    SPANS_ASKED,      /* never answered, and nobody knows whether the server has
                       * begun with it */
    SPANS_CONNECTING, /* the same, and the server has no connection yet; */
    SPANS_QUEUED,     /* the connection is in the accept queue; */
    SPANS_UNREAD,     /* it is accepted, and the server has not read it all; */
    SPANS_READ,       /* the server has read it */
    SPANS_RETURNING,  /* served, and the client has not seen the answer */
    SPANS_SERVED,
    SPANS_KINDS,
};

/* Each kind in words: what the message is. */
extern const char *const spans_words[SPANS_KINDS];

struct span {
    enum spans_kind kind;
    int client;
    int first;      /* message of the client, counted from 0, or
                     * SPANS_NO_MESSAGE while the client connects or leaves */
    int last;       /* more than first: the span stands for several messages */
    int worker;     /* its index in worker_ids; -1: none, or not known */
    bool estimated; /* the server did not log this service */
    bool other_clients; /* the span includes messages of other clients */
    bool other_workers; /* the span includes services of other workers */
    int64_t began_ns;
    int64_t ended_ns; /* no less than began_ns */
};

/* A list of spans.  The caller frees list. */
struct spans {
    struct span *list;
    int count;
};

/* Returns the spans of a client, in the order of its messages.  Where a message
 * waits is known from the kernel, if it has been asked (see kernel.h). */
struct spans
spans_of_client(const struct record *r, const struct figures *f, int client);

/* Returns the services of the worker of this index in worker_ids, ordered by
 * the time at which they began.  The record must have services. */
struct spans
spans_of_worker(const struct record *r, const struct figures *f, int worker);

/* Joins spans of one lane that are too short to be drawn separately, and drops
 * those of no length.  A span shorter than close_ns becomes part of the span
 * before it of the same kind if that began less than close_ns earlier, or if it
 * ended less than close_ns earlier and has the same client and worker.  So a
 * lane of length L keeps at most about 2 L / close_ns spans of each kind, and
 * no span longer than close_ns is lost.  Except for services, time that an
 * earlier span of the same kind covers is left out.  Returns how many spans are
 * left; they are the first ones of the list. */
int spans_join(struct span *list, int count, int64_t close_ns);

#endif

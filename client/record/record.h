/* record - what happened in a run: when each client connected, sent, was
 * answered and ended; and, where the server's event log is at hand, which of
 * its workers served each message, and when.  Plain data without I/O: the loop
 * and the journal fill it, and whoever draws, counts or exports a run reads
 * nothing else.
 *
 * All times are nanoseconds since the start of the run. */

#ifndef CLIENT_RECORD_RECORD_H
#define CLIENT_RECORD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "client/record/plan.h"

#define RECORD_NEVER   INT64_C(-1) /* the time of what did not happen */
#define RECORD_GOT_MAX 8

enum record_answer {
    RECORD_ACK,
    RECORD_NAK,
};

/* Returns "ack" or "nak". */
const char *record_answer_name(enum record_answer answer);

/* Answers come in the order of the messages, so sent_ns counts for the first
 * `sent` messages of a client, and the rest for the first `answered`. */
struct record_message {
    int64_t sent_ns; /* its last byte was handed to the kernel */
    int64_t answered_ns;
    enum record_answer answer;
};

/* Who served a message, and when, as the server tells.  In a log that was cut
 * off the end may be missing. */
struct record_service {
    int64_t began_ns; /* or RECORD_NEVER */
    int64_t ended_ns; /* or RECORD_NEVER */
    int worker;       /* its place in worker_ids; -1: not known */
};

enum record_outcome {
    RECORD_OPEN,     /* had not ended when the run was stopped */
    RECORD_CLOSED,   /* all answers came, the server closed after goodbye */
    RECORD_VANISHED, /* reset by the client, as planned */
    RECORD_HUNG_UP,  /* a silent client, and the server closed */
    RECORD_FAILED,   /* see fault */
};

enum record_fault {
    RECORD_NO_FAULT,
    RECORD_NO_CONNECTION, /* error says why */
    RECORD_BROKEN,        /* the connection; error says how */
    RECORD_CLOSED_EARLY,  /* end of input before it was due */
    RECORD_WRONG,         /* got is not the answer expected */
    RECORD_UNASKED,       /* got came, and there was nothing to answer */
    RECORD_AFTER_GOODBYE, /* got came after goodbye */
    RECORD_TIMED_OUT,     /* the run gave up */
};

struct record_client {
    int port;             /* of the client's side; 0: not known */
    int64_t started_ns;   /* connect was called; or RECORD_NEVER */
    int64_t connected_ns; /* or RECORD_NEVER */
    int64_t ended_ns;     /* however it ended; or RECORD_NEVER */
    int sent;             /* whole messages, without goodbye */
    int answered;
    enum record_outcome outcome;
    enum record_fault fault;
    int error;                         /* an errno */
    int got_len;                       /* bytes in got */
    unsigned char got[RECORD_GOT_MAX]; /* what came instead, its beginning */
};

enum record_end {
    RECORD_DONE, /* every client ended by itself */
    RECORD_INTERRUPTED,
    RECORD_GAVE_UP, /* the timeout of the plan */
};

struct record {
    struct plan plan;
    enum record_end end;
    int64_t ended_ns; /* of the run */
    int64_t lag_ns;   /* the longest that the loop was busy and saw nothing */
    struct record_client *clients;   /* plan.clients of them */
    struct record_message *messages; /* see record_message */

    /* What only the server can tell; services is NULL if it has not. */
    struct record_service *services; /* as messages: see record_service */
    int *worker_ids;                 /* processes, or threads, that served */
    int worker_count;
    int served_at_once; /* the most messages in service at one moment */
    int children;       /* the most that lived at one moment; 0: not told */
};

/* Makes an empty record of a run of this plan.  Returns 0, or -1 with errno set
 * if there is not the memory.  To be freed by record_close. */
int record_open(struct record *r, const struct plan *plan);

/* Makes room for what the server tells: no service known, no worker.  Returns
 * 0, or -1 with errno set if there is not the memory. */
int record_open_services(struct record *r);

/* The server has not told after all. */
void record_close_services(struct record *r);

/* Returns the place of a worker in worker_ids, where it is put if it is new; -1
 * with errno set if there is not the memory. */
int record_worker(struct record *r, int id);

/* Frees what the record has taken. */
void record_close(struct record *r);

/* Returns when a client ended; the end of the run if it had not ended by then.
 */
int64_t record_end_ns(const struct record *r, int client);

/* Returns a message of a client, both counted from 0.  It stays in the
 * record. */
struct record_message *
record_message(const struct record *r, int client, int number);

/* Returns the service of a message, NULL if services are not known. */
struct record_service *
record_service(const struct record *r, int client, int number);

#endif

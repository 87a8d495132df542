/* record - what happened in a run: when each client connected, sent, was
 * answered and ended; and, if the server's event log has been read, which
 * worker served each message, and when.  It is plain data: loop and server_log
 * write it, and everything that counts or draws a run reads only this.
 *
 * All times are nanoseconds since the start of the run. */

#ifndef CLIENT_RECORD_RECORD_H
#define CLIENT_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/record/kernel.h"
#include "client/record/plan.h"

/* The time of something that did not happen. */
#define RECORD_NEVER    INT64_C(-1)
#define RECORD_GOT_MAX  8
#define RECORD_TEXT_MAX 40

enum record_answer {
    RECORD_ACK,
    RECORD_NAK,
};

/* Returns "ack", "nak", or "answer" for the right answer of another service. */
const char *
record_answer_name(enum record_answer answer, enum plan_service service);

/* Answers arrive in the order of the messages.  So sent_ns is valid for the
 * first `sent` messages of a client, the rest for the first `answered`. */
struct record_message {
    int64_t sent_ns; /* the kernel took its last byte */
    int64_t answered_ns;
    enum record_answer answer;
};

/* Which worker served a message, and when, as the server logged it.  If the log
 * was cut off, the end is missing. */
struct record_service {
    int64_t began_ns; /* or RECORD_NEVER */
    int64_t ended_ns; /* or RECORD_NEVER */
    int worker;       /* the id of a process or thread; -1: not known */
};

enum record_outcome {
    RECORD_OPEN,     /* the client had not ended when the run was stopped */
    RECORD_CLOSED,   /* all answers came, and the server closed after goodbye */
    RECORD_VANISHED, /* the client reset the connection, as planned */
    RECORD_HUNG_UP,  /* the server closed the connection of a silent client */
    RECORD_FAILED,   /* see fault */
};

enum record_fault {
    RECORD_NO_FAULT,
    RECORD_NO_CONNECTION, /* error says why */
    RECORD_BROKEN,        /* the connection broke; error says how */
    RECORD_CLOSED_EARLY,  /* end of input (EOF) before all answers came */
    RECORD_WRONG,         /* got came instead of the expected answer */
    RECORD_UNASKED,       /* got came although no message was unanswered */
    RECORD_AFTER_GOODBYE, /* got came after goodbye */
    RECORD_TIMED_OUT,     /* the run gave up */
};

/* How a client has ended. */
struct record_ending {
    enum record_outcome outcome;
    enum record_fault fault;           /* if the outcome is RECORD_FAILED */
    int error;                         /* an errno */
    int got_len;                       /* bytes in got */
    unsigned char got[RECORD_GOT_MAX]; /* the first bytes that came */
    /* Of another service than ack, if got is a part of an answer: */
    int64_t got_at; /* so many bytes came before, and were right; all bytes of
                     * a file that is another one */
    int want_len;
    unsigned char want[RECORD_GOT_MAX]; /* the right bytes there */
};

/* The text of an answer of another service than ack. */
struct record_text {
    int64_t len;
    uint64_t checksum;           /* of all bytes */
    char begin[RECORD_TEXT_MAX]; /* the first bytes; the others are 0 */
};

/* Where a client was on the server's side: at this moment, and as far as is
 * known until the next look. */
struct record_look {
    int64_t seen_ns;
    enum kernel_place place;
    int unread; /* bytes that the server had not read */
};

struct record_client {
    int port;             /* of the client's side; 0: not known */
    int64_t started_ns;   /* connect was called; or RECORD_NEVER */
    int64_t connected_ns; /* or RECORD_NEVER */
    int64_t ended_ns;     /* however the client ended; or RECORD_NEVER */
    int sent;             /* whole messages, not counting goodbye */
    int answered;
    struct record_text text; /* of its latest answer */
    int64_t bytes;           /* in the texts of all its answers */
    struct record_ending end;
    struct record_look *looks; /* look_count of them, in order of time; only
                                * those that are not as the look before */
    int look_count;
};

/* The number in the table of kv to which the clients add. */
struct record_sum {
    bool is_known;
    int64_t before;
    int64_t after; /* the run */
};

enum record_end {
    RECORD_DONE, /* every client ended by itself */
    RECORD_INTERRUPTED,
    RECORD_GAVE_UP, /* the timeout of the plan */
};

struct record {
    struct plan plan;
    enum record_end end;
    int64_t ended_ns;   /* of the run */
    int64_t lag_ns;     /* the longest time that the loop did not look */
    int64_t stopped_ns; /* how long this program did not run, see loop.h */
    int64_t look_ns;    /* the mean time between two looks at a client; 0: there
                         * was none; RECORD_NEVER: the kernel does not tell
                         * where clients are */
    struct record_sum sum;           /* of kv */
    struct record_client *clients;   /* plan.clients entries */
    struct record_message *messages; /* see record_message */

    /* What only the server's log tells; services is NULL without a log. */
    struct record_service *services; /* see record_service */
    int *worker_ids; /* processes or threads that served, ascending */
    int worker_count;
    int served_at_once; /* the most messages in service at one moment */
    int children; /* the most child processes at one moment; 0: not logged */
    int64_t log_start_ns; /* when the server's own clock was 0 */
};

/* Makes an empty record for a run of this plan.  The caller frees it with
 * record_close. */
void record_open(struct record *r, const struct plan *plan);

/* Adds services, all unknown, and no workers. */
void record_open_services(struct record *r);

/* Removes the services and the workers. */
void record_close_services(struct record *r);

/* Says which worker served a message, and adds it to the workers. */
void record_set_worker(struct record *r, struct record_service *s, int id);

/* Returns the index in worker_ids of the worker that served a message; -1 if
 * it is not known. */
int record_worker(const struct record *r, const struct record_service *s);

/* Frees everything that the record holds. */
void record_close(struct record *r);

/* Adds a look at a client, unless it is as the one before and the client has
 * not sent a message in between.  If there is not enough memory, the program
 * ends with status 1. */
void
record_add_look(struct record *r, int client, const struct record_look *look);

/* Returns when a client ended; when the run ended, if the client had not. */
int64_t record_end_ns(const struct record *r, int client);

/* Returns a message of a client; both are counted from 0. */
struct record_message *
record_message(const struct record *r, int client, int number);

/* Returns the service of a message; NULL if the record has no services. */
struct record_service *
record_service(const struct record *r, int client, int number);

#endif

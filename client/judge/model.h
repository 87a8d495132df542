/* model - which model of server a server behaves like, from what the findings
 * have seen.
 *
 * What it does comes first: how many clients and how many messages it serves at
 * once.  How many processes and threads it has says more only where several
 * models do the same. */

#ifndef CLIENT_JUDGE_MODEL_H
#define CLIENT_JUDGE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_TEXT_MAX   240
#define MODEL_PLACES_MAX 199 /* of a pool; a larger one is not told apart */

enum model_kind {
    MODEL_UNKNOWN,
    MODEL_ONE_AT_A_TIME,
    MODEL_POOL,
    MODEL_PROCESS_PER_CLIENT,
    MODEL_THREAD_PER_CLIENT,
    MODEL_PROCESS_PER_MESSAGE,
    MODEL_THREAD_PER_MESSAGE,
    MODEL_EVENT_LOOP,
    MODEL_SEVERAL_LOOPS,
    MODEL_LOOP_WITH_WORKERS,
};

/* How many processes a server has, and how many threads the process that has
 * the most; -1: not known. */
struct model_size {
    int64_t processes;
    int64_t threads;
};

/* What the findings have seen.  Counts are -1 as long as they are not known. */
struct model {
    int at_once;  /* clients served at one moment, of those that were tried */
    bool bounded; /* more clients than those wait, or are refused */

    struct model_size first; /* before any client came, */
    struct model_size busy;  /* while so many were served, */
    int busy_clients;
    struct model_size rest; /* and when these had left */
    int listeners;          /* on its port: several with SO_REUSEPORT */
    int listening;          /* processes that have one of them open */
    int accepting; /* threads of all processes that sleep in accept while there
                      is no client; the most seen */

    /* A few clients, all connected, and a message of each in hand: */
    int message_clients;
    struct model_size with_clients;  /* between the messages, */
    struct model_size with_messages; /* and with the messages; the most seen */
    int active;     /* threads of all processes that did much of the work, */
    int loops;      /* and those of them that wait in epoll_wait or the like */
    bool is_helped; /* there is one of these, and threads that wait for
                     * something else have taken part in the work */

    bool mixes_up;        /* a client got the answers of another, too */
    int messages_at_once; /* that it works on, if those are fewer than clients
                             that it serves */
    bool select_limit;    /* it serves no clients beyond FD_SETSIZE */
    bool stops_reading;   /* from a client that does not read its answers */
    bool is_never_full;   /* filling such a client's buffers takes too long */
};

/* The model that a server must have. */
struct model_wanted {
    enum model_kind kind;
    int places; /* of a pool; -1: any number */
};

/* Returns a model of which nothing is known. */
struct model model_new(void);

/* Returns the model, and writes it in words, with the evidence. */
enum model_kind
model_describe(const struct model *m, char words[MODEL_TEXT_MAX]);

/* Reads the name of a model, as "pool:5".  Returns false if there is no such
 * model. */
bool model_parse(const char *text, struct model_wanted *wanted);

/* Tells whether a server that has this model is what is wanted. */
bool model_is(const struct model *m, const struct model_wanted *wanted);

/* Returns the names that model_parse knows, for people. */
const char *model_names(void);

#endif

/* model - which model of server a server behaves like, from what the findings
 * have seen. */

#ifndef CLIENT_JUDGE_MODEL_H
#define CLIENT_JUDGE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_TEXT_MAX 200

enum model_kind {
    MODEL_UNKNOWN,
    MODEL_ONE_AT_A_TIME,
    MODEL_POOL,
    MODEL_PROCESS_PER_CLIENT,
    MODEL_THREAD_PER_CLIENT,
    MODEL_EVENT_LOOP,
};

/* What the findings have seen.  Counts are -1 as long as they are not known. */
struct model {
    int at_once;  /* clients served at one moment, of those that were tried */
    bool bounded; /* more clients than those wait, or are refused */
    int64_t processes_at_rest;
    int64_t threads_at_rest; /* of the process that has most */
    int64_t processes_busy;  /* with as many clients as busy_clients */
    int64_t threads_busy;
    int busy_clients;
    bool select_limit; /* it serves no clients beyond FD_SETSIZE */
};

/* Returns a model of which nothing is known. */
struct model model_new(void);

/* Returns the model, and writes it in words, with the evidence. */
enum model_kind
model_describe(const struct model *m, char words[MODEL_TEXT_MAX]);

/* Reads the name of a model, as "pool:5": fills *model, and *places with the
 * number after the colon, or -1.  Returns false if there is no such model. */
bool model_parse(const char *text, enum model_kind *model, int *places);

/* Returns the names that model_parse knows, for people. */
const char *model_names(void);

#endif

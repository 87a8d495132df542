/* character - what a server is: which model it behaves like, by what has been
 * seen of it. */

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

/* What the findings have seen.  Counts are -1 where they are not known. */
struct model {
    int at_once;
    bool bounded;
    int64_t processes_at_rest;
    int64_t threads_at_rest; /* of the process that has most */
    int64_t processes_busy;  /* with as many clients as busy_clients */
    int64_t threads_busy;
    int busy_clients;
    bool select_limit; /* refuses clients beyond FD_SETSIZE */
};

/* Nothing has been seen yet. */
struct model model_new(void);

/* Returns the model, and writes it in words, with what says so. */
enum model_kind model_tell(const struct model *c, char words[MODEL_TEXT_MAX]);

/* Tells whether text names a model, as "pool:5"; fills *model, and *places, the
 * number behind a colon, or -1. */
bool model_parse(const char *text, enum model_kind *model, int *places);

/* Returns the names that model_parse knows, for people. */
const char *model_names(void);

#endif

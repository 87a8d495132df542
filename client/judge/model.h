/* character - what a server is: which model it behaves like, by what has been
 * seen of it. */

#ifndef CLIENT_JUDGE_MODEL_H
#define CLIENT_JUDGE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define CHARACTER_TEXT_MAX 200

enum character_model {
    CHARACTER_UNKNOWN,
    CHARACTER_ONE_AT_A_TIME,
    CHARACTER_POOL,
    CHARACTER_PROCESS_PER_CLIENT,
    CHARACTER_THREAD_PER_CLIENT,
    CHARACTER_EVENT_LOOP,
};

/* What the findings have seen.  Counts are -1 where they are not known. */
struct character {
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
struct character character_new(void);

/* Returns the model, and writes it in words, with what says so. */
enum character_model
character_tell(const struct character *c, char words[CHARACTER_TEXT_MAX]);

/* Tells whether text names a model, as "pool:5"; fills *model, and *places, the
 * number behind a colon, or -1. */
bool
character_parse(const char *text, enum character_model *model, int *places);

/* Returns the names that character_parse knows, for people. */
const char *character_names(void);

#endif

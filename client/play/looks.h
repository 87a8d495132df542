/* looks - asks the kernel again and again where the clients of a run are (see
 * kernel.h), and records what it says. */

#ifndef CLIENT_PLAY_LOOKS_H
#define CLIENT_PLAY_LOOKS_H

#include <stdint.h>

#include "client/play/loop.h"
#include "client/record/kernel.h"
#include "client/record/record.h"

struct looks {
    struct kernel kernel;
    int64_t due_ns; /* when the next look is due, or CLOCK_NEVER */
    int client;     /* the next to be looked at */
    int64_t count;  /* looks at a client */
};

/* Prepares for looks.  If the first of them shows that the kernel does not tell
 * about the connections of these clients, no other is due. */
void looks_open(struct looks *l);

/* If a look is due, takes it: at all clients that have started, or, if there
 * are many, at the next ones.  Looks are so rare that they cost this program a
 * third of a per cent of a core.  The wake-ups for them cost at most about as
 * much again. */
void looks_take(struct looks *l, const struct loop *loop, struct record *r,
                int started);

/* Ends looking, and writes into the record how often it was done. */
void looks_close(struct looks *l, struct record *r);

#endif

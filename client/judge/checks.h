/* ordeal - what the findings have in common that treat a server badly: starting
 * it as they need it, and looking how it is afterwards.
 *
 * Where a function returns false, it has set the outcome. */

#ifndef CLIENT_JUDGE_CHECKS_H
#define CLIENT_JUDGE_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/judge/finding.h"

/* When a connection has ended, the process that dies may not be gone yet. */
#define CHECKS_END_NS INT64_C(100000000)

/* Starts the server anew with that delay, if it can be; one that runs already
 * stays as it is. */
bool
checks_restart(struct target_server *s, struct outcome *o, const char *delay);

/* Measures how long a message takes now, that is, with the delay that the
 * server has been started with: the shortest of so many. */
bool checks_time(const struct target_server *s, struct outcome *o, int times,
                 int64_t *answer_ns);

/* Tells whether the server has not ended. */
bool checks_lives(const struct target_server *s, struct outcome *o);

/* Tells whether it lives, and serves a new client within ns. */
bool
checks_serves(const struct target_server *s, struct outcome *o, int64_t ns);

/* Returns how many clients at once are to be served: all places of a bounded
 * server, a handful for others; 1 if nothing is known. */
int checks_places(const struct target_server *s);

/* Tells whether it lives, and serves as many clients at once within ns as it
 * has places. */
bool
checks_recovers(const struct target_server *s, struct outcome *o, int64_t ns);

/* Tells whether its process can be looked at. */
bool checks_sees(const struct target_server *s, struct outcome *o);

#endif

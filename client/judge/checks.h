/* checks - runs a finding's check on a server, and what several checks have in
 * common.
 *
 * Where a function that has an outcome returns false, it has set it. */

#ifndef CLIENT_JUDGE_CHECKS_H
#define CLIENT_JUDGE_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/judge/finding.h"
#include "client/judge/probe.h"

/* Starts a server for the finding, unless it runs already, looks at it, and
 * stops it.  Returns the outcome.
 *
 * It is not ok only if two looks, at two servers, say so, and this program was
 * not held up meanwhile; if one says ok, the outcome is unknown. */
struct outcome checks_run(struct target_server *s, const struct finding *f);

/* Stops the server and starts it with that delay.  Returns true and does
 * nothing if it is one that runs already. */
bool
checks_restart(struct target_server *s, struct outcome *o, const char *delay);

/* Measures how long a message takes with the delay that the server was started
 * with: *answer_ns is the shortest of so many times. */
bool checks_time(const struct target_server *s, struct outcome *o, int times,
                 int64_t *answer_ns);

/* Returns true if nothing went wrong with a probe.  Otherwise the outcome is
 * not ok, and says who, and what happened to it. */
bool checks_probe(const struct probe *p, struct outcome *o, const char *who);

/* Tells whether the server serves as many clients at once as it has places. */
bool checks_recovers(const struct target_server *s, struct outcome *o);

/* Tells whether the server closes the connections of clients for which it has
 * no place, instead of letting them wait. */
bool checks_refuses(const struct target_server *s);

/* Tells whether a new client is served now. */
bool checks_serves_now(const struct target_server *s);

#endif

/* measurement - starts a server, puts a load on it, and reads how much CPU time
 * it uses meanwhile. */

#ifndef CLIENT_BENCH_MEASUREMENT_H
#define CLIENT_BENCH_MEASUREMENT_H

#include <stdbool.h>

#include "client/bench/costs.h"

/* Measures what a command (see command.h) uses under the load of this plan.
 * Returns true with the result in *sample, or false with the reason in why.
 * Returns false early if stop_fd is readable.
 *
 * The CPU time of children that have ended is known in clock ticks of 10 ms
 * only (proc(5)): where a server has many, measure for longer. */
bool
measurement_take(struct costs_sample *sample, const char *command,
                 const struct plan *plan, int stop_fd, char why[COSTS_WHY_MAX]);

#endif

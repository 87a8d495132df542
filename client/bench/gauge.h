/* gauge - one measurement: a server is started, a load is put on it, and the
 * CPU time that it takes meanwhile is read. */

#ifndef CLIENT_BENCH_GAUGE_H
#define CLIENT_BENCH_GAUGE_H

#include "client/bench/rates.h"

enum gauge_result {
    GAUGE_DONE,
    GAUGE_UNFIT, /* it cannot bear this load, and why says what happened */
    GAUGE_INTERRUPTED, /* stop_fd is readable */
};

/* Measures what a command (see command.h) takes under this load.  Fills
 * *sample, which is all zeroes but for GAUGE_DONE, and why for GAUGE_UNFIT.
 *
 * The CPU time of children that have ended is known in clock ticks of 10 ms
 * only (proc(5)): where there are many, measure for longer. */
enum gauge_result
gauge(struct rates_sample *sample, const char *command, const struct plan *plan,
      int stop_fd, char why[RATES_WHY_MAX]);

#endif

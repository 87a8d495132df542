/* progress - one line on a terminal that says how far something is that takes
 * long; erased when there is something better to read. */

#ifndef CLIENT_DRAW_PROGRESS_H
#define CLIENT_DRAW_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/play/load.h"
#include "client/record/record.h"

#define PROGRESS_TICK_NS                                 \
    INT64_C(100000000) /* it is written so often at most \
                        */

struct progress {
    FILE *out;  /* NULL: nothing is shown */
    int width;  /* columns of the terminal */
    int count;  /* servers in all */
    int number; /* of this one, from 1 */
    const char *label;
    int64_t done_ns;  /* what those before took together */
    int64_t shown_ns; /* when it was last written, in this run */
};

/* Shows progress on out if that is a terminal on which a line can be erased. */
struct progress progress_open(FILE *out, int count);

/* The next server's turn begins. */
void progress_next(struct progress *p, const char *label);

/* Shows how far the run is: so many answers, about so much time left. */
void progress_show(struct progress *p, const struct record *r, int64_t now_ns);

/* Shows how far a load is. */
void progress_load(struct progress *p, const struct load *l);

/* Shows a line of the caller's. */
void progress_line(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The turn took so long.  Erases the line. */
void progress_done(struct progress *p, int64_t took_ns);

#endif

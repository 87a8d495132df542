/* progress - one line on a terminal that shows how far something is that takes
 * long.  It is erased when there is something better to read. */

#ifndef CLIENT_DRAW_PROGRESS_H
#define CLIENT_DRAW_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include "client/play/load.h"
#include "client/record/record.h"

#define PROGRESS_TICK_NS INT64_C(100000000) /* between two lines, at least */

struct progress {
    FILE *out;  /* NULL: nothing is shown */
    int count;  /* servers in all */
    int number; /* of the current server, from 1 */
    const char *label;
    int64_t shown_ns; /* when the line was last written, in this run */
};

/* Prepares to show the progress of count servers, or of one thing, on out.
 * Nothing is ever written if out is not a terminal whose cursor moves. */
struct progress progress_open(FILE *out, int count);

/* Shows that the next server starts.  label must stay until the one after it
 * starts. */
void progress_next(struct progress *p, const char *label);

/* Shows how many answers the run has got.  How much time is left is not known,
 * since the next server may be ten times faster. */
void progress_show(struct progress *p, const struct record *r, int64_t now_ns);

/* Shows how far a load is. */
void progress_load(struct progress *p, const struct load *l);

/* Shows a line of the caller's. */
void progress_line(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Erases the line. */
void progress_done(struct progress *p);

#endif

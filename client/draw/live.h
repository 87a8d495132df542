/* live - the timeline on a terminal, drawn again and again in the same place
 * while the run goes on.
 *
 * Each time the cursor moves up to where the last picture began, and the new
 * picture is written with one write, so that nothing flickers; only lines that
 * live drew itself are erased.  The size of the terminal may change at any
 * time. While the clients do not fit into it, the picture stays as it is. */

#ifndef CLIENT_DRAW_LIVE_H
#define CLIENT_DRAW_LIVE_H

#include <stdio.h>

#include "client/draw/terminal.h"
#include "client/play/observer.h"
#include "client/record/figures.h"

struct live {
    FILE *out;
    const struct terminal_options *options;
    struct observer *observer;
    struct figures figures;   /* so far; only those that the timeline needs */
    int columns;              /* of the terminal, when it was last asked */
    struct terminal terminal; /* how pictures are drawn */
    char *drawn; /* what the terminal shows above the cursor; NULL: nothing */
};

/* If out is a terminal whose cursor moves and which has room for so many
 * clients, replaces *observer by one that draws the run on it; otherwise leaves
 * *observer as it is.  out, options and observer must stay until live_close.
 * Nothing may have been written to out before; it becomes fully buffered, so
 * the caller flushes what it writes. */
void live_open(struct live *live, struct observer *observer, FILE *out,
               const struct terminal_options *options, int clients);

/* Erases the picture, so that the final one comes in its place.  Does nothing
 * if live_open left the observer as it was. */
void live_close(struct live *live);

#endif

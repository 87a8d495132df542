/* live - the timeline on a terminal, redrawn in its place while the run goes
 * on.
 *
 * Each repaint moves the cursor up to where the last began and goes out in one
 * write, so that nothing flickers; only lines that it drew itself are erased.
 * The size of the terminal is asked anew each time.  While the clients do not
 * fit it, the picture stays as it is. */

#ifndef CLIENT_DRAW_LIVE_H
#define CLIENT_DRAW_LIVE_H

#include <stdbool.h>
#include <stdio.h>

#include "client/record/figures.h"
#include "client/draw/terminal.h"
#include "client/play/observer.h"

struct live {
    FILE *out;
    const struct terminal_options *options;
    struct observer *watcher;
    struct figures figures;   /* what the timeline needs of them, so far */
    int columns;              /* of the terminal, when it was last asked */
    struct terminal terminal; /* as pictures are to use it */
    char *drawn; /* what the terminal shows above the cursor; NULL: nothing */
};

/* Takes the place of the watcher, for a run of so many clients, if out is a
 * terminal on which the cursor moves and all clients fit; else leaves it as it
 * is.  out, options and the watcher must stay as long as the run; out, to which
 * nothing may have been written, is then to be flushed by who writes to it. */
void live_open(struct live *live, struct observer *watcher, FILE *out,
               const struct terminal_options *options, int clients);

/* Erases what was drawn, so that the final picture comes in its place. */
void live_close(struct live *live);

#endif

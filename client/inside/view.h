/* view - shows the samples of a recording on the whole screen of a terminal,
 * and lets a person go back and forth among them with keys.
 *
 * The terminal gives each key at once and does not print it, and the picture is
 * on its alternate screen, so that what was there before comes back at the
 * end. */

#ifndef CLIENT_INSIDE_VIEW_H
#define CLIENT_INSIDE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "client/draw/terminal.h"
#include "client/inside/recording.h"

struct view {
    const struct recording *recording;
    const struct terminal_options *look;
    bool open;      /* otherwise no function does anything */
    bool over;      /* no more samples will come */
    bool quit;      /* the key q was pressed */
    bool frozen;    /* the sample of at_ns is shown, not the last one */
    bool by_worker; /* see screen.h */
    bool facts;     /* the page of facts is shown */
    int64_t at_ns;
    int64_t drawn_ns; /* on the monotonic clock */
};

/* Takes the terminal, if stdin and stdout are one whose cursor moves.
 * recording and look must stay until view_close. */
void view_open(struct view *v, const struct recording *recording,
               const struct terminal_options *look);

/* Obeys the keys that have been pressed, and shows the sample, at most ten
 * times a second.  Does not wait. */
void view_refresh(struct view *v);

/* Lets the person look at the recording, which is over, until q is pressed or
 * stop_fd is readable.  From the beginning, it is shown as fast as it was
 * recorded, or it is frozen at its last sample. */
void view_browse(struct view *v, int stop_fd, bool from_beginning);

/* Gives the terminal back. */
void view_close(struct view *v);

#endif

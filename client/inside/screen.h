/* screen - draws one sample of a recording as a picture that fits into a
 * terminal: where each client is, the accept queue, what each task of the
 * server does, each with its last second as a strip of letters, and what that
 * means in sentences. */

#ifndef CLIENT_INSIDE_SCREEN_H
#define CLIENT_INSIDE_SCREEN_H

#include <stdio.h>

#include "client/draw/terminal.h"
#include "client/inside/recording.h"

#define SCREEN_WIDTH_MIN  40
#define SCREEN_HEIGHT_MIN 16

struct screen_options {
    struct terminal terminal; /* at least as large as the sizes above */
    bool by_worker;     /* clients in the order of the tasks that serve them */
    const char *status; /* "frozen"; "" */
    const char *keys;   /* the last line */
};

/* Draws the sample of this index: as many lines as the terminal has, or fewer.
 */
void screen_draw(FILE *out, const struct recording *r, int index,
                 const struct screen_options *options);

#endif

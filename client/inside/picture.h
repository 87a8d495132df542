/* picture - draws a whole recording: a lane per client, the accept queue, and a
 * lane per task, all on one time axis. */

#ifndef CLIENT_INSIDE_PICTURE_H
#define CLIENT_INSIDE_PICTURE_H

#include <stdio.h>

#include "client/draw/terminal.h"
#include "client/inside/recording.h"

/* Draws the recording, which has at least one sample. */
void picture_draw(FILE *out, const struct recording *r,
                  const struct terminal *terminal);

#endif

/* tooltip - what a picture tells about a span when a reader points at it:
 *
 *     client 6, message 2: sent 0.400 s, served 0.400 to 0.500 s by worker 1
 *     (12002), answered 0.500 s */

#ifndef CLIENT_DRAW_TOOLTIP_H
#define CLIENT_DRAW_TOOLTIP_H

#include <stdio.h>

#include "client/draw/panel.h"
#include "client/draw/text.h"
#include "client/record/spans.h"

/* Writes it as one line without an end, with all times in the scale. */
void tooltip_write(FILE *out, const struct panel *panel,
                   const struct span *span, const struct text_scale *scale);

#endif

/* tip - what a picture says of a bar when one points at it:
 *
 *     client 6, message 2: sent 0.400 s, served 0.400 to 0.500 s by worker 1
 *     (12002), answered 0.500 s */

#ifndef CLIENT_DRAW_TOOLTIP_H
#define CLIENT_DRAW_TOOLTIP_H

#include <stdio.h>

#include "client/record/spans.h"
#include "client/draw/panel.h"
#include "client/draw/text.h"

/* Writes it, in one line without an end, with the times in that scale. */
void tooltip_write(FILE *out, const struct panel *panel, const struct span *bar,
                   const struct text_scale *scale);

#endif

/* conclusion - what a comparison has shown, on one screen: a row per server
 * whose height is how many clients it served at each moment, and a sentence.
 *
 *     clients being served  all done  0 s      0.5      1.0     longest wait
 *     single-process          1.81 s  1111111111111111111111111       1.61 s
 *     prefork                 0.61 s  555551111                       0.40 s
 *     poll, epoll             0.30 s  66666                           0.10 s
 *
 * The area is the work, which is the same for all servers. */

#ifndef CLIENT_DRAW_CONCLUSION_H
#define CLIENT_DRAW_CONCLUSION_H

#include <stdio.h>

#include "client/draw/panel.h"
#include "client/draw/terminal.h"

/* Draws the conclusion from these panels.  Neighbours that have the same
 * picture share a row.  The caller checks out for errors of writing. */
void conclusion_draw(FILE *out, const struct panel *panels, int count,
                     const struct terminal *terminal);

#endif

/* hand_in - a run or a load in Markdown, to hand in or to put into a README: a
 * table, the picture and the summary.  page writes the same for a comparison.
 */

#ifndef CLIENT_DRAW_HAND_IN_H
#define CLIENT_DRAW_HAND_IN_H

#include <stdio.h>

#include "client/draw/panel.h"
#include "client/play/load.h"

#define HAND_IN_WIDTH       80 /* columns of the pictures */
#define HAND_IN_CLIENTS_MAX 50 /* rows of the table */

/* Writes the run of a panel.  command is the command line that made it. */
void hand_in_run(FILE *out, const struct panel *panel, const char *command);

/* The same for a load. */
void hand_in_load(FILE *out, const struct load *l, const char *command);

#endif

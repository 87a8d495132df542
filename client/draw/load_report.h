/* load_report - the results of a load, in words and as CSV.  report writes the
 * plan of a load, fault says what went wrong. */

#ifndef CLIENT_DRAW_LOAD_REPORT_H
#define CLIENT_DRAW_LOAD_REPORT_H

#include <stdio.h>

#include "client/draw/terminal.h"
#include "client/play/load.h"

/* Writes what was measured, how the times of answers are distributed, and
 * whether the figures can be trusted. */
void load_report_summary(FILE *out, const struct load *l,
                         const struct terminal *terminal);

/* Writes the times as a table in Markdown. */
void load_report_markdown(FILE *out, const struct load *l);

/* Writes a line with the names of the columns, and one with the values. */
void load_report_csv(FILE *out, const struct load *l);

#endif

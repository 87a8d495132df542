/* table - a comparison in numbers: one row a model, in the order in which a
 * reader asks: how many at once, how long, is that what the model says, how
 * long until the last client heard anything, at what cost. */

#ifndef CLIENT_COMPARE_TABLE_H
#define CLIENT_COMPARE_TABLE_H

#include <stdio.h>

#include "client/compare/trial.h"

/* Writes the table in lines of at most width columns: what does not fit beside
 * the rest goes below it.  Then what is missing in it, and why. */
void table_draw(FILE *out, const struct trial *trials, int count, int width);

/* The same as an HTML table, and paragraphs below it. */
void table_html(FILE *out, const struct trial *trials, int count);

/* The same as CSV (RFC 4180), with a header; base units, no unit in a cell. */
void table_csv(FILE *out, const struct trial *trials, int count);

#endif

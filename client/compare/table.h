/* table - a comparison in numbers, one row per server.  The columns are in the
 * order in which a reader asks: how many clients at once, how long for all, is
 * that what the model predicts, how long until the last client got an answer,
 * and what does it cost? */

#ifndef CLIENT_COMPARE_TABLE_H
#define CLIENT_COMPARE_TABLE_H

#include <stdio.h>

#include "client/compare/trial.h"

/* Writes the table for people in lines of at most width characters; columns
 * that do not fit go below the others.  Remarks on servers follow, and what the
 * heads mean. */
void table_draw(FILE *out, const struct trial *trials, int count, int width);

/* Writes the same as an HTML table, with paragraphs below it. */
void table_html(FILE *out, const struct trial *trials, int count);

/* Writes the same as CSV (RFC 4180) with a header, and more columns.  Values
 * are in base units, which the header names; a value that is not known is
 * empty. */
void table_csv(FILE *out, const struct trial *trials, int count);

#endif

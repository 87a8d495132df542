/* table - a comparison in numbers, one row per server.  The columns are in the
 * order in which a reader asks: how long for all, how long did the last client
 * wait, how many at once, is that what the model promises, and what does it
 * cost? */

#ifndef CLIENT_COMPARE_TABLE_H
#define CLIENT_COMPARE_TABLE_H

#include <stdio.h>

#include "client/compare/trial.h"
#include "client/draw/csv.h"
#include "client/draw/terminal.h"

/* Writes the table for people, the best figure of a column in bold and failures
 * in red where the terminal has colour.  Columns that have no figure are left
 * out.  If the others do not fit into a line, those are left out that the
 * pictures show, too; if that is not enough, the last columns go below the
 * others.  Remarks on servers follow, and what the reader must know about the
 * figures. */
void table_draw(FILE *out, const struct trial *trials, int count,
                const struct terminal *terminal);

/* Writes the same as an HTML table, with paragraphs below it. */
void table_html(FILE *out, const struct trial *trials, int count);

/* Writes the same as a table in Markdown, with a list below it. */
void table_markdown(FILE *out, const struct trial *trials, int count);

/* Writes the same as CSV (RFC 4180) with a header, and more columns.  Values
 * are in base units, which the header names; a value that is not known is
 * empty. */
void table_csv(FILE *out, const struct trial *trials, int count,
               const struct csv_conditions *conditions);

#endif

/* markdown - writes text so that it stays text in Markdown, whatever is in it.
 */

#ifndef CLIENT_DRAW_MARKDOWN_H
#define CLIENT_DRAW_MARKDOWN_H

#include <stdio.h>

/* Writes text in a paragraph or in a cell of a table, in one line.  What
 * Markdown would take for markup has a backslash before it. */
void markdown_text(FILE *out, const char *text);

/* Writes a blank line and the lines of text as a block of code, which keeps
 * blanks and has letters of one width. */
void markdown_code(FILE *out, const char *text);

#endif

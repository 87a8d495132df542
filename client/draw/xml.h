/* xml - writes text so that it stays text in SVG and HTML, whatever is in it.
 */

#ifndef CLIENT_DRAW_XML_H
#define CLIENT_DRAW_XML_H

#include <stddef.h>
#include <stdio.h>

/* Writes text as the content of an element or of a quoted attribute.  Control
 * characters and bytes that are not UTF-8 are not allowed in XML; each is
 * written as U+FFFD. */
void xml_text(FILE *out, const char *text);

/* The same for the first len bytes of text. */
void xml_bytes(FILE *out, const char *text, size_t len);

/* Returns how many bytes the character takes that text begins with; 0 if len is
 * 0 or text does not begin with a character that XML allows. */
size_t xml_character(const char *text, size_t len);

/* Writes text as SVG, below y, in as many lines of the given height as it takes
 * if a line has at most so many letters.  Returns the y below the last line. */
int xml_lines(FILE *out, const char *class, int x, int y, int height,
              int columns, const char *text);

#endif

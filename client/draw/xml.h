/* xml - writes text so that it is text in SVG and HTML, whatever is in it. */

#ifndef CLIENT_DRAW_XML_H
#define CLIENT_DRAW_XML_H

#include <stddef.h>
#include <stdio.h>

/* Writes text as the content of an element or of a quoted attribute.  What must
 * not stand in XML, control characters and bytes that are not UTF-8, comes out
 * as U+FFFD. */
void xml_text(FILE *out, const char *text);

/* The same for the first len bytes. */
void xml_bytes(FILE *out, const char *text, size_t len);

/* Returns how many bytes the character takes that text begins with; 0 if it
 * is none that may stand in XML, or len is 0. */
size_t xml_character(const char *text, size_t len);

#endif

#include "client/draw/xml.h"

#include <stdint.h>
#include <string.h>

#include "client/draw/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

size_t
xml_character(const char *text, size_t len)
{
    uint32_t code;
    size_t bytes = text_character(text, len, &code);

    if (bytes == 0 || (code < 0x20 && code != '\t' && code != '\n'))
        return 0;
    /* XML and HTML discourage DEL and the control characters after it; the last
     * two numbers of each plane are not characters. */
    if ((code >= 0x7f && code < 0xa0) || (code & 0xfffe) == 0xfffe)
        return 0;
    return bytes;
}

/* Returns how to write a character that has a meaning in XML; NULL if it has
 * none. */
static const char *
escape(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void
xml_bytes(FILE *out, const char *text, size_t len)
{
    while (len > 0) {
        size_t bytes = xml_character(text, len);

        if (bytes == 0)
            fputs(REPLACEMENT, out);
        else if (escape(*text) != NULL)
            fputs(escape(*text), out);
        else
            fwrite(text, 1, bytes, out);
        bytes += bytes == 0;
        text += bytes;
        len -= bytes;
    }
}

void
xml_text(FILE *out, const char *text)
{
    xml_bytes(out, text, strlen(text));
}

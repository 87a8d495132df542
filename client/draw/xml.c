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

    if (bytes == 0 || code == '\t' || code == '\n')
        return bytes;
    /* XML and HTML discourage DEL and the control characters after it; the last
     * two numbers of each plane are not characters. */
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
                   (code & 0xfffe) == 0xfffe
               ? 0
               : bytes;
}

void
xml_bytes(FILE *out, const char *text, size_t len)
{
    static const char special[] = "&<>\"";
    static const char *const escapes[] = {"&amp;", "&lt;", "&gt;", "&quot;"};

    while (len > 0) {
        const char *at = memchr(special, *text, strlen(special));
        size_t bytes = xml_character(text, len);

        if (bytes == 0)
            fputs(REPLACEMENT, out);
        else if (at != NULL)
            fputs(escapes[at - special], out);
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

/* Returns how many bytes of the text fit into a line, and stores in *skip how
 * many bytes to leave out before the next line. */
static size_t
line_length(const char *text, int columns, size_t *skip)
{
    size_t len = strlen(text);
    size_t space = 0;
    size_t at = 0;

    for (int column = 0; at < len; column++) {
        size_t bytes = xml_character(text + at, len - at);

        if (text[at] == ' ')
            space = at;
        if (column == columns) {
            *skip = space > 0 ? 1 : 0;
            return space > 0 ? space : at;
        }
        at += bytes > 0 ? bytes : 1;
    }
    *skip = 0;
    return len;
}

int
xml_lines(FILE *out, const char *class, int x, int y, int height, int columns,
          const char *text)
{
    while (*text != '\0') {
        size_t skip;
        size_t len = line_length(text, columns, &skip);

        fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x,
                y + height - 6);
        xml_bytes(out, text, len);
        fputs("</text>\n", out);
        y += height;
        text += len + skip;
    }
    return y;
}

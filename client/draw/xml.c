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

#include "client/draw/xml.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Returns how many bytes follow the first of a character, -1 if it is no first
 * byte, and takes from it what it says of the character. */
static int
read_first(unsigned char first, uint32_t *code)
{
    if (first < 0x80) {
        *code = first;
        return 0;
    }
    if (first >= 0xc0 && first < 0xe0) {
        *code = first & 0x1f;
        return 1;
    }
    if (first >= 0xe0 && first < 0xf0) {
        *code = first & 0x0f;
        return 2;
    }
    if (first >= 0xf0 && first < 0xf8) {
        *code = first & 0x07;
        return 3;
    }
    return -1;
}

size_t
xml_character(const char *text, size_t len)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t code;
    int more = len > 0 ? read_first((unsigned char)*text, &code) : -1;

    if (more == -1 || (size_t)more >= len)
        return 0;
    for (int i = 1; i <= more; i++) {
        unsigned char next = (unsigned char)text[i];

        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    /* Longer than need be, half of a pair, or beyond the last. */
    if (code < least[more] || (code >= 0xd800 && code < 0xe000) ||
        code > 0x10ffff)
        return 0;
    if (code < 0x20 && code != '\t' && code != '\n')
        return 0;
    /* DEL and what follows it up to 0x9f are frowned upon in both, the last
     * two of a plane are no characters. */
    if ((code >= 0x7f && code < 0xa0) || (code & 0xfffe) == 0xfffe)
        return 0;
    return (size_t)more + 1;
}

void
xml_bytes(FILE *out, const char *text, size_t len)
{
    while (len > 0) {
        size_t bytes = xml_character(text, len);

        if (bytes == 0)
            fputs(REPLACEMENT, out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else
            fwrite(text, 1, bytes, out);
        if (bytes == 0)
            bytes = 1;
        text += bytes;
        len -= bytes;
    }
}

void
xml_text(FILE *out, const char *text)
{
    xml_bytes(out, text, strlen(text));
}

#include "client/draw/markdown.h"

#include <string.h>

#define INDENT "    " /* nothing in lines with this indent is markup */

void
markdown_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\`*_{}[]<>#|~&!$", *text) != NULL)
            putc('\\', out);
        putc(*text != '\n' ? *text : ' ', out);
    }
}

void
markdown_code(FILE *out, const char *text)
{
    putc('\n', out);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        if (len > 0)
            fputs(INDENT, out);
        fwrite(text, 1, len, out);
        putc('\n', out);
        text += len + (text[len] == '\n');
    }
}

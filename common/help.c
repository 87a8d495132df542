#include "common/help.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WIDTH       79
#define GAP         2   /* columns between an option and its text */
#define OPTION_MAX  80  /* bytes of "  -p, --port=PORT" */
#define ALLOWED_MAX 512 /* bytes of "(1 to 1000; default 5)" */

/* Writes "  -p, --port=PORT" and returns its length. */
static int
write_option(char out[OPTION_MAX], const struct command_line_option *o)
{
    char letter[] = "    ";

    if (o->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    return snprintf(out, OPTION_MAX, "  %s--%s%s%s", letter, o->name,
                    o->value != NULL ? "=" : "",
                    o->value != NULL ? o->value : "");
}

/* Writes, in parentheses, what the value of an option may be and its initial
 * value, as far as the table says so; otherwise an empty string. */
static void
write_allowed(char out[ALLOWED_MAX], const struct command_line_option *o)
{
    char allowed[ALLOWED_MAX / 2] = "";

    if (o->kind == VALUES_WORD)
        values_list(allowed, sizeof(allowed), o->words);
    if (o->kind == VALUES_NUMBER && o->max < INT_MAX)
        snprintf(allowed, sizeof(allowed), "%d to %d", o->min, o->max);
    *out = '\0';
    if (*allowed != '\0' && o->initial != NULL)
        snprintf(out, ALLOWED_MAX, "(%s; default %s)", allowed, o->initial);
    else if (*allowed != '\0')
        snprintf(out, ALLOWED_MAX, "(%s)", allowed);
    else if (o->initial != NULL)
        snprintf(out, ALLOWED_MAX, "(default %s)", o->initial);
}

/* Prints text in one piece: after a blank, or on a new line if it does not fit
 * on this one.  Lines begin in column indent; the cursor is in *column. */
static void
print_unbroken(const char *text, int len, int indent, int *column)
{
    if (*column > indent && *column + 1 + len > WIDTH) {
        printf("\n%*s", indent, "");
        *column = indent;
    }
    *column += printf("%s%.*s", *column > indent ? " " : "", len, text);
}

/* Prints words in the same way. */
static void
print_words(const char *words, int indent, int *column)
{
    while (*words != '\0') {
        int len = (int)strcspn(words, " ");

        print_unbroken(words, len, indent, column);
        words += len;
        words += strspn(words, " ");
    }
}

/* Prints what an option does, in lines that begin in column indent, where the
 * cursor is. */
static void
print_sentence(const struct command_line_option *o, int indent)
{
    char allowed[ALLOWED_MAX];
    int column = indent;

    print_words(o->help, indent, &column);
    write_allowed(allowed, o);
    if (o->kind == VALUES_WORD)
        print_words(allowed, indent, &column);
    else if (*allowed != '\0')
        print_unbroken(allowed, (int)strlen(allowed), indent, &column);
    putchar('\n');
}

void
help_print(const struct command_line_program *program,
           const struct command_line_option *const *options, int count)
{
    char option[OPTION_MAX];
    int widest = 0;

    for (int i = 0; i < count; i++) {
        int len = write_option(option, options[i]);

        widest = len > widest ? len : widest;
    }
    fputs(program->usage, stdout);
    for (int i = 0; i < count; i++) {
        (void)write_option(option, options[i]);
        printf("%-*s", widest + GAP, option);
        print_sentence(options[i], widest + GAP);
    }
    fputs(program->notes, stdout);
}

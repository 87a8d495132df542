#include "client/draw/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MAX 10000

/* Tells whether an environment variable is set, and not to "" or to the text.
 */
static bool
is_set_but_not_to(const char *name, const char *text)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' && strcmp(value, text) != 0;
}

static bool
wants_colour(int fd, enum terminal_when when)
{
    if (when != TERMINAL_AUTO)
        return when == TERMINAL_ALWAYS;
    if (is_set_but_not_to("NO_COLOR", ""))
        return false;
    if (is_set_but_not_to("FORCE_COLOR", ""))
        return is_set_but_not_to("FORCE_COLOR", "0");
    return terminal_moves_cursor(fd);
}

/* Returns the variable COLUMNS, or the default if it is not a sensible number.
 */
static int
columns(void)
{
    const char *text = getenv("COLUMNS");
    char *end = NULL;
    long value = text != NULL ? strtol(text, &end, 10) : 0;

    if (value < 1 || value > COLUMNS_MAX || *end != '\0')
        return TERMINAL_WIDTH_DEFAULT;
    return (int)value;
}

/* Returns the size of a terminal.  A width of 0 is common in CI and means that
 * it is unknown; then there is no height either. */
static struct winsize
size_of(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
        return (struct winsize){.ws_col = 0};
    return size;
}

bool
terminal_moves_cursor(int fd)
{
    return isatty(fd) && is_set_but_not_to("TERM", "dumb");
}

int
terminal_width(int fd)
{
    struct winsize size = size_of(fd);

    return size.ws_col > 0 ? size.ws_col : columns();
}

struct terminal
terminal_ask(int fd, const struct terminal_options *options)
{
    return (struct terminal){
        .width = options->width > 0 ? options->width : terminal_width(fd),
        .height = size_of(fd).ws_row,
        .colour = wants_colour(fd, options->colour),
        /* Not LC_ALL, because numbers must look the same everywhere. */
        .utf8 = setlocale(LC_CTYPE, "") != NULL &&
                strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && !options->ascii,
    };
}

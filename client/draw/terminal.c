#include "client/draw/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MAX 10000

/* Returns whether the variable is set and not empty. */
static bool
is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0';
}

static bool
is_equal(const char *name, const char *text)
{
    const char *value = getenv(name);

    return value != NULL && strcmp(value, text) == 0;
}

static bool
ask_colour(int fd, enum terminal_when when)
{
    if (when != TERMINAL_AUTO)
        return when == TERMINAL_ALWAYS;
    if (is_set("NO_COLOR"))
        return false;
    if (is_set("FORCE_COLOR"))
        return !is_equal("FORCE_COLOR", "0");
    return isatty(fd) && is_set("TERM") && !is_equal("TERM", "dumb");
}

/* Returns COLUMNS if it is a sensible number, else the default. */
static int
columns(void)
{
    const char *text = getenv("COLUMNS");
    char *end;
    long value;

    if (text == NULL)
        return TERMINAL_WIDTH_DEFAULT;
    value = strtol(text, &end, 10);
    if (*end != '\0' || value < 1 || value > WIDTH_MAX)
        return TERMINAL_WIDTH_DEFAULT;
    return (int)value;
}

struct terminal
terminal_ask(int fd, const struct terminal_options *options)
{
    struct terminal t = {.colour = ask_colour(fd, options->colour)};
    struct winsize size;

    /* A terminal of no columns is common in CI: it means unknown. */
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        t.width = size.ws_col;
        t.height = size.ws_row;
    } else {
        t.width = columns();
    }
    if (options->width > 0)
        t.width = options->width;
    /* Numbers are to look the same everywhere, so not LC_ALL. */
    t.utf8 = setlocale(LC_CTYPE, "") != NULL &&
             strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && !options->ascii;
    return t;
}

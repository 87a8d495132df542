/* terminal - what the output can show: how wide, how high, whether in colour
 * and whether it is UTF-8. */

#ifndef CLIENT_DRAW_TERMINAL_H
#define CLIENT_DRAW_TERMINAL_H

#include <stdbool.h>

#define TERMINAL_WIDTH_DEFAULT 80

enum terminal_when {
    TERMINAL_AUTO,
    TERMINAL_ALWAYS,
    TERMINAL_NEVER,
};

struct terminal {
    int width;  /* columns */
    int height; /* lines; 0: not a terminal, or unknown */
    bool colour;
    bool utf8;
};

/* Finds out about descriptor fd.  width is that of the terminal, else
 * COLUMNS, else 80.  Colour, unless when says it: not with NO_COLOR, then with
 * FORCE_COLOR, then on a terminal whose TERM is not "dumb".  utf8 is the locale
 * of the environment, which this sets for LC_CTYPE. */
struct terminal terminal_ask(int fd, enum terminal_when when);

#endif

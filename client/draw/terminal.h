/* terminal - what the output can show: how wide, how high, whether in colour
 * and whether it is UTF-8. */

#ifndef CLIENT_DRAW_TERMINAL_H
#define CLIENT_DRAW_TERMINAL_H

#include <stdbool.h>

#define TERMINAL_WIDTH_DEFAULT 80
#define TERMINAL_WIDTH_MAX     1000 /* of a picture, in columns */

enum terminal_when {
    TERMINAL_AUTO,
    TERMINAL_ALWAYS,
    TERMINAL_NEVER,
};

/* How the user wants the output to look.  All zero: as the terminal is. */
struct terminal_options {
    enum terminal_when colour;
    bool ascii; /* no UTF-8, whatever the locale says */
    int width;  /* columns; 0: as wide as the terminal */
};

struct terminal {
    int width;  /* columns */
    int height; /* lines; 0: not a terminal, or unknown */
    bool colour;
    bool utf8;
};

/* Tells whether fd is a terminal on which the cursor can be moved. */
bool terminal_moves_cursor(int fd);

/* Returns the columns of the terminal fd; if that is none or does not know, the
 * variable COLUMNS; otherwise TERMINAL_WIDTH_DEFAULT. */
int terminal_width(int fd);

/* Returns what descriptor fd can show.
 *
 * The width is that of the options or, if they have none, terminal_width.  With
 * TERMINAL_AUTO there is no colour if NO_COLOR is set; otherwise there is if
 * FORCE_COLOR is set and not "0", or if FORCE_COLOR is not set and the cursor
 * of fd can be moved.  utf8 follows the locale of the environment, which this
 * function sets for LC_CTYPE. */
struct terminal terminal_ask(int fd, const struct terminal_options *options);

#endif

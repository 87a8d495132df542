/* command_line - reads the command line of a program by a table of its options.
 *
 * The table says of each option how it is written, what its value may be, where
 * the value goes and what it does.  Everything else is made from it: what
 * getopt_long(3) needs, the checks, and the text of --help.
 *
 * A bad command line gets one line on stderr that names the option, what is
 * wrong and what is allowed, then "try 'NAME --help'", and exit status 2. */

#ifndef COMMON_COMMAND_LINE_H
#define COMMON_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/values.h"

#define COMMAND_LINE_VERSION "0.1.0" /* of all programs */

/* An option.  A text is stored as a pointer into argv, or to initial. */
struct command_line_option {
    const char *name;      /* the long one, without "--" */
    char letter;           /* the short one, without "-"; 0: none */
    const char *value;     /* what --help calls its value; NULL: it has none */
    enum values_kind kind; /* of its value; some need members below */
    size_t offset;         /* of the place for its value, in the group's into */
    int min;
    int max;
    const char *const *words; /* the last is NULL */
    /* As the functions of values.h are; text is NULL if the option has no
     * value. */
    bool (*read)(const char *text, void *to, char why[VALUES_WHY_MAX]);
    const char *initial;     /* value if it is not given; NULL: store none */
    const char *excludes[2]; /* options that cannot be used together with it */
    const char *needs;       /* an option without which it has no effect */
    const char *help;        /* what it does */
};

/* Options whose values go into one struct, to which into points. */
struct command_line_group {
    const struct command_line_option *options;
    int count;
    void *into;
};

/* The group of all options in an array. */
#define COMMAND_LINE_GROUP(array, into)                        \
    {                                                          \
        array, (int)(sizeof(array) / sizeof((array)[0])), into \
    }

struct command_line_program {
    const char *name;
    const char *usage;  /* what --help prints before the options */
    const char *notes;  /* and after them; both are whole lines */
    bool takes_command; /* what follows its first operand are not its options */
    struct command_line_group groups[6]; /* its options, up to a zero */
};

/* Stores the initial values, then those of the options that are given.  --help
 * and --version are options of every program; they end it with exit status 0.
 * Returns the index in argv of the first operand.  The rest of argv is operands
 * too, because getopt_long moves them to its end (unless POSIXLY_CORRECT is
 * set, see getopt(3)). */
int command_line_read(const struct command_line_program *program, int argc,
                      char **argv);

/* Says what is wrong with the command line that command_line_read has begun to
 * read, and exits with status 2. */
_Noreturn void command_line_reject(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif

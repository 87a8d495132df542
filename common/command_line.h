/* command_line - reads the command line of a program by a table of its options.
 *
 * The table says of each option how it is written, what its value may be, where
 * the value goes and what it does.  Everything else is made from it: what
 * getopt_long(3) needs, the checks, and the text of --help.
 *
 * A bad command line gets one line on stderr that names the option, what is
 * wrong and what is allowed, then "try 'PATH --help'", and exit status 2. */

#ifndef COMMON_COMMAND_LINE_H
#define COMMON_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/values.h"

#define COMMAND_LINE_VERSION "0.1.0" /* of all programs */

/* An option.  Members that its entry in a table does not name are 0 or NULL. */
struct command_line_option {
    const char *name;      /* the long one, without "--" */
    char letter;           /* the short one, without "-"; 0: it has none */
    const char *value;     /* what --help calls its value; NULL: it has none */
    enum values_kind kind; /* what the value may be (see values.h) */
    size_t offset;         /* from the group's into to the value's place */
    int min;               /* these four are for some kinds only */
    int max;
    const char *const *words; /* the last is NULL */
    bool (*read)(const char *text, void *to, char why[VALUES_WHY_MAX]);
    const char *initial;     /* the value if it is not given; NULL: none */
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

#define COMMAND_LINE_GROUPS_MAX 6

struct command_line_program {
    const char *name;
    const char *usage; /* whole lines that --help prints before the options */
    const char *notes; /* and after them */
    /* The first operand is the command of a server, so what follows it is not
     * ours. */
    bool takes_command;
    /* In the order of --help; unused ones are zero. */
    struct command_line_group groups[COMMAND_LINE_GROUPS_MAX];
};

/* Stores the initial values of all options, then the values of those that are
 * given; texts are pointers to initial, or into argv.  Every program also has
 * --help and --version, which end it with exit status 0.  Returns the index in
 * argv of the first operand.  All words from there on are operands, because
 * getopt_long moves options to the front (but see POSIXLY_CORRECT in
 * getopt(3)). */
int command_line_read(const struct command_line_program *program, int argc,
                      char **argv);

/* Ends the program after an option has printed what was asked for on stdout:
 * with status 0, or with status 1 and a message if not all could be written. */
_Noreturn void command_line_exit(void);

/* Prints what is wrong with the command line and exits with status 2.  The name
 * of the program is that of the last command_line_read. */
_Noreturn void command_line_reject(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif

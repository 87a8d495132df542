/* help - the text of --help, made from the table of options. */

#ifndef COMMON_HELP_H
#define COMMON_HELP_H

#include "common/command_line.h"

/* Prints the usage of a program to stdout, then its options, aligned and at
 * most 79 columns wide, with what their values may be and the initial values,
 * then its notes. */
void help_print(const struct command_line_program *program,
                const struct command_line_option *const *options, int count);

#endif

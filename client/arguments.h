/* arguments - the part of the command line that the programs on the client's
 * side share: what the clients do, and how the output looks. */

#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include <stdbool.h>

#include "client/record/plan.h"
#include "client/draw/terminal.h"
#include "common/command_line.h"

/* Returns the options with which programs say what a polite client does:
 * --pipeline, --size and --stagger, which go into plan. */
struct command_line_group arguments_plan(struct plan *plan);

/* Returns the options --color, --ascii and --width, which go into look. */
struct command_line_group arguments_look(struct terminal_options *look);

/* Rejects a plan of which each value is allowed, and all together are not. */
void arguments_check_plan(const struct plan *plan);

/* Ends the program with status 1 if it cannot have the descriptors. */
void arguments_check_descriptors(const struct plan *plan);

#endif

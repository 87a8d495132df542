/* arguments - the options that several of the programs in client/ have: what
 * the clients do, and how the output looks. */

#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/draw/terminal.h"
#include "client/record/plan.h"
#include "common/command_line.h"

/* Returns the options --pipeline, --size and --stagger, whose values go into
 * plan. */
struct command_line_group arguments_plan(struct plan *plan);

/* Returns the options --service, --frame and --file, whose values go into
 * plan. */
struct command_line_group arguments_service(struct plan *plan);

/* Returns the options --color, --ascii and --width, whose values go into
 * look. */
struct command_line_group arguments_look(struct terminal_options *look);

/* Returns the option --start-timeout, whose value goes into *ns, for
 * server_process_limit_start. */
struct command_line_group arguments_start(int64_t *ns);

/* Completes a plan: a client sends so many messages if the command line does
 * not say how many, but only one where an answer is the whole conversation, or
 * a whole file.  If the command line names the file that must come, reads it;
 * if that fails, the program ends with status 1.  Rejects a plan whose values
 * cannot be used together although each of them is allowed, such as too many
 * messages of all clients. */
void arguments_complete_plan(struct plan *plan, int messages);

/* If this process cannot open a descriptor per connection of the plan, prints
 * why and exits with status 1. */
void arguments_check_descriptors(const struct plan *plan);

/* Rejects the command line if one of the first count words, each of which is a
 * server (command.h), has no command.  A NULL may end the words earlier. */
void arguments_check_servers(char *const *words, int count);

#endif

/* built_servers - the servers of this suite in the folder of the running
 * program, and their traits (see common/options.h).
 *
 * A program of that folder is a server if it prints traits when it is started
 * with --traits, whatever its name.  server_process_prepare must have been
 * called before these functions. */

#ifndef CLIENT_TARGET_BUILT_SERVERS_H
#define CLIENT_TARGET_BUILT_SERVERS_H

#include <stdbool.h>

/* Returns the servers as commands (see command.h) in the order of the course,
 * with NULL at the end.  built_servers_close frees them.  If there is no server
 * or memory fails, the program ends with status 1. */
char **built_servers_list(void);

/* Frees what built_servers_list has returned. */
void built_servers_close(char **servers);

/* Returns whether text describes a server of that folder (see command.h) and
 * the server has a trait, as in "at_once=one". */
bool built_servers_has_trait(const char *text, const char *trait);

#endif

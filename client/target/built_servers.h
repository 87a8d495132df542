/* suite - which servers have been built beside the running program. */

#ifndef CLIENT_TARGET_BUILT_SERVERS_H
#define CLIENT_TARGET_BUILT_SERVERS_H

/* Returns the servers in the folder of this program, as commands (command.h),
 * in the order of the lessons; ends with NULL.  If there are none, or memory
 * fails, the program ends with status 1.  To be freed by built_servers_close.
 */
char **built_servers_list(void);

/* Frees what built_servers_list has returned. */
void built_servers_close(char **servers);

#endif

/* client - the clients of a case, by their number. */

#ifndef TESTS_PLAYER_CLIENT_H
#define TESTS_PLAYER_CLIENT_H

#include <stddef.h>

#define CLIENT_MAX 12000 /* highest number */

/* Lets a client do one step, or ends the case (case_fail).  rest is what
 * follows the verb; it is changed. */
void client_step(int number, const char *verb, char *rest);

/* Returns the byte at this place of the file that "get-file" expects. */
char client_file_byte(size_t at);

/* Closes the connections of all clients. */
void client_close_all(void);

/* Closes the connections of all clients and forgets their acks: the case has
 * ended. */
void client_reset(void);

/* Returns the client whose step is being played; 0: none. */
int client_current(void);

/* Returns how many acks all clients have received. */
long client_acks(void);

#endif

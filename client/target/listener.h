/* listener - where a server listens that this program has started: on the port
 * that its command names, or where it says that it does. */

#ifndef CLIENT_TARGET_LISTENER_H
#define CLIENT_TARGET_LISTENER_H

#include "client/target/server_process.h"

/* Writes a port on which nothing listens, and which neither the kernel nor
 * another program of this suite gives away as long as the descriptor that is
 * returned is open.  If there is none, the program ends with status 1. */
int listener_choose_port(char chosen[SERVER_PROCESS_PORT_MAX]);

/* Waits until the server listens: on s->port if port_chosen is true, otherwise
 * where it has announced; limit_ns at most.  Returns 0 with the port and the
 * addresses in *s, or -1 with the reason in why. */
int listener_await(struct server_process *s, bool port_chosen, int64_t limit_ns,
                   char why[SERVER_PROCESS_WHY_MAX]);

#endif

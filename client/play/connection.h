/* connection - connects to a server without waiting, and resets a connection.
 */

#ifndef CLIENT_PLAY_CONNECTION_H
#define CLIENT_PLAY_CONNECTION_H

#include <sys/socket.h>

/* Returns a socket of this address family which never blocks and sends each
 * segment at once, or -1 with errno set.  The caller closes it. */
int connection_socket(int family);

/* Begins to connect fd to the address to.  Returns 0 if it is connected
 * already, EINPROGRESS if the kernel goes on connecting, or another errno if it
 * cannot. In the second case fd becomes writable at the end, and
 * connection_error says how it went. */
int
connection_start(int fd, const struct sockaddr_storage *to, socklen_t to_len);

/* Returns the errno with which connecting fd has failed, 0 if it is
 * connected. */
int connection_error(int fd);

/* Returns the port of our end of the connection, by which the server's log
 * names the client; 0 if it is not known. */
int connection_port(int fd);

/* Closes fd so that the kernel sends a reset (RST) instead of an orderly end
 * (FIN).  Returns 0, or the errno with which that failed; fd is closed in
 * either case. */
int connection_reset(int fd);

#endif

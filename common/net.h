/* net - addresses: listening, connecting, names.  What happens at accept is in
 * accept.h. */

#ifndef COMMON_NET_H
#define COMMON_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define NET_NAME_MAX 64 /* "[ffff:...:255.255.255.255%scope]:65535" */

enum net_mode {
    NET_BLOCKING,
    NET_NONBLOCKING,
};

/* What closing a connection may cost: see blocking.c on why one does not simply
 * call close. */
#define NET_LINGER_NS  INT64_C(1000000000) /* time for the client to finish */
#define NET_LINGER_MAX (1024 * 1024)       /* bytes that may still come */

/* A server that stops waits no longer than until the client's side has all that
 * was sent, and looks so often, NET_LINGER_NS long at most. */
#define NET_LOOK_NS INT64_C(10000000)

/* Returns a socket that listens on address (IPv4, IPv6 or a name) and port, or
 * does not return: says on which address and port it failed, why and what to
 * try, and exits with status 1.  What is accepted from it has TCP_NODELAY. */
int net_listen(const char *address, const char *port, int backlog,
               enum net_mode mode);

/* Prints "listening on ADDRESS port PORT" with the port that listener got. */
void net_announce(int listener);

/* Looks up address and port for connecting.  Fills *to, returns its length, or
 * says what is wrong with them and exits with status 1. */
socklen_t
net_resolve(const char *address, const char *port, struct sockaddr_storage *to);

/* Writes "127.0.0.1:3000" or "[::1]:3000" into name; "?" if that fails. */
void net_name(const struct sockaddr_storage *addr, socklen_t len,
              char name[NET_NAME_MAX]);

#define NET_FDS_MAX 1048576 /* more descriptors are not asked for */

/* Raises the limit on open descriptors as far as this process may.  Returns it:
 * all descriptors are below that, and it is at most NET_FDS_MAX. */
int net_raise_limit(void);

/* Closes fd.  What close(2) says does not matter here: the descriptor is gone
 * in any case, and what a client was promised has been sent before. */
void net_close(int fd);

/* Sets how long recv (SO_RCVTIMEO) or send (SO_SNDTIMEO) on a blocking socket
 * may wait; 0: for ever.  It fails with EAGAIN then (socket(7)).  Returns 0, or
 * -1 with errno set. */
int net_set_timeout(int fd, int option, int64_t ns);

/* Tells whether the client's side has all that was sent to it. */
bool net_delivered(int fd);

/* Tells whether closing now cannot lose an answer: the client's side has all
 * that was sent to it, and nothing has come that was not read, so that close
 * does not reset the connection.  If the client says more after that, it is
 * reset; what has arrived can still be read then (Linux). */
bool net_finished(int fd);

/* Returns one word for what an error of recv or send means, for the log. */
const char *net_reason(int error);

#endif

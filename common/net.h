/* net - makes listeners, raises the limit on descriptors, closes them, and sets
 * timeouts of sockets.  accept.h takes a client from a listener. */

#ifndef COMMON_NET_H
#define COMMON_NET_H

#include <stdint.h>
#include <sys/socket.h>

enum net_mode {
    NET_BLOCKING,
    NET_NONBLOCKING,
};

/* Returns a socket that listens on address (IPv4, IPv6 or a name) and port.
 * backlog is the length of its accept queue (listen(2)).  mode says whether
 * accept on this listener blocks; it does not apply to the sockets of clients.
 * A stop request shuts the listener down (stop.h).  Clients accepted from it
 * have TCP_NODELAY.
 *
 * If the process that started this one has passed a listener on, net_listen
 * returns that one, and address and port do not matter.  The parent says so as
 * systemd does (sd_listen_fds(3)): the listener is descriptor 3, LISTEN_FDS is
 * at least 1, and LISTEN_PID is the pid of this process.  Since other processes
 * may use the same listener, a stop request does not shut it down, and all of
 * them must be of the same mode.
 *
 * If net_listen fails, it prints the address, the port, the reason and an
 * advice, and ends the program with status 1. */
int net_listen(const char *address, const char *port, int backlog,
               enum net_mode mode);

/* Reserves a port for several listeners (SO_REUSEPORT): returns a socket that
 * is bound to address and port but never listens, so no client gets to it.  No
 * other server can take the port while it is open.  If that fails, or if a
 * listener was passed on to this process, it ends the program as net_listen
 * does: one listener cannot be made into several. */
int net_reserve(const char *address, const char *port);

/* Returns one more listener on the port that reserved keeps, with an accept
 * queue of its own.  mode as for net_listen.  A stop request does not reach it
 * before stop_drains or stop_shuts.  Returns -1 with errno set if it fails. */
int net_listen_too(int reserved, int backlog, enum net_mode mode);

/* Prints "listening on ADDRESS port PORT" with the port that listener, or the
 * socket that keeps the port, has got. */
void net_announce(int listener);

/* All our programs use only descriptors below this number. */
#define NET_FDS_MAX 1048576

/* Raises the limit on open descriptors as far as this process may, up to
 * NET_FDS_MAX, and returns it.  New descriptors are below that, unless the
 * limit is changed from outside. */
int net_raise_limit(void);

/* Closes fd and ignores the result of close(2).  Even if close fails, the
 * descriptor is free (on Linux), and the answers have been sent before. */
void net_close(int fd);

/* Sets how long recv (SO_RCVTIMEO) or send (SO_SNDTIMEO) on a blocking socket
 * may wait before it fails with EAGAIN (socket(7)); 0: without a limit.
 * Returns 0, or -1 with errno set. */
int net_set_timeout(int fd, int option, int64_t ns);

#endif

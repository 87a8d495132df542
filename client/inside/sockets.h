/* sockets - what a system tells about the sockets of processes: which
 * descriptor is which socket, who has one, and how often accept queues were
 * full.  sockets_linux.c reads /proc (proc(5)). */

#ifndef CLIENT_INSIDE_SOCKETS_H
#define CLIENT_INSIDE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Returns the inode of a process's socket; 0 if the descriptor is none, or if
 * this may not be known. */
unsigned sockets_inode(pid_t pid, int fd);

/* Returns whether a process's socket is a UNIX socket.  False, too, if this may
 * not be known. */
bool sockets_is_unix(pid_t pid, int fd);

/* Returns the first descriptor of a process which is a socket with one of the
 * inodes, of which those that are 0 stand for nothing, and sets *found to the
 * number of such descriptors.  Returns -1 if there is none. */
int
sockets_find(pid_t pid, const unsigned *inodes, int inode_count, int *found);

/* Returns a process that has a socket with this inode; 0 if none is found. */
pid_t sockets_holder(unsigned inode);

/* Returns how often a client found no room in an accept queue of this machine
 * (of this network namespace) since it was started; -1: not known. */
int64_t sockets_overflows(void);

#endif

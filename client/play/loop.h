/* run - plays all clients of a plan in one thread: one epoll_wait for
 * everything, so that the client never is the bottleneck. */

#ifndef CLIENT_PLAY_LOOP_H
#define CLIENT_PLAY_LOOP_H

#include <sys/socket.h>

#include "client/record/record.h"
#include "client/play/observer.h"

/* Raises the limit on descriptors and returns 0 if it suffices for so many
 * clients; else how many descriptors are needed. */
int loop_lacks_descriptors(int clients);

/* Plays the plan in r, which record_open has made, against the server at to,
 * and fills r.  Returns once every client has ended, the timeout of the plan
 * has come, or stop_fd is readable; r->end says which.  What goes wrong with a
 * client is in the record; if epoll or memory fail, the program ends with
 * status 1. */
void loop_play(struct record *r, const struct sockaddr_storage *to,
               socklen_t to_len, const struct observer *watcher, int stop_fd);

#endif

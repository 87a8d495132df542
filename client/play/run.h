/* run - plays the plan of a run: each client sends its messages and says
 * goodbye, and what happens is recorded. */

#ifndef CLIENT_PLAY_RUN_H
#define CLIENT_PLAY_RUN_H

#include "client/play/address.h"
#include "client/play/observer.h"
#include "client/record/record.h"

/* Plays the plan in r, which record_open has made, against the server at to,
 * and fills r.  Returns once every client has ended, the timeout of the plan
 * has come, or stop_fd is readable; r->end says which.  What goes wrong with a
 * client is in the record; if waiting fails or memory is short, the program
 * ends with status 1. */
void run_play(struct record *r, const struct address_list *to,
              const struct observer *observer, int stop_fd);

#endif

/* fault - what went wrong with the clients of a run or of a load, in words. */

#ifndef CLIENT_DRAW_FAULT_H
#define CLIENT_DRAW_FAULT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/play/load.h"
#include "client/record/record.h"

#define FAULT_WORDS_MAX 160

/* Returns what an errno of a connection means, in lower case, as within a
 * sentence. */
const char *fault_reason(int error);

/* Writes what went wrong with a client of a run, counted from 0; "" if nothing
 * did. */
void
fault_of_client(char out[FAULT_WORDS_MAX], const struct record *r, int client);

/* Writes what one of the faults of a load was, counted from 0. */
void fault_of_load(char out[FAULT_WORDS_MAX], const struct load *l, int fault);

/* Writes a line for each of the first clients of a run that failed, or for
 * several in a row that failed in the same way, and how many more failed. */
void fault_list(FILE *out, const struct record *r);

/* The same for a load.  Those of an open loop are counted together. */
void fault_list_load(FILE *out, const struct load *l);

/* Tells whether no server listened: no client of the run got a connection, and
 * some were refused. */
bool fault_is_no_server(const struct record *r);

/* The same for a load. */
bool fault_is_no_server_load(const struct load *l);

#endif

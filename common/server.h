/* server - steps of main that are the same in several servers. */

#ifndef COMMON_SERVER_H
#define COMMON_SERVER_H

#include <pthread.h>

#include "common/options.h"
#include "common/service.h" /* service_open, the next step of main */

/* Opens the log, reads the command line into opt, makes the counters (one set
 * per worker, if the server has workers), and installs the handler of stop
 * requests.  Ends the program with status 2 if the command line is wrong, with
 * status 0 after --help or --traits, and with status 1 if a step fails. */
void server_begin(struct options *opt, const struct options_about *about,
                  int argc, char **argv);

/* Starts count threads, which call start with their number, from 0, cast to a
 * pointer.  Stop requests come only to the thread that calls this function.
 * Stores the threads in threads; stop_threads waits for their end.  Ends the
 * program with status 1 if a thread cannot be started. */
void server_start_threads(pthread_t threads[], int count,
                          void *(*start)(void *number));

/* Prints the summary.  Returns the exit status of the program: 0, or 1 if a
 * result could not be written to stdout. */
int server_end(void);

#endif

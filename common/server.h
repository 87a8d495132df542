/* server - the first and the last steps of main, the same in every server. */

#ifndef COMMON_SERVER_H
#define COMMON_SERVER_H

#include "common/options.h"

/* Opens the log, reads the command line into opt, makes the counters (one set
 * per worker, if the server has workers), and installs the handler of stop
 * requests.  Ends the program with status 2 if the command line is wrong, with
 * status 0 after --help or --traits, and with status 1 if a step fails. */
void server_begin(struct options *opt, const struct options_about *about,
                  int argc, char **argv);

/* Prints the summary.  Returns the exit status of the program: 0, or 1 if a
 * result could not be written to stdout. */
int server_end(void);

#endif

/* server - what every server does first and last, whatever its model. */

#ifndef COMMON_SERVER_H
#define COMMON_SERVER_H

#include "common/options.h"

/* Reads the command line into opt, opens the log, makes the counters (for each
 * worker, if the server has workers), and installs the handler of stop
 * requests.  Ends the program if the command line is bad (status 2), asks for
 * help (0), or if something fails (1). */
void server_begin(struct options *opt, const struct options_about *about,
                  int argc, char **argv);

/* Prints the summary.  Returns the exit status of the program, which is 0. */
int server_end(void);

#endif

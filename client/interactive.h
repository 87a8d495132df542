/* interactive - talks to a server by hand: each line of stdin is a message, and
 * what is sent and what comes back is shown byte by byte.
 *
 * In a line, \n, \t, \\ and \xHH stand for bytes, and \c at its end means that
 * the end of the message has not come yet.  So a person can send a message in
 * several pieces, or several messages in one piece.
 *
 * From a terminal, lines are sent at once.  Other input is a script: there each
 * line waits until all answers to the lines before it have come. */

#ifndef CLIENT_INTERACTIVE_H
#define CLIENT_INTERACTIVE_H

#include <stdbool.h>
#include <stdio.h>

#include "client/play/address.h"
#include "client/record/plan.h"

/* Connects to the server, and sends what comes from stdin, framed as the plan
 * says, until stdin ends; then waits for the rest of the answers and for the
 * server to close.  Ends before that if the server closes, if the timeout of
 * the plan is over, or if stop_fd is readable.  Writes all of it to out.
 *
 * Returns true if the server has closed the connection in order, and no answer
 * is missing. */
bool interactive_run(const struct address_list *to, const struct plan *plan,
                     int stop_fd, FILE *out);

#endif

/* interrupt - Ctrl-C, for programs that wait in a loop: the request can be
 * waited for like any other input. */

#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

/* From now on SIGINT, SIGTERM and SIGHUP ask the program to come to its end.
 * Returns a descriptor that is readable once that has happened, and stays so.
 * A second signal ends the program at once, by its default action.  If it
 * fails, the program ends with status 1. */
int interrupt_catch(void);

#endif

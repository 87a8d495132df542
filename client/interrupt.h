/* interrupt - lets a program end in good order when a signal asks it to.
 *
 * The request arrives through a pipe, so that a program that waits with poll or
 * epoll can wait for it like for any other input (the self-pipe trick). */

#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT (Ctrl-C), SIGTERM and SIGHUP request the program to end,
 * even if whatever started it has blocked or ignored SIGINT or SIGTERM.  An
 * ignored SIGHUP stays so, for nohup(1).  SIGPIPE requests it, too: it comes if
 * the reader of stdout or stderr has left, as in `judge ... | head`.
 *
 * Returns a descriptor that becomes readable with the first request and stays
 * readable; the module keeps it open.  A second SIGINT, SIGTERM or SIGHUP ends
 * the program at once.  If a system call fails, the program ends with status 1.
 */
int interrupt_catch(void);

/* Returns whether the program has been requested to end.  Does not wait.  To be
 * called after interrupt_catch. */
bool interrupt_requested(void);

#endif

/* stop_waits - ends the waits of this process when a stop is requested.
 *
 * stop.h says what a server can wait for, and has the functions that register
 * such a wait.  The handlers in stop.c call the functions below, which are
 * async-signal-safe, as is all that they call. */

#ifndef COMMON_STOP_WAITS_H
#define COMMON_STOP_WAITS_H

/* Ends each wait that is registered, whether it has begun or will begin. */
void stop_waits_end(void);

/* The same, but only for the client of the calling thread (stop_arm). */
void stop_waits_end_for_bytes(void);

/* From now on no listener is shut down: for a child, whose parent does that. */
void stop_waits_forget_listeners(void);

#endif

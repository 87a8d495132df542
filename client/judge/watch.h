/* watch - whether this program itself was held up while it looked at a server:
 * by a machine with too much to do, by a debugger, or because it lacked
 * descriptors.  What it has seen then may be its own fault.
 *
 * It watches one finding at a time. */

#ifndef CLIENT_JUDGE_WATCH_H
#define CLIENT_JUDGE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define WATCH_WHY_MAX 120

/* Begins to watch. */
void watch_begin(void);

/* To be called after a wait that should have ended at due_ns: notes how much
 * later it is now. */
void watch_waited(int64_t due_ns);

/* Notes that a system call has failed with this errno, if that means that this
 * program lacks something. */
void watch_failed(int error);

/* Returns whether this program was held up since watch_begin, so that an
 * outcome that is not ok (by_time: because something took long) means nothing;
 * then why says by what. */
bool watch_was_held_up(bool by_time, char why[WATCH_WHY_MAX]);

#endif

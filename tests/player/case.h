/* case - what all parts of the player share: how a case fails, and how long it
 * waits.
 *
 * A step that fails ends the process that plays cases, and with it all that the
 * case has opened; the next process plays the other cases.  transcript.c
 * describes the language of the cases. */

#ifndef TESTS_PLAYER_CASE_H
#define TESTS_PLAYER_CASE_H

#include <stdbool.h>
#include <stdint.h>

/* Ends the case as failed: prints the line of the current step and the
 * message, ends the server, and prints the end of the server's log. */
_Noreturn void
case_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the case as skipped, with the reason. */
_Noreturn void
case_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns how long a step waits for what it expects, in seconds: PATIENCE from
 * the environment, or 60.  A correct server never needs it; it only bounds how
 * long a broken one is watched. */
int case_patience_s(void);

/* Waits until condition returns true, and asks it every 2 ms.  Returns false
 * if it has not come true within the patience. */
bool case_wait(bool (*condition)(void));

/* Tells whether the server was built with a sanitizer: SAN in the environment,
 * which the Makefile sets, is not empty. */
bool case_sanitized(void);

#endif

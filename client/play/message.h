/* message - makes the bytes that a client sends, piece by piece when they are
 * sent, so that a message of a megabyte needs no memory.  No I/O.
 *
 * The messages of a client have the numbers 0 to plan->messages - 1, and
 * goodbye has the number plan->messages.  The text of a message begins with
 * "package", so neither padding nor cutting can turn it into "goodbye". */

#ifndef CLIENT_PLAY_MESSAGE_H
#define CLIENT_PLAY_MESSAGE_H

#include <stddef.h>

#include "client/record/plan.h"
#include "client/record/record.h"

/* Returns how many bytes are sent for this number, with the ETX at the end. The
 * last message of a client that vanishes is half its text, without ETX. */
size_t message_bytes(const struct plan *plan, int number);

/* Copies these bytes, from the byte with number offset on, into buf; at most
 * size of them.  Returns how many. */
size_t message_copy(const struct plan *plan, int number, size_t offset,
                    char *buf, size_t size);

/* Returns the right answer to each message of this plan. */
enum record_answer message_expected(const struct plan *plan);

#endif

/* message - the bytes that a client says, made when they are sent, so that a
 * message of a megabyte costs no memory.  No I/O.
 *
 * What a client says is numbered: 0 to messages - 1 are its messages, and
 * after them comes goodbye.  As the text of a message begins with "package",
 * neither padding nor cutting can turn it into "goodbye". */

#ifndef CLIENT_PLAY_MESSAGE_H
#define CLIENT_PLAY_MESSAGE_H

#include <stddef.h>

#include "client/record/plan.h"
#include "client/record/record.h"

/* Returns how many bytes go out for this number, with the ETX at the end. For
 * the last message of a client that vanishes: half its text and no ETX. */
size_t message_bytes(const struct plan *plan, int number);

/* Copies these bytes from offset on into buf, at most size of them.  Returns
 * how many. */
size_t message_copy(const struct plan *plan, int number, size_t offset,
                    char *buf, size_t size);

/* Returns the answer that the messages of this plan are to get. */
enum record_answer message_expected(const struct plan *plan);

#endif

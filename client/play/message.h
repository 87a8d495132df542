/* message - makes the bytes that a client sends, piece by piece when they are
 * sent, so that a message of a megabyte needs no memory.  No I/O.
 *
 * The messages of a client have the numbers 0 to plan->messages - 1, and
 * goodbye has the number plan->messages.  The text of a message begins with
 * "package", so neither padding nor cutting can turn it into "goodbye"; kv and
 * file have texts of their own.  In the frame length, and for daytime, there is
 * no goodbye: nothing is sent for it. */

#ifndef CLIENT_PLAY_MESSAGE_H
#define CLIENT_PLAY_MESSAGE_H

#include <stddef.h>

#include "client/record/plan.h"
#include "client/record/record.h"

#define MESSAGE_HEADER 10 /* characters in front of a text: its length */

/* Returns how many bytes are sent for this number, with those of the frame.
 * 0: nothing is.  The last message of a client that vanishes is half of what it
 * would be. */
size_t message_bytes(const struct plan *plan, int number);

/* Copies these bytes, from the byte with number offset on, into buf; at most
 * size of them.  Returns how many. */
size_t message_copy(const struct plan *plan, int number, size_t offset,
                    char *buf, size_t size);

/* Returns how many bytes the text of a message takes, without its frame. */
size_t message_text_bytes(const struct plan *plan, int number);

/* Copies so many bytes of the text, from the byte with number offset on. */
void message_text_copy(const struct plan *plan, int number, size_t offset,
                       char *buf, size_t size);

/* Returns the right answer to each message of this plan. */
enum record_answer message_expected(const struct plan *plan);

#endif

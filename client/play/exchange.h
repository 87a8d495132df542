/* exchange - reads the answers of a server of any service but ack, piece by
 * piece as they come, and checks every byte.  No I/O.
 *
 * An answer is framed like the messages, except that the line of daytime ends
 * with a line feed, and a file always comes with its length.  What the right
 * answer is, the service says: the message itself, the message in upper case,
 * a line of time, "ok" and more, or the bytes of a file. */

#ifndef CLIENT_PLAY_EXCHANGE_H
#define CLIENT_PLAY_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/play/answer.h"
#include "client/record/plan.h"
#include "client/record/record.h"

/* The latest answer of one connection, as far as it has come.  All zero before
 * the first. */
struct exchange {
    bool is_whole;
    bool has_digit; /* one of the characters of the length was a digit */
    int header;     /* so many of them have come */
    int64_t length; /* bytes of text, once the header is whole */
    struct record_text text;
    uint64_t word; /* bytes that do not fill a word of the checksum yet */
};

/* Reads bytes from *at up to end, at most to the end of the answer to the
 * message with this number, and moves *at behind what it has read.  Returns
 * ANSWER_ACK if that answer is whole and right, or ANSWER_NAK if nak is right.
 * After ANSWER_WRONG it is not known where the next answer begins. */
enum answer_result exchange_next(struct exchange *x, const struct plan *plan,
                                 int number, const char **at, const char *end);

/* Copies the right bytes of the text from the first that has not come on, at
 * most size of them, into want.  Returns how many; 0 if they are not known. */
int exchange_want(const struct exchange *x, const struct plan *plan, int number,
                  char *want, int size);

/* Reads the number of "VERSION NUMBER", the answer of kv to ADD.  Returns false
 * if the text is not that. */
bool exchange_number(const struct record_text *text, int64_t *number);

/* Adds bytes to a text whose bytes come in pieces; word is 0 before the first.
 */
void exchange_add(struct record_text *text, uint64_t *word, const char *bytes,
                  int64_t len);

/* Returns the checksum of a text that has come to its end. */
uint64_t exchange_checksum(const struct record_text *text, uint64_t word);

#endif

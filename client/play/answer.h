/* answer - finds the next answer in the bytes that a server has sent.
 *
 * TCP carries bytes, not answers: one recv may return half an answer, or many
 * answers.  So each connection keeps the beginning of the answer that is not
 * complete yet.  Only this module knows what an answer looks like: it is "ack"
 * or "nak", without an end mark.  No I/O.
 *
 *     const char *at = buf;
 *
 *     while (at < buf + n)
 *         switch (answer_next(&client->answer, &at, buf + n)) ...
 */

#ifndef CLIENT_PLAY_ANSWER_H
#define CLIENT_PLAY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#define ANSWER_TEXT_MAX 3 /* bytes that are kept of an answer */

enum answer_result {
    ANSWER_MORE, /* all bytes are read, and the answer is not complete */
    ANSWER_ACK,
    ANSWER_NAK,
    ANSWER_WRONG, /* the bytes are not the beginning of any answer */
};

/* The latest answer of one connection, as far as it has come.  All zero before
 * the first. */
struct answer {
    uint8_t len;
    char text[ANSWER_TEXT_MAX];
};

/* Reads bytes from *at up to end, at most to the end of one answer, and moves
 * *at behind what it has read.  Returns what it has found.  After ANSWER_WRONG
 * it is not known where the next answer begins, so the caller should ask
 * answer_got what came, and close the connection. */
enum answer_result
answer_next(struct answer *a, const char **at, const char *end);

/* Returns how many bytes, at least, are missing to the end of the answer that
 * has begun, or of the next one.  A caller that must not read beyond an answer
 * receives that many bytes at a time. */
size_t answer_missing(const struct answer *a);

/* Copies into got what the server has sent instead of the right answer, for the
 * message to the user: the bytes of the latest answer, complete or not, and
 * then those from at up to end, at most size bytes in all.  Returns how many.
 * If a is NULL, only those from at: they came although no answer was due. */
size_t answer_got(const struct answer *a, const char *at, const char *end,
                  void *got, size_t size);

#endif

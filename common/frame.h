/* frame - where one message ends and the next begins.
 *
 * TCP carries bytes, not messages: one recv may bring a piece of a message,
 * several messages, or the end of one and the beginning of the next.  There are
 * two ways to cut the bytes into messages (--frame):
 *
 *   etx     A message is 0 to FRAME_MAX bytes of ASCII and then one FRAME_ETX,
 *           which is not part of it.  A struct frame remembers what it has seen
 *           of the message that has not ended yet.
 *   length  FRAME_HEAD characters say how many bytes the message has, 0 to
 *           FRAME_MAX, and then these bytes come.  Any byte may be in it.
 *
 * There is no I/O here, and the bytes stay with the caller. */

#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_ETX  0x03 /* "end of text" in ASCII */
#define FRAME_MAX  4096 /* bytes in a message */
#define FRAME_HEAD 10   /* characters before a message, in the frame length */

enum frame_kind {
    FRAME_BY_ETX,
    FRAME_BY_LENGTH
};

/* The names of the kinds, in this order, and NULL. */
extern const char *const frame_names[];

struct frame {
    uint16_t len; /* bytes of this message so far; FRAME_MAX + 1: too many */
    bool high;    /* one of them was above 0x7f: not ASCII */
};

enum frame_found {
    FRAME_MORE,      /* no end in these bytes */
    FRAME_MESSAGE,   /* a message ended; its length is in *len */
    FRAME_TOO_LONG,  /* one ended that was longer than FRAME_MAX */
    FRAME_NOT_ASCII, /* one ended that held a byte above 0x7f */
    FRAME_NO_LENGTH, /* in the frame length: the bytes are no length */
};

/* Makes f ready for the first byte of a message. */
void frame_init(struct frame *f);

/* Scans bytes[0] to bytes[size - 1] up to and including the next ETX.  Sets
 * *used to the number of bytes that it has scanned, which is size for
 * FRAME_MORE.  If a message ends, sets *len to its length, or to FRAME_MAX + 1
 * if it is longer than FRAME_MAX, and makes f ready for the next message.
 * Returns FRAME_TOO_LONG for a message that is too long and not ASCII. */
enum frame_found frame_read(struct frame *f, const char *bytes, size_t size,
                            size_t *used, size_t *len);

/* Tells whether the message so far can only end as FRAME_TOO_LONG or
 * FRAME_NOT_ASCII, so that its bytes need not be kept. */
bool frame_hopeless(const struct frame *f);

/* Looks for one message in the frame length, whose head begins at bytes[0].
 * If it is complete, returns FRAME_MESSAGE, sets *used to its size with its
 * head and *len to its size without it.  If it is not complete, sets *used to
 * size and returns FRAME_MORE: then call it again with the same bytes and those
 * that have come after them.  Returns FRAME_NO_LENGTH or FRAME_TOO_LONG as soon
 * as a character of the head is wrong.  Then nobody can say where the next
 * message begins. */
enum frame_found
frame_read_length(const char *bytes, size_t size, size_t *used, size_t *len);

/* Writes the head of a message of size bytes: the number, with blanks in
 * front.  size has at most FRAME_HEAD digits. */
void frame_write_head(char head[FRAME_HEAD], uint64_t size);

#endif

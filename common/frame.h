/* frame - where one message ends and the next begins.
 *
 * TCP carries bytes, not messages: one recv may bring a piece of a message,
 * several messages, or the end of one and the beginning of the next.  A message
 * is 0 to FRAME_MAX bytes of ASCII and then one FRAME_ETX, which is not part of
 * it.  A struct frame remembers what it has seen of the message that has not
 * ended yet.  There is no I/O here, and the bytes stay with the caller. */

#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_ETX 0x03 /* "end of text" in ASCII */
#define FRAME_MAX 4096 /* bytes in a message */

struct frame {
    uint16_t len; /* bytes of this message so far; FRAME_MAX + 1: too many */
    bool high;    /* one of them was above 0x7f: not ASCII */
};

enum frame_found {
    FRAME_MORE,      /* no end in these bytes */
    FRAME_MESSAGE,   /* a message ended; its length is in *len */
    FRAME_TOO_LONG,  /* one ended that was longer than FRAME_MAX */
    FRAME_NOT_ASCII, /* one ended that held a byte above 0x7f */
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

#endif

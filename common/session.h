/* session - one client's conversation, with no socket in it.
 *
 * Bytes go in, answers come out, and session_next says what the conversation
 * needs now.  A driver does just that and asks again: blocking.c by waiting,
 * conn.c without.  Nothing here does I/O, so a test can play a whole
 * conversation with string literals.
 *
 * A session is small.  Its buffer is lent by the driver, which may take it back
 * whenever session_idle says that nothing is in it. */

#ifndef COMMON_SESSION_H
#define COMMON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/frame.h"

#define SESSION_INPUT  8192 /* bytes; more than one longest message */
#define SESSION_OUTPUT 3072 /* bytes; answers that wait to be sent */

_Static_assert(SESSION_INPUT > FRAME_MAX, "a message and its ETX fit");

/* in:  [begin, scanned) the message that has not ended yet,
 *      [scanned, end) not looked at yet.
 * out: [sent, answered) still to be sent. */
struct session_buffer {
    uint16_t begin, scanned, end;
    uint16_t sent, answered;
    char out[SESSION_OUTPUT]; /* first: of both mostly the beginning is used, */
    char in[SESSION_INPUT];   /* and so that is in a page or two */
};

/* What the conversation needs next. */
enum session_step {
    SESSION_READ,   /* bytes: session_space, then session_received or _ended */
    SESSION_WORK,   /* work on a message of .len bytes, then session_answer */
    SESSION_REFUSE, /* no work, .found says why; session_answer */
    SESSION_WRITE,  /* session_output is to be sent, then session_sent */
    SESSION_CLOSE,  /* nothing more; all that was promised has been sent */
};

enum session_mode {
    SESSION_EACH,   /* an answer is sent before the next message is begun */
    SESSION_GATHER, /* the answers to messages that came together are sent
                     * together: for work that takes no time */
    SESSION_ALONE,  /* as SESSION_GATHER, and the session answers by itself:
                     * SESSION_WORK is not returned */
};

struct session {
    struct session_buffer *buffer; /* lent; NULL if there is none */
    struct frame frame;
    uint16_t len;      /* of the message in hand; FRAME_MAX + 1: too long */
    uint8_t found;     /* an enum frame_found; FRAME_MORE: none in hand */
    bool gather : 1;   /* SESSION_GATHER or SESSION_ALONE */
    bool alone : 1;    /* SESSION_ALONE */
    bool ended : 1;    /* the client sends no more */
    bool goodbye : 1;  /* the client said goodbye */
    bool stopped : 1;  /* the server wants no more */
    uint32_t messages; /* begun */
    uint32_t acks;     /* so many of them were answered so */
};

/* Makes s a conversation that has not begun, without a buffer. */
void session_init(struct session *s, enum session_mode mode);

/* Lends s an empty buffer, which stays the caller's. */
void session_lend(struct session *s, struct session_buffer *buffer);

/* Tells whether the buffer holds nothing, so that it can be taken away; the
 * message in hand is not in it any more. */
bool session_idle(const struct session *s);

/* Returns what to do next.  Needs a buffer. */
enum session_step session_next(struct session *s);

/* At SESSION_READ: returns where *size bytes (at least one) can be received. */
char *session_space(struct session *s, size_t *size);

/* That many bytes have been received there. */
void session_received(struct session *s, size_t size);

/* No bytes will come any more.  Whole messages are still answered, a partial
 * one is dropped. */
void session_ended(struct session *s);

/* At SESSION_WORK or SESSION_REFUSE: the message in hand is done with, and its
 * answer is to be sent.  Needs a buffer. */
void session_answer(struct session *s);

/* At SESSION_REFUSE: returns why, "too-long" or "not-ascii". */
const char *session_refusal(const struct session *s);

/* Returns how many messages were answered with a nak. */
unsigned session_naks(const struct session *s);

/* Tells whether goodbye was the last that came, as far as is known. */
bool session_parted(const struct session *s);

/* At SESSION_WRITE: returns what to send, *size bytes of it. */
const char *session_output(struct session *s, size_t *size);

/* That many bytes of it have been sent; any number, not only whole answers. */
void session_sent(struct session *s, size_t size);

/* The server stops.  The message in hand is still worked on and answered; what
 * came after it is dropped. */
void session_stop(struct session *s);

/* At SESSION_CLOSE: returns why, "goodbye", "stop" or "eof". */
const char *session_ending(const struct session *s);

#endif

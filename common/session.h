/* session - one client's conversation, with no socket in it.
 *
 * Bytes go in, answers come out, and session_next says what the conversation
 * needs now: it is a state machine.  A driver does what it needs and asks
 * again: blocking.c by waiting, conn.c without waiting.  Nothing here does I/O,
 * so a test can play a whole conversation with string literals.
 *
 * A session is small, because it does not own its buffer.  The driver lends it
 * one, and may take it back whenever session_idle says that it is empty. */

#ifndef COMMON_SESSION_H
#define COMMON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/frame.h"

#define SESSION_INPUT  8192 /* bytes: more than the longest message */
#define SESSION_OUTPUT 3072 /* bytes of answers that wait to be sent */

_Static_assert(SESSION_INPUT > FRAME_MAX, "a message and its ETX fit");

/* in:  [begin, scanned) the message in hand, or one that has not ended yet,
 *      [scanned, end) not looked at yet.
 * out: [sent, answered) still to be sent, and after that the rest. */
struct session_buffer {
    uint16_t begin, scanned, end;
    uint16_t sent, answered;
    const char *rest; /* of an answer that did not fit into out */
    size_t rest_size;
    char out[SESSION_OUTPUT]; /* before in: short conversations use only the */
    char in[SESSION_INPUT];   /* beginning of both, which is a page or two */
};

/* What the conversation needs next. */
enum session_step {
    SESSION_READ,   /* bytes: session_space, then session_received or _ended */
    SESSION_WORK,   /* work on session_message, then session_answer */
    SESSION_REFUSE, /* session_refuse: the message in hand cannot be worked on
                     */
    SESSION_WRITE,  /* send session_output, then session_sent */
    SESSION_CLOSE,  /* nothing more: everything promised has been sent */
};

enum session_mode {
    SESSION_EACH,   /* an answer is sent before the next message is begun */
    SESSION_GATHER, /* the answers to messages that came together are sent
                     * together: for work that takes no time */
};

struct session {
    struct session_buffer *buffer; /* lent; NULL if there is none */
    struct frame frame;
    uint16_t len;      /* of the message in hand; FRAME_MAX + 1: too long */
    uint8_t found;     /* an enum frame_found; FRAME_MORE: none in hand */
    bool gather : 1;   /* SESSION_GATHER */
    bool ended : 1;    /* the client sends no more */
    bool goodbye : 1;  /* the client said goodbye */
    bool stopped : 1;  /* the server works on no further message */
    uint32_t messages; /* taken in hand */
    uint32_t acks;     /* of these, how many were worked on and answered */
};

/* Makes s a conversation that has not begun, without a buffer. */
void session_init(struct session *s, enum session_mode mode);

/* Lends s a buffer.  The caller owns it, and may take it back by setting
 * s->buffer to NULL while session_idle is true. */
void session_lend(struct session *s, struct session_buffer *buffer);

/* Tells whether the buffer holds nothing that is still needed. */
bool session_idle(const struct session *s);

/* Returns what to do next.  The session must have a buffer. */
enum session_step session_next(struct session *s);

/* At SESSION_READ: returns where *size bytes (at least one) can be received. */
char *session_space(struct session *s, size_t *size);

/* Says that size bytes have been received there. */
void session_received(struct session *s, size_t size);

/* Says that the client will send no more.  Whole messages are still answered; a
 * message that has not ended is dropped. */
void session_ended(struct session *s);

/* At SESSION_WORK: returns the message in hand, *len bytes, without its ETX.
 * The bytes stay there until session_answer, or, if they are the answer, until
 * it has been sent. */
const char *session_message(const struct session *s, size_t *len);

/* At SESSION_WORK: the message in hand has been worked on, and these bytes are
 * the answer.  They may be of any number.  They must stay as they are until
 * session_next returns something else than SESSION_WRITE. */
void session_answer(struct session *s, const char *bytes, size_t size);

/* At SESSION_WORK: gives the message in hand up.  It is not answered. */
void session_forget(struct session *s);

/* At SESSION_REFUSE: answers the message in hand with "nak". */
void session_refuse(struct session *s);

/* At SESSION_REFUSE: returns why, "too-long" or "not-ascii". */
const char *session_refusal(const struct session *s);

/* Returns how many messages were answered with a nak. */
unsigned session_naks(const struct session *s);

/* Tells whether the client has said goodbye, and nothing that has been received
 * came after that. */
bool session_parted(const struct session *s);

/* At SESSION_WRITE: returns the bytes to send next, *size of them. */
const char *session_output(const struct session *s, size_t *size);

/* Says that size bytes of these have been sent, which need not be all. */
void session_sent(struct session *s, size_t size);

/* Says that the server stops.  The message in hand is still worked on and
 * answered; what came after it is dropped. */
void session_stop(struct session *s);

/* At SESSION_CLOSE: returns why, "goodbye", "stop" or "eof". */
const char *session_ending(const struct session *s);

#endif

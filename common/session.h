/* session - one client's conversation, with no socket in it.
 *
 * A session is a state machine: bytes go in, answers come out, and session_next
 * returns what the conversation needs next.  The caller (the driver) does that
 * and calls session_next again.  The driver blocking.c waits for the socket,
 * and the driver conn.c does not.  These functions do no I/O, so a test can
 * play a whole conversation with string literals.
 *
 * A session is small, because it does not own a buffer.  The driver lends it a
 * buffer, and may take the buffer back while session_idle returns true. */

#ifndef COMMON_SESSION_H
#define COMMON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/frame.h"

#define SESSION_INPUT  8192 /* bytes: more than the longest message */
#define SESSION_OUTPUT 3072 /* bytes of answers that wait to be sent */
#define SESSION_ROOM   1100 /* so many of them are free at SESSION_WORK */

/* A longer answer is sent in several pieces, so that a server can do something
 * else in between. */
#define SESSION_SEND_MAX (1 << 20)

_Static_assert(SESSION_INPUT > FRAME_HEAD + FRAME_MAX, "a message fits");

/* The "message in hand" is the one message that the server has found and has
 * not answered yet.
 *
 * in:  the bytes from begin up to scanned are the message in hand, or a message
 *      that has not ended yet; those from scanned up to end are not scanned.
 * out: the bytes from sent up to answered must be sent, and then the rest. */
struct session_buffer {
    uint16_t begin, scanned, end;
    uint16_t sent, answered;
    const char *rest; /* the end of an answer that did not fit into out */
    size_t rest_size;
    /* out stands before in, because then a short conversation touches only one
     * or two pages of memory. */
    char out[SESSION_OUTPUT];
    char in[SESSION_INPUT];
};

/* What the conversation needs next. */
enum session_step {
    SESSION_READ,   /* receive bytes into session_space, then call
                     * session_received, or session_ended at the end of file */
    SESSION_WORK,   /* work on session_message, then call session_answer */
    SESSION_REFUSE, /* call session_answer with a nak: the message in hand is
                     * too long or not ASCII */
    SESSION_WRITE,  /* send session_output, then call session_sent */
    SESSION_CLOSE,  /* close the connection: all answers have been sent */
};

enum session_mode {
    SESSION_EACH = 0, /* send each answer before the next message is taken */
    /* To be combined with |: */
    SESSION_GATHER = 1, /* if one recv brings several messages, send their
                         * answers with one send; only for work that takes no
                         * time */
    SESSION_LENGTH = 2, /* the messages are in the frame length */
    SESSION_ONCE = 4,   /* read nothing: the connection itself counts as a
                         * message of no bytes, and its answer is the last */
};

struct session {
    struct session_buffer *buffer; /* lent; NULL if there is none */
    struct frame frame;
    uint16_t len;      /* of the message in hand; FRAME_MAX + 1: too long */
    uint8_t found;     /* an enum frame_found; FRAME_MORE: no message in hand */
    bool gather : 1;   /* SESSION_GATHER */
    bool ended : 1;    /* the client sends no more */
    bool goodbye : 1;  /* the client said goodbye */
    bool stopped : 1;  /* the server works on no further message */
    bool length : 1;   /* SESSION_LENGTH */
    bool once : 1;     /* SESSION_ONCE */
    uint32_t messages; /* messages that were ever in hand */
    uint32_t acks;     /* how many of them were answered with "ack" */
};

/* Initializes s for a new conversation.  It has no buffer yet.  mode is one
 * enum session_mode, or several. */
void session_init(struct session *s, unsigned mode);

/* Lends s a buffer.  The caller still owns the buffer, and may take it back by
 * setting s->buffer to NULL while session_idle returns true. */
void session_lend(struct session *s, struct session_buffer *buffer);

/* Returns true if the buffer holds neither bytes of a message nor answers.  The
 * session must have a buffer. */
bool session_idle(const struct session *s);

/* Returns what to do next.  The session must have a buffer. */
enum session_step session_next(struct session *s);

/* At SESSION_READ: returns free space for received bytes, and sets *size to its
 * size, which is at least 1. */
char *session_space(struct session *s, size_t *size);

/* Call it when size bytes have been received into session_space. */
void session_received(struct session *s, size_t size);

/* Call it when the client will send no more.  Complete messages are still
 * answered; a message that has not ended is dropped. */
void session_ended(struct session *s);

/* At SESSION_WORK: returns the message in hand without its frame, and sets *len
 * to its length.  The bytes are valid until session_answer.  The caller may
 * change them, the ETX behind them, or the head in front of them, and pass them
 * to session_answer as the answer.  Then they stay valid until it has been
 * sent. */
char *session_message(const struct session *s, size_t *len);

/* At SESSION_WORK, when the work on the message in hand is done, and at
 * SESSION_REFUSE: the size bytes are the answer, and size may have any value.
 * The first SESSION_ROOM bytes are copied.  If there are more, do not change
 * them until session_next returns something else than SESSION_WRITE. */
void session_answer(struct session *s, const char *bytes, size_t size);

/* After session_answer with at most SESSION_ROOM bytes: appends size bytes to
 * that answer.  The session never reads or copies these bytes, and they must
 * stay valid until the conversation has ended. */
void session_append(struct session *s, const char *bytes, size_t size);

/* At SESSION_WORK: drops the message in hand without an answer. */
void session_forget(struct session *s);

/* At SESSION_REFUSE: returns why the message in hand is refused: "too-long" or
 * "not-ascii". */
const char *session_refusal(const struct session *s);

/* Returns how many messages were answered with a nak. */
unsigned session_naks(const struct session *s);

/* Returns true if the client has sent "goodbye" and no byte after it has been
 * received. */
bool session_parted(const struct session *s);

/* At SESSION_WRITE: returns the bytes to send next, *size of them, which is at
 * most SESSION_SEND_MAX. */
const char *session_output(const struct session *s, size_t *size);

/* Call it when the first size bytes of session_output have been sent.  size may
 * be less than all of them. */
void session_sent(struct session *s, size_t size);

/* Call it when the server stops.  The message in hand is still worked on and
 * answered, unless the driver calls session_forget.  All bytes after this
 * message are dropped. */
void session_stop(struct session *s);

/* At SESSION_CLOSE: returns why the conversation ends: "goodbye", "stop", "eof"
 * (the client has ended its side), "answered" (SESSION_ONCE), "bad-length" or
 * "too-long" (in the frame length: the client has sent something else than the
 * length of a message, or too large a length). */
const char *session_ending(const struct session *s);

#endif

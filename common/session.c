#include "common/session.h"

#include <assert.h>
#include <string.h>

#define ANSWER_SIZE 3 /* "ack" and "nak", without a terminator */

void
session_init(struct session *s, enum session_mode mode)
{
    *s = (struct session){.gather = mode != SESSION_EACH,
                          .alone = mode == SESSION_ALONE,
                          .found = FRAME_MORE};
    frame_init(&s->frame);
}

void
session_lend(struct session *s, struct session_buffer *buffer)
{
    assert(s->buffer == NULL);
    s->buffer = buffer;
    /* Not the arrays: clearing 11 KiB for each client would cost more than
     * serving it. */
    buffer->begin = buffer->scanned = buffer->end = 0;
    buffer->sent = buffer->answered = 0;
}

bool
session_idle(const struct session *s)
{
    const struct session_buffer *b = s->buffer;

    return b->begin == b->end && b->sent == b->answered;
}

static bool
is_goodbye(const char *text, size_t len)
{
    return len == strlen("goodbye") && memcmp(text, "goodbye", len) == 0;
}

/* Looks for the next message in the bytes that have come. */
static void
take_message(struct session *s)
{
    struct session_buffer *b = s->buffer;
    size_t used = 0;
    size_t len = 0;

    s->found = (uint8_t)frame_read(&s->frame, b->in + b->scanned,
                                   (size_t)(b->end - b->scanned), &used, &len);
    b->scanned = (uint16_t)(b->scanned + used);
    if (s->found == FRAME_MORE) {
        if (frame_hopeless(&s->frame))
            b->begin = b->scanned;
        return;
    }
    s->len = (uint16_t)len;
    if (s->found == FRAME_MESSAGE && is_goodbye(b->in + b->begin, len)) {
        s->goodbye = true;
        s->found = FRAME_MORE;
    } else {
        s->messages++;
    }
    b->begin = b->scanned;
}

/* The answers that wait are to be sent before anything else is done. */
static bool
must_write(const struct session *s)
{
    const struct session_buffer *b = s->buffer;

    return b->answered > b->sent &&
           (!s->gather || b->answered + ANSWER_SIZE > SESSION_OUTPUT);
}

enum session_step
session_next(struct session *s)
{
    struct session_buffer *b = s->buffer;

    for (;;) {
        if (must_write(s))
            return SESSION_WRITE;
        if (s->found == FRAME_MORE && !s->goodbye && !s->stopped &&
            b->scanned < b->end)
            take_message(s);
        if (s->found != FRAME_MESSAGE || !s->alone)
            break;
        session_answer(s);
    }
    if (s->found != FRAME_MORE)
        return s->found == FRAME_MESSAGE ? SESSION_WORK : SESSION_REFUSE;
    if (b->answered > b->sent)
        return SESSION_WRITE;
    if (s->goodbye || s->stopped || s->ended)
        return SESSION_CLOSE;
    return SESSION_READ;
}

char *
session_space(struct session *s, size_t *size)
{
    struct session_buffer *b = s->buffer;

    /* All that has come has been looked at, and what is kept of it is at most
     * one unfinished message: at the front there is room for its end. */
    assert(b->scanned == b->end);
    if (b->begin == b->end) {
        b->begin = b->scanned = b->end = 0;
    } else if (b->begin > 0) {
        memmove(b->in, b->in + b->begin, (size_t)(b->end - b->begin));
        b->end = b->scanned = (uint16_t)(b->end - b->begin);
        b->begin = 0;
    }
    *size = (size_t)(SESSION_INPUT - b->end);
    return b->in + b->end;
}

void
session_received(struct session *s, size_t size)
{
    assert(size <= (size_t)(SESSION_INPUT - s->buffer->end));
    s->buffer->end = (uint16_t)(s->buffer->end + size);
}

/* Forgets what has come and will not be worked on. */
static void
drop_input(struct session *s)
{
    s->buffer->begin = s->buffer->scanned = s->buffer->end;
}

void
session_ended(struct session *s)
{
    s->ended = true;
    drop_input(s);
}

void
session_answer(struct session *s)
{
    struct session_buffer *b = s->buffer;
    const char *answer = s->found == FRAME_MESSAGE ? "ack" : "nak";

    assert(s->found != FRAME_MORE);
    assert(b->answered + ANSWER_SIZE <= SESSION_OUTPUT);
    memcpy(b->out + b->answered, answer, ANSWER_SIZE);
    b->answered = (uint16_t)(b->answered + ANSWER_SIZE);
    if (s->found == FRAME_MESSAGE)
        s->acks++;
    s->found = FRAME_MORE;
}

const char *
session_refusal(const struct session *s)
{
    return s->found == FRAME_TOO_LONG ? "too-long" : "not-ascii";
}

unsigned
session_naks(const struct session *s)
{
    return s->messages - s->acks - (s->found != FRAME_MORE);
}

bool
session_parted(const struct session *s)
{
    return s->goodbye && s->buffer->begin == s->buffer->end;
}

const char *
session_output(struct session *s, size_t *size)
{
    *size = (size_t)(s->buffer->answered - s->buffer->sent);
    return s->buffer->out + s->buffer->sent;
}

void
session_sent(struct session *s, size_t size)
{
    struct session_buffer *b = s->buffer;

    assert(size <= (size_t)(b->answered - b->sent));
    b->sent = (uint16_t)(b->sent + size);
    if (b->sent == b->answered)
        b->sent = b->answered = 0;
}

void
session_stop(struct session *s)
{
    s->stopped = true;
    if (s->buffer != NULL)
        drop_input(s);
}

const char *
session_ending(const struct session *s)
{
    if (s->goodbye)
        return "goodbye";
    return s->stopped ? "stop" : "eof";
}

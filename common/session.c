#include "common/session.h"

#include <assert.h>
#include <string.h>

void
session_init(struct session *s, unsigned mode)
{
    *s = (struct session){
        .gather = (mode & SESSION_GATHER) != 0,
        .length = (mode & SESSION_LENGTH) != 0,
        .once = (mode & SESSION_ONCE) != 0,
        .found = mode & SESSION_ONCE ? FRAME_MESSAGE : FRAME_MORE,
        .messages = mode & SESSION_ONCE ? 1 : 0,
    };
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
    buffer->rest_size = 0;
}

/* Tells whether answers wait to be sent. */
static bool
has_output(const struct session *s)
{
    const struct session_buffer *b = s->buffer;

    return b->sent < b->answered || b->rest_size > 0;
}

bool
session_idle(const struct session *s)
{
    return s->buffer->begin == s->buffer->end && !has_output(s);
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
    uint16_t from = s->length ? b->begin : b->scanned;
    size_t size = (size_t)(b->end - from);
    size_t used = 0;
    size_t len = 0;

    s->found =
        (uint8_t)(s->length
                      ? frame_read_length(b->in + from, size, &used, &len)
                      : frame_read(&s->frame, b->in + from, size, &used, &len));
    b->scanned = (uint16_t)(from + used);
    if (s->found == FRAME_MESSAGE && !s->length &&
        is_goodbye(b->in + b->begin, len)) {
        s->goodbye = true;
        s->found = FRAME_MORE;
        b->begin = b->scanned;
    } else if (s->found != FRAME_MORE) {
        s->len = (uint16_t)len;
        s->messages++;
    } else if (frame_hopeless(&s->frame)) {
        b->begin = b->scanned;
    }
}

enum session_step
session_next(struct session *s)
{
    struct session_buffer *b = s->buffer;

    /* While answers are gathered, those that wait must be sent only when there
     * is no more room, or when an answer has left a rest. */
    if (s->gather
            ? b->rest_size > 0 || b->answered > SESSION_OUTPUT - SESSION_ROOM
            : has_output(s))
        return SESSION_WRITE;
    if (s->found == FRAME_MORE && !s->goodbye && !s->stopped &&
        b->scanned < b->end)
        take_message(s);
    if (s->found == FRAME_MESSAGE)
        return SESSION_WORK;
    if (s->found != FRAME_MORE && !s->length) /* with a length: all is lost */
        return SESSION_REFUSE;
    if (has_output(s))
        return SESSION_WRITE;
    if (s->goodbye || s->stopped || s->ended || s->once ||
        s->found != FRAME_MORE)
        return SESSION_CLOSE;
    return SESSION_READ;
}

char *
session_space(struct session *s, size_t *size)
{
    struct session_buffer *b = s->buffer;

    /* All that has come has been looked at, and what is kept of it is at most
     * one message that has not ended: in front there is room for its end. */
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

/* Drops what has come and will not be worked on: everything but the message in
 * hand. */
static void
drop_input(struct session *s)
{
    s->buffer->end = s->buffer->scanned;
    if (s->found == FRAME_MORE)
        s->buffer->begin = s->buffer->end;
}

void
session_ended(struct session *s)
{
    s->ended = true;
    drop_input(s);
}

char *
session_message(const struct session *s, size_t *len)
{
    assert(s->found == FRAME_MESSAGE);
    *len = s->len;
    return s->buffer->in + s->buffer->begin + (s->length ? FRAME_HEAD : 0);
}

void
session_answer(struct session *s, const char *bytes, size_t size)
{
    struct session_buffer *b = s->buffer;
    size_t room = (size_t)(SESSION_OUTPUT - b->answered);
    size_t fits = size < room ? size : room;

    assert(s->found != FRAME_MORE && b->rest_size == 0);
    memcpy(b->out + b->answered, bytes, fits);
    b->answered = (uint16_t)(b->answered + fits);
    b->rest = bytes + fits;
    b->rest_size = size - fits;
    b->begin = b->scanned;
    s->acks += s->found == FRAME_MESSAGE;
    s->found = FRAME_MORE;
}

void
session_append(struct session *s, const char *bytes, size_t size)
{
    assert(s->buffer->rest_size == 0);
    s->buffer->rest = bytes;
    s->buffer->rest_size = size;
}

void
session_forget(struct session *s)
{
    assert(s->found == FRAME_MESSAGE);
    s->messages--;
    s->buffer->begin = s->buffer->scanned;
    s->found = FRAME_MORE;
}

const char *
session_refusal(const struct session *s)
{
    if (s->found == FRAME_NO_LENGTH)
        return "bad-length";
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
session_output(const struct session *s, size_t *size)
{
    const struct session_buffer *b = s->buffer;

    if (b->sent == b->answered) {
        *size =
            b->rest_size < SESSION_SEND_MAX ? b->rest_size : SESSION_SEND_MAX;
        return b->rest;
    }
    *size = (size_t)(b->answered - b->sent);
    return b->out + b->sent;
}

void
session_sent(struct session *s, size_t size)
{
    struct session_buffer *b = s->buffer;

    if (b->sent == b->answered) {
        assert(size <= b->rest_size);
        b->rest += size;
        b->rest_size -= size;
        return;
    }
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
    if (s->found != FRAME_MORE)
        return session_refusal(s);
    if (s->once && s->acks > 0)
        return "answered";
    return s->stopped ? "stop" : "eof";
}

#include "client/play/message.h"

#include <stdio.h>
#include <string.h>

#include "common/frame.h"

#define TEXT_MAX 32 /* "package 1000000", "goodbye" */
#define PADDING  '.'

/* Writes the beginning of the text, before the padding.  Returns the length of
 * the whole text. */
static size_t
begin_text(const struct plan *plan, int number, char text[TEXT_MAX])
{
    if (number == plan->messages) {
        snprintf(text, TEXT_MAX, "goodbye");
        return strlen(text);
    }
    snprintf(text, TEXT_MAX, "package %d", number);
    return plan->size == PLAN_SIZE_NATURAL ? strlen(text) : (size_t)plan->size;
}

size_t
message_bytes(const struct plan *plan, int number)
{
    char text[TEXT_MAX];
    size_t len = begin_text(plan, number, text);

    if (plan->manner == PLAN_VANISH && number == plan->messages - 1)
        return (len + 1) / 2;
    return len + 1;
}

size_t
message_copy(const struct plan *plan, int number, size_t offset, char *buf,
             size_t size)
{
    char text[TEXT_MAX];
    size_t len = begin_text(plan, number, text);
    size_t end = message_bytes(plan, number);
    size_t begun = strlen(text);
    size_t n = end - offset < size ? end - offset : size;

    memset(buf, PADDING, n);
    if (offset < begun)
        memcpy(buf, text + offset, begun - offset < n ? begun - offset : n);
    if (n > 0 && offset + n == len + 1)
        buf[n - 1] = FRAME_ETX;
    return n;
}

enum record_answer
message_expected(const struct plan *plan)
{
    return plan->size > FRAME_MAX ? RECORD_NAK : RECORD_ACK;
}

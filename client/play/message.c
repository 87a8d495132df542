#include "client/play/message.h"

#include <stdio.h>
#include <string.h>

#include "common/frame.h"

#define TEXT_MAX 32 /* "package 1000000", "goodbye" */
#define PADDING  '.'
#define LETTERS  26

/* Writes the beginning of the text, before the padding.  Returns the length of
 * the whole text. */
static size_t
begin_text(const struct plan *plan, int number, char text[TEXT_MAX])
{
    static const char *const texts[] = {
        [PLAN_DAYTIME] = "",
        [PLAN_KV] = PLAN_KV_TEXT,
        [PLAN_FILE] = "get",
    };
    bool is_goodbye = number == plan->messages;

    if (is_goodbye)
        snprintf(text, TEXT_MAX, "goodbye");
    else if (plan->text != NULL)
        snprintf(text, TEXT_MAX, "%s", plan->text);
    else if (plan->service >= PLAN_DAYTIME)
        snprintf(text, TEXT_MAX, "%s", texts[plan->service]);
    else
        snprintf(text, TEXT_MAX, "package %d", number);
    return is_goodbye || plan->size == PLAN_SIZE_NATURAL ? strlen(text)
                                                         : (size_t)plan->size;
}

/* Returns how many bytes of the frame stand before a text. */
static size_t
header_bytes(const struct plan *plan)
{
    return plan->frame == PLAN_LENGTH ? MESSAGE_HEADER : 0;
}

size_t
message_text_bytes(const struct plan *plan, int number)
{
    char text[TEXT_MAX];

    return begin_text(plan, number, text);
}

size_t
message_bytes(const struct plan *plan, int number)
{
    size_t len = message_text_bytes(plan, number);

    len += plan->frame == PLAN_LENGTH ? MESSAGE_HEADER : 1;
    if (plan->service == PLAN_DAYTIME ||
        (plan->frame == PLAN_LENGTH && number == plan->messages))
        return 0;
    if (plan->manner == PLAN_VANISH && number == plan->messages - 1)
        return len / 2;
    return len;
}

/* Fills buf with what follows the beginning of a text.  Where the answer says
 * the same, each byte differs from its neighbours, so that a byte that is lost
 * or moved is seen. */
static void
pad(const struct plan *plan, size_t offset, char *buf, size_t size)
{
    if (plan->service == PLAN_ACK)
        memset(buf, PADDING, size);
    else
        for (size_t i = 0; i < size; i++)
            buf[i] = plan->frame == PLAN_LENGTH
                         ? (char)(offset + i)
                         : (char)('a' + (offset + i) % LETTERS);
}

void
message_text_copy(const struct plan *plan, int number, size_t offset, char *buf,
                  size_t size)
{
    char text[TEXT_MAX];
    size_t begun;

    (void)begin_text(plan, number, text);
    begun = strlen(text);
    pad(plan, offset, buf, size);
    if (offset < begun)
        memcpy(buf, text + offset,
               begun - offset < size ? begun - offset : size);
}

size_t
message_copy(const struct plan *plan, int number, size_t offset, char *buf,
             size_t size)
{
    char header[MESSAGE_HEADER + 1] = "";
    size_t len = message_text_bytes(plan, number);
    size_t before = header_bytes(plan);
    size_t end = message_bytes(plan, number);
    size_t n = end - offset < size ? end - offset : size;
    size_t done = 0;

    if (offset < before)
        snprintf(header, sizeof(header), "%*d", MESSAGE_HEADER, (int)len);
    for (; done < n && offset < before; done++)
        buf[done] = header[offset++];
    if (done < n && offset < before + len) {
        size_t part = before + len - offset;

        if (part > n - done)
            part = n - done;
        message_text_copy(plan, number, offset - before, buf + done, part);
        done += part;
    }
    if (done < n)
        buf[done] = FRAME_ETX;
    return n;
}

enum record_answer
message_expected(const struct plan *plan)
{
    return plan->size > FRAME_MAX ? RECORD_NAK : RECORD_ACK;
}

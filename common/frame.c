#include "common/frame.h"

void
frame_init(struct frame *f)
{
    f->len = 0;
    f->high = false;
}

bool
frame_hopeless(const struct frame *f)
{
    return f->len > FRAME_MAX || f->high;
}

enum frame_found
frame_read(struct frame *f, const char *bytes, size_t size, size_t *used,
           size_t *len)
{
    enum frame_found found = FRAME_MESSAGE;
    unsigned char seen = 0;
    size_t n = 0;

    while (n < size && bytes[n] != FRAME_ETX)
        seen |= (unsigned char)bytes[n++];
    if (seen > 0x7f)
        f->high = true;
    /* The length stops counting at FRAME_MAX + 1: a message without an end
     * must not overflow it. */
    f->len = f->len + n > FRAME_MAX ? FRAME_MAX + 1 : f->len + (uint32_t)n;
    *used = n;
    if (n == size)
        return FRAME_MORE;

    *used = n + 1;
    *len = f->len;
    if (f->len > FRAME_MAX)
        found = FRAME_TOO_LONG;
    else if (f->high)
        found = FRAME_NOT_ASCII;
    frame_init(f);
    return found;
}

#include "common/frame.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

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

/* Tells whether one of the bytes is above 0x7f; looks at eight at a time. */
static bool
has_high(const char *bytes, size_t size)
{
    uint64_t seen = 0;
    uint64_t eight;
    size_t n = 0;

    for (; size - n >= sizeof(eight); n += sizeof(eight)) {
        memcpy(&eight, bytes + n, sizeof(eight));
        seen |= eight;
    }
    for (; n < size; n++)
        seen |= (uint64_t)bytes[n] & HIGH_BITS;
    return (seen & HIGH_BITS) != 0;
}

enum frame_found
frame_read(struct frame *f, const char *bytes, size_t size, size_t *used,
           size_t *len)
{
    enum frame_found found = FRAME_MESSAGE;
    const char *etx = memchr(bytes, FRAME_ETX, size);
    size_t n = etx != NULL ? (size_t)(etx - bytes) : size;

    if (has_high(bytes, n))
        f->high = true;
    /* The length stops counting at FRAME_MAX + 1: a message without an end
     * must not overflow it. */
    f->len = f->len + n > FRAME_MAX ? FRAME_MAX + 1 : (uint16_t)(f->len + n);
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

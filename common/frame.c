#include "common/frame.h"

#include <string.h>

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

static bool
has_high(const char *bytes, size_t size)
{
    unsigned char seen = 0;

    for (size_t i = 0; i < size; i++)
        seen = (unsigned char)(seen | bytes[i]);
    return seen > 0x7f;
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
    /* The length stops growing at FRAME_MAX + 1, because a message without an
     * end must not make it overflow. */
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

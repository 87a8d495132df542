#include "common/frame.h"

#include <string.h>

const char *const frame_names[] = {"etx", "length", NULL};

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

enum frame_found
frame_read_length(const char *bytes, size_t size, size_t *used, size_t *len)
{
    size_t n = 0;

    *used = size;
    for (size_t i = 0; i < FRAME_HEAD && i < size; i++) {
        bool is_digit = bytes[i] >= '0' && bytes[i] <= '9';
        bool is_blank = bytes[i] == ' ' && (i == 0 || bytes[i - 1] == ' ');

        /* Blanks may come first, and the last character is a digit. */
        if (!is_digit && (!is_blank || i == FRAME_HEAD - 1))
            return FRAME_NO_LENGTH;
        if (is_digit)
            n = n * 10 + (size_t)(bytes[i] - '0');
        if (n > FRAME_MAX)
            return FRAME_TOO_LONG;
    }
    if (size < FRAME_HEAD + n)
        return FRAME_MORE;
    *used = FRAME_HEAD + n;
    *len = n;
    return FRAME_MESSAGE;
}

void
frame_write_head(char head[FRAME_HEAD], uint64_t size)
{
    for (int i = FRAME_HEAD - 1; i >= 0; i--) {
        head[i] =
            size > 0 || i == FRAME_HEAD - 1 ? (char)('0' + size % 10) : ' ';
        size /= 10;
    }
}

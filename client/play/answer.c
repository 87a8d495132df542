#include "client/play/answer.h"

#include <string.h>

enum answer_result
answer_next(struct answer *a, const char **at, const char *end)
{
    size_t n = (size_t)(end - *at);
    enum answer_result found;

    if (a->len == ANSWER_TEXT_MAX)
        a->len = 0;
    if (n > answer_missing(a))
        n = answer_missing(a);
    memcpy(a->text + a->len, *at, n);
    a->len = (uint8_t)(a->len + n);
    *at += n;

    if (memcmp(a->text, "ack", a->len) == 0)
        found = ANSWER_ACK;
    else if (memcmp(a->text, "nak", a->len) == 0)
        found = ANSWER_NAK;
    else
        return ANSWER_WRONG;
    return a->len == ANSWER_TEXT_MAX ? found : ANSWER_MORE;
}

size_t
answer_missing(const struct answer *a)
{
    return a->len == ANSWER_TEXT_MAX ? ANSWER_TEXT_MAX
                                     : (size_t)(ANSWER_TEXT_MAX - a->len);
}

size_t
answer_got(const struct answer *a, const char *at, const char *end, void *got,
           size_t size)
{
    size_t begun = a != NULL ? a->len : 0;
    size_t n = (size_t)(end - at);

    if (begun > size)
        begun = size;
    if (n > size - begun)
        n = size - begun;
    if (begun > 0)
        memcpy(got, a->text, begun);
    memcpy((char *)got + begun, at, n);
    return begun + n;
}

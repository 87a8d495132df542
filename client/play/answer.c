#include "client/play/answer.h"

#include <string.h>

enum answer_result
answer_next(struct answer *a, const char **at, const char *end)
{
    size_t n = (size_t)(end - *at);
    size_t missing = answer_missing(a);
    size_t begun = ANSWER_TEXT_MAX - missing;

    if (n < missing) {
        memcpy(a->text + begun, *at, n);
        a->len = (uint8_t)(begun + n);
        *at = end;
        return memcmp(a->text, "ack", a->len) == 0 ||
                       memcmp(a->text, "nak", a->len) == 0
                   ? ANSWER_MORE
                   : ANSWER_WRONG;
    }
    for (size_t i = begun; i < ANSWER_TEXT_MAX; i++)
        a->text[i] = *(*at)++;
    a->len = ANSWER_TEXT_MAX;
    if (memcmp(a->text, "ack", ANSWER_TEXT_MAX) == 0)
        return ANSWER_ACK;
    return memcmp(a->text, "nak", ANSWER_TEXT_MAX) == 0 ? ANSWER_NAK
                                                        : ANSWER_WRONG;
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

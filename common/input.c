#include "common/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENOUGH 16384 /* bytes */

/* Ends the input with an error. */
static void
fail(struct input *in, int error)
{
    in->ended = true;
    in->error = error;
}

/* Copies size more bytes to the memory. */
static void
copy(struct input *in, const char *bytes, size_t size)
{
    size_t wanted = in->end + size;

    if (in->memory == NULL || wanted > in->room) {
        char *memory = realloc(in->memory, 2 * wanted);

        if (memory == NULL) {
            fail(in, ENOMEM);
            return;
        }
        in->bytes = in->memory = memory;
        in->room = 2 * wanted;
    }
    memcpy(in->memory + in->end, bytes, size);
    in->end = wanted;
}

void
input_add(struct input *in, const char *bytes, int result)
{
    if (result <= 0) {
        fail(in, -result);
    } else if (in->begin < in->end) {
        copy(in, bytes, (size_t)result);
    } else {
        in->bytes = bytes;
        in->begin = 0;
        in->end = (size_t)result;
    }
}

void
input_keep(struct input *in)
{
    size_t begin = in->begin;
    size_t size = in->end - begin;

    if (size == 0 || in->memory != NULL)
        return;
    in->begin = in->end = 0;
    copy(in, in->bytes + begin, size);
}

ssize_t
input_take(struct input *in, char *space, size_t size)
{
    size_t kept = in->end - in->begin;

    if (size > kept)
        size = kept;
    if (kept == 0) {
        errno = in->ended ? in->error : EAGAIN;
        return errno == 0 ? 0 : -1;
    }
    memcpy(space, in->bytes + in->begin, size);
    in->begin += size;
    if (size == kept && !in->ended)
        input_drop(in); /* so that a silent client keeps no memory */
    return (ssize_t)size;
}

enum conn_event
input_event(const struct input *in)
{
    if (in->error != 0)
        return CONN_GONE;
    return in->ended ? CONN_ENDED : CONN_READY;
}

bool
input_is_enough(const struct input *in)
{
    return in->end - in->begin > ENOUGH;
}

void
input_drop(struct input *in)
{
    free(in->memory);
    *in = (struct input){0};
}

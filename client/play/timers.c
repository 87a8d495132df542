#include "client/play/timers.h"

#include <stdlib.h>

#include "common/clock.h"

int
timers_open(struct timers *t, size_t max)
{
    t->count = 0;
    t->heap = calloc(max, sizeof(*t->heap));
    return t->heap == NULL ? -1 : 0;
}

void
timers_close(struct timers *t)
{
    free(t->heap);
    t->heap = NULL;
}

void
timers_add(struct timers *t, int64_t when_ns, int client)
{
    size_t i = t->count++;

    /* The children of i are at 2 i + 1 and 2 i + 2. */
    while (i > 0 && t->heap[(i - 1) / 2].when_ns > when_ns) {
        t->heap[i] = t->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    t->heap[i] = (struct timer){.when_ns = when_ns, .client = client};
}

int64_t
timers_next(const struct timers *t)
{
    return t->count > 0 ? t->heap[0].when_ns : CLOCK_NEVER;
}

bool
timers_take(struct timers *t, int64_t now_ns, int *client)
{
    struct timer last;
    size_t i = 0;
    size_t child = 1;

    if (t->count == 0 || t->heap[0].when_ns > now_ns)
        return false;
    *client = t->heap[0].client;
    last = t->heap[--t->count];
    while (child < t->count) {
        if (child + 1 < t->count &&
            t->heap[child + 1].when_ns < t->heap[child].when_ns)
            child++;
        if (last.when_ns <= t->heap[child].when_ns)
            break;
        t->heap[i] = t->heap[child];
        i = child;
        child = 2 * i + 1;
    }
    t->heap[i] = last;
    return true;
}

#include "common/deadline.h"

#include <assert.h>
#include <stddef.h>

#include "common/clock.h"

void
deadline_init(struct deadline_queue *q)
{
    q->ends.prev = q->ends.next = &q->ends;
}

void
deadline_add(struct deadline_queue *q, struct deadline *d, int64_t when_ns)
{
    struct deadline *before = q->ends.prev;

    assert(d->next == NULL);
    while (before != &q->ends && before->when_ns > when_ns)
        before = before->prev;
    d->when_ns = when_ns;
    d->prev = before;
    d->next = before->next;
    before->next->prev = d;
    before->next = d;
}

void
deadline_remove(struct deadline *d)
{
    if (d->next == NULL)
        return;
    d->prev->next = d->next;
    d->next->prev = d->prev;
    d->prev = d->next = NULL;
}

struct deadline *
deadline_first(const struct deadline_queue *q)
{
    return q->ends.next == &q->ends ? NULL : q->ends.next;
}

int64_t
deadline_next(const struct deadline_queue *q)
{
    const struct deadline *first = deadline_first(q);

    return first == NULL ? CLOCK_NEVER : first->when_ns;
}

#include "client/inside/stretches.h"

#include <stddef.h>

/* Returns how many columns an axis has. */
static int
count(const struct stretches_axis *axis)
{
    return axis->columns > 0 ? axis->columns : axis->recording->count;
}

const struct sample *
stretches_sample(const struct stretches_axis *axis, int column)
{
    double part = (double)(column + 1) / axis->columns;
    int64_t at_ns;
    int index;

    if (axis->columns == 0)
        return axis->recording->samples[column];
    at_ns =
        axis->from_ns + (int64_t)((double)(axis->to_ns - axis->from_ns) * part);
    if (column == axis->columns - 1)
        at_ns = axis->to_ns;
    index = at_ns < 0 ? -1 : recording_at(axis->recording, at_ns);
    return index == -1 ? NULL : axis->recording->samples[index];
}

/* Returns the task that serves a client; NULL: none is seen to do so. */
static const struct sample_task *
find_server(const struct sample *s, int client)
{
    for (int i = 0;
         s->clients[client].place == SAMPLE_SERVED && i < s->task_count; i++)
        if (s->tasks[i].client == client)
            return &s->tasks[i];
    return NULL;
}

static struct stretch
look_at_client(const struct stretches_axis *axis, int client, int column)
{
    const struct sample *s = stretches_sample(axis, column);
    struct stretch st = {.first = column, .sample = s};

    if (s != NULL) {
        st.appearance = sample_appearance(&s->clients[client]);
        st.task = find_server(s, client);
    }
    return st;
}

struct stretch
stretches_of_client(const struct stretches_axis *axis, int client, int column)
{
    struct stretch st = look_at_client(axis, client, column);

    for (st.end = column + 1; st.end < count(axis); st.end++) {
        struct stretch next = look_at_client(axis, client, st.end);

        if (next.appearance != st.appearance)
            break;
        if (axis->by_task && next.task != NULL && st.task == NULL)
            st.task = next.task;
        if (axis->by_task && next.task != NULL &&
            next.task->row != st.task->row)
            break;
    }
    return st;
}

static const struct sample_task *
task_in(const struct stretches_axis *axis, int row, int column)
{
    const struct sample *s = stretches_sample(axis, column);

    return s == NULL ? NULL : recording_task(s, row);
}

/* Returns whether a task does the same for the same client at both moments. */
static bool
is_same(const struct sample_task *a, const struct sample_task *b)
{
    return a == b || (a != NULL && b != NULL && a->kind == b->kind &&
                      a->client == b->client);
}

struct stretch
stretches_of_task(const struct stretches_axis *axis, int row, int column)
{
    struct stretch st = {.first = column,
                         .sample = stretches_sample(axis, column),
                         .task = task_in(axis, row, column)};

    for (st.end = column + 1; st.end < count(axis); st.end++)
        if (!is_same(task_in(axis, row, st.end), st.task))
            break;
    return st;
}

#include "client/inside/recording.h"

#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/memory.h"
#include "common/clock.h"

void
recording_open(struct recording *r, const char *command, int clients,
               int messages)
{
    memset(r, 0, sizeof(*r));
    text_printable(r->command, sizeof(r->command), command);
    r->clients = clients;
    r->messages = messages;
    r->call_count = 1;
    r->listeners = 1;
    r->stride = 1;
    r->samples = memory_get(RECORDING_BYTES_MAX / sizeof(**r->samples),
                            sizeof(*r->samples));
}

void
recording_close(struct recording *r)
{
    for (int i = 0; i < r->count; i++)
        free(r->samples[i]);
    free(r->samples);
    r->samples = NULL;
    r->count = 0;
}

static size_t
size_of(const struct recording *r, const struct sample *s)
{
    return sizeof(struct sample *) + sizeof(*s) +
           (size_t)r->clients * sizeof(*s->clients) +
           (size_t)s->task_count * sizeof(*s->tasks);
}

/* Drops every second sample. */
static void
thin(struct recording *r)
{
    int kept = 0;

    for (int i = 0; i < r->count; i++)
        if (i % 2 == 0) {
            r->samples[kept++] = r->samples[i];
        } else {
            r->bytes -= size_of(r, r->samples[i]);
            free(r->samples[i]);
        }
    r->count = kept;
    r->stride *= 2;
}

void
recording_add(struct recording *r, const struct sample *s)
{
    size_t size = size_of(r, s);
    struct sample *copy;

    if (r->taken++ % r->stride != 0)
        return;
    if (r->bytes + size > RECORDING_BYTES_MAX && r->count > 1)
        thin(r);
    copy = memory_get(1, size);
    *copy = *s;
    copy->clients = (struct sample_client *)(copy + 1);
    copy->tasks = (struct sample_task *)(copy->clients + r->clients);
    memcpy(copy->clients, s->clients,
           (size_t)r->clients * sizeof(*copy->clients));
    memcpy(copy->tasks, s->tasks, (size_t)s->task_count * sizeof(*copy->tasks));
    r->samples[r->count++] = copy;
    r->bytes += size;
}

int
recording_add_row(struct recording *r, pid_t pid, pid_t tid, const char *name)
{
    struct recording_row *row = &r->rows[r->row_count];

    if (r->row_count == RECORDING_ROWS_MAX)
        return SAMPLE_NOBODY;
    row->pid = pid;
    row->tid = tid;
    text_visible(row->name, sizeof(row->name), name, strlen(name));
    return r->row_count++;
}

int
recording_call(struct recording *r, const char *name)
{
    for (int i = 0; i < r->call_count; i++)
        if (strcmp(r->calls[i], name) == 0)
            return i;
    if (r->call_count == RECORDING_CALLS_MAX)
        return 0;
    text_visible(r->calls[r->call_count], RECORDING_NAME_MAX, name,
                 strlen(name));
    return r->call_count++;
}

int
recording_at(const struct recording *r, int64_t at_ns)
{
    int low = 0;
    int high = r->count;

    while (low < high) {
        int middle = (low + high) / 2;

        if (r->samples[middle]->at_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

const struct sample_task *
recording_task(const struct sample *s, int row)
{
    for (int i = 0; i < s->task_count; i++)
        if (s->tasks[i].row == row)
            return &s->tasks[i];
    return NULL;
}

int
recording_rate(const struct recording *r)
{
    int64_t span_ns =
        r->count > 1 ? r->samples[r->count - 1]->at_ns - r->samples[0]->at_ns
                     : 0;

    if (span_ns == 0)
        return 0;
    return (int)(((r->count - 1) * CLOCK_S + span_ns / 2) / span_ns);
}

int
recording_unread(const struct recording *r, const struct sample *s)
{
    int bytes = 0;

    for (int i = 0; i < r->clients; i++)
        bytes += s->clients[i].unread;
    return bytes;
}

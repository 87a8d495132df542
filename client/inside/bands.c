#include "client/inside/bands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "common/clock.h"

#define LINE_LEN     (2 * TERMINAL_WIDTH_MAX)
#define WORDS_MAX    48
#define CALL_COLUMNS 24

/* Writes the part of a line that is left of the strip, cut to its room. */
static void __attribute__((format(printf, 2, 3)))
put_line(const struct bands *b, const char *format, ...)
{
    char line[LINE_LEN];
    va_list args;
    int left;

    va_start(args, format);
    (void)text_vprint(line, sizeof(line), format, args);
    va_end(args);
    left = text_line(b->strip.out, line,
                     b->strip.width > 0 ? BANDS_STRIP_AT - 1 : b->width);
    if (b->strip.width > 0)
        fprintf(b->strip.out, "%*s", left + 1, "");
}

/* Returns whether there is room only for what is most important. */
static bool
is_narrow(const struct bands *b)
{
    return b->width < BANDS_STRIP_AT;
}

/* --- clients ---------------------------------------------------------------
 */

static const char *
wish_words(char out[WORDS_MAX], const struct sample_client *client)
{
    static const char *const words[SAMPLE_WISHES] = {
        [SAMPLE_NOTHING] = "",
        [SAMPLE_CONNECTION] = "connection",
        [SAMPLE_END] = "the server to close",
        [SAMPLE_PAUSE] = "nothing: it pauses",
    };

    if (client->wish == SAMPLE_ANSWER)
        snprintf(out, WORDS_MAX, "answer to message %d", client->message);
    else
        snprintf(out, WORDS_MAX, "%s", words[client->wish]);
    return out;
}

static const char *
place_words(char out[WORDS_MAX], const struct sample_client *client)
{
    const char *name = sample_places[client->place].name;

    switch (client->place) {
    case SAMPLE_QUEUED:
        snprintf(out, WORDS_MAX, "%s, %d bytes", name, client->unread);
        break;
    case SAMPLE_UNREAD:
        snprintf(out, WORDS_MAX, "accepted, %d bytes unread", client->unread);
        break;
    case SAMPLE_READ:
        snprintf(out, WORDS_MAX, "read, nothing unread");
        break;
    case SAMPLE_SERVED:
        snprintf(out, WORDS_MAX, "read, and being served");
        break;
    default:
        snprintf(out, WORDS_MAX, "%s", name);
    }
    return out;
}

static void
put_client(struct bands *b, int client)
{
    const struct sample_client *seen = &b->sample->clients[client];
    char wish[WORDS_MAX];
    char place[WORDS_MAX];

    if (is_narrow(b))
        put_line(b, "%6d  %s", client + 1, place_words(place, seen));
    else
        put_line(b, "%6d  %-20s %s", client + 1, wish_words(wish, seen),
                 place_words(place, seen));
    strip_client(&b->strip, client);
    putc('\n', b->strip.out);
}

/* Returns where a client belongs: by the task that serves it, or by its number.
 * If not all have a line, those that have ended need it least. */
static int
rank_of(const struct bands *b, int client, bool fit)
{
    const struct sample *s = b->sample;

    if (!fit && s->clients[client].place == SAMPLE_ENDED)
        return RECORDING_ROWS_MAX + 1;
    for (int i = 0; b->by_worker && i < s->task_count; i++)
        if (s->tasks[i].client == client)
            return s->tasks[i].row;
    return RECORDING_ROWS_MAX;
}

static void
order_clients(const struct bands *b, int order[RECORDING_CLIENTS_MAX], bool fit)
{
    for (int i = 0; i < b->recording->clients; i++) {
        int at = i;

        for (; at > 0 && rank_of(b, order[at - 1], fit) > rank_of(b, i, fit);
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

/* Writes where the clients are that have no line of their own. */
static void
put_others(const struct bands *b, const int *order, int count)
{
    int places[SAMPLE_PLACES] = {0};
    char line[LINE_LEN];
    int len = snprintf(line, sizeof(line), "   ... %d more", count);
    const char *mark = ":";

    for (int i = 0; i < count; i++)
        places[b->sample->clients[order[i]].place]++;
    for (int i = 0; i < SAMPLE_PLACES; i++)
        if (places[i] > 0) { /* the names of all places fit into a line */
            len += snprintf(line + len, sizeof(line) - (size_t)len, "%s %d %s",
                            mark, places[i], sample_places[i].name);
            mark = ",";
        }
    fprintf(b->strip.out, "%.*s\n", b->width, line);
}

void
bands_clients(struct bands *b, int lines)
{
    int order[RECORDING_CLIENTS_MAX] = {0};
    char last[WORDS_MAX];
    int shown =
        b->recording->clients <= lines ? b->recording->clients : lines - 1;

    snprintf(last, sizeof(last), "last %s",
             TEXT_TIME(b->strip.to_ns - b->strip.from_ns));
    order_clients(b, order, shown == b->recording->clients);
    if (is_narrow(b))
        put_line(b, "client  in the kernel");
    else
        put_line(b, "client  %-20s %s", "waits for", "in the kernel");
    if (b->strip.width > 0)
        fprintf(b->strip.out, "%.*s", b->strip.width, last);
    putc('\n', b->strip.out);
    for (int i = 0; i < shown; i++)
        put_client(b, order[i]);
    if (shown < b->recording->clients)
        put_others(b, order + shown, b->recording->clients - shown);
}

/* --- the queue -------------------------------------------------------------
 */

void
bands_queue(struct bands *b)
{
    const struct sample *s = b->sample;
    char overflows[WORDS_MAX] = "";
    char queues[WORDS_MAX] = "accept queue";

    if (s->overflows != SAMPLE_UNKNOWN)
        snprintf(overflows, sizeof(overflows), "overflows %lld on this machine",
                 (long long)s->overflows);
    if (b->recording->listeners > 1)
        snprintf(queues, sizeof(queues), "%d accept queues",
                 b->recording->listeners);
    if (s->queue == SAMPLE_UNKNOWN)
        put_line(b, "accept queue not known here");
    else
        put_line(b, "%s %d of %d%-8s %s", queues, s->queue, s->room,
                 s->torn               ? ", moving"
                 : s->queue >= s->room ? ", full"
                                       : "",
                 overflows);
    strip_queue(&b->strip);
    putc('\n', b->strip.out);
}

/* --- tasks -----------------------------------------------------------------
 */

static const char *
call_words(char out[WORDS_MAX], const struct recording *r,
           const struct sample_task *t)
{
    const char *name = sample_kinds[t->kind].name;

    if (t->call == 0)
        snprintf(out, WORDS_MAX, "%s", name);
    else if (t->fd != SAMPLE_UNKNOWN)
        snprintf(out, WORDS_MAX, "%s (%s %d)", name, r->calls[t->call], t->fd);
    else
        snprintf(out, WORDS_MAX, "%s (%s)", name, r->calls[t->call]);
    if (strlen(out) > CALL_COLUMNS) /* what it means is more important */
        snprintf(out, WORDS_MAX, "%s", name);
    return out;
}

/* Returns how much of a CPU a task used since the strips begin, in percent; -1
 * if there is nothing to compare with. */
static int
cpu_share(const struct bands *b, const struct sample_task *t)
{
    int index = recording_at(b->recording, b->strip.from_ns);

    for (index = index < 0 ? 0 : index;
         b->recording->samples[index] != b->sample; index++) {
        const struct sample *before = b->recording->samples[index];
        const struct sample_task *then = recording_task(before, t->row);

        if (then != NULL && b->sample->at_ns > before->at_ns)
            return (int)(100 * (t->cpu_ns - then->cpu_ns) /
                         (b->sample->at_ns - before->at_ns));
    }
    return -1;
}

static void
put_task(struct bands *b, int row)
{
    const struct sample_task *t = recording_task(b->sample, row);
    const struct recording_row *task = &b->recording->rows[row];
    char call[WORDS_MAX];
    char client[WORDS_MAX] = "-";
    char cpu[WORDS_MAX] = "";
    int share = t == NULL ? -1 : cpu_share(b, t);

    if (t != NULL && t->client != SAMPLE_NOBODY)
        snprintf(client, sizeof(client), "%d%s", t->client + 1,
                 t->inferred ? "?" : "");
    if (share != -1)
        snprintf(cpu, sizeof(cpu), "%d %%", share);
    if (is_narrow(b))
        put_line(b, "%-9s %-*s %3s", task->name, CALL_COLUMNS,
                 t == NULL ? "ended" : call_words(call, b->recording, t),
                 client);
    else if (t == NULL)
        put_line(b, "%-9s %7d ended", task->name, (int)task->tid);
    else
        put_line(b, "%-9s %7d %-*s %3s %6.2f %5s", task->name, (int)task->tid,
                 CALL_COLUMNS, call_words(call, b->recording, t), client,
                 clock_seconds(b->sample->at_ns - t->since_ns), cpu);
    strip_task(&b->strip, row);
    putc('\n', b->strip.out);
}

int
bands_find_tasks(const struct bands *b, int rows[RECORDING_ROWS_MAX])
{
    int index = recording_at(b->recording, b->strip.from_ns);
    bool found[RECORDING_ROWS_MAX] = {false};
    int count = 0;

    for (index = index < 0 ? 0 : index;
         index < b->recording->count &&
         b->recording->samples[index]->at_ns <= b->sample->at_ns;
         index++)
        for (int i = 0; i < b->recording->samples[index]->task_count; i++)
            found[b->recording->samples[index]->tasks[i].row] = true;
    for (int i = 0; i < b->recording->row_count; i++)
        if (found[i])
            rows[count++] = i;
    return count;
}

void
bands_tasks(struct bands *b, const int *rows, int count, int lines)
{
    int shown = count <= lines ? count : lines - 1;

    if (is_narrow(b))
        put_line(b, "%-9s %-*s %3s", "server", CALL_COLUMNS, "is in", "for");
    else
        put_line(b, "%-9s %7s %-*s %3s %6s %5s", "server", "id", CALL_COLUMNS,
                 "is in", "for", "since", "CPU");
    putc('\n', b->strip.out);
    for (int i = 0; i < shown; i++)
        put_task(b, rows[i]);
    if (shown < count)
        fprintf(b->strip.out, "   ... %d more\n", count - shown);
}

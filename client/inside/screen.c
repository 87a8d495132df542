#include "client/inside/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/inside/sentences.h"
#include "client/inside/strip.h"
#include "client/memory.h"
#include "common/clock.h"

#define LINE_LEN    (2 * TERMINAL_WIDTH_MAX)
#define STRIP_AT    60 /* the column in which the strips begin */
#define STRIP_MIN   5  /* columns; a shorter one is left out */
#define STRIP_FINE  50 /* columns for a second; more show more time */
#define FIXED_LINES 4  /* title, two headings, queue */
#define FOOT_LINES  4  /* legend and sentences, if they are short */
#define ROWS_MIN    4  /* lines for clients and tasks */
#define BLANK_LINES 3  /* between the parts, if there is room */
#define WORDS_MAX   48

struct screen {
    FILE *out;
    const struct recording *r;
    const struct sample *s;
    const struct screen_options *options;
    struct strip strip;
};

/* Writes the part of a line that is left of the strip, cut to its room. */
static void __attribute__((format(printf, 2, 3)))
put_line(const struct screen *c, const char *format, ...)
{
    char line[LINE_LEN];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (c->strip.width > 0)
        fprintf(c->out, "%-*.*s ", STRIP_AT - 1, STRIP_AT - 1, line);
    else
        fprintf(c->out, "%.*s", c->options->terminal.width, line);
}

static void
put_title(const struct screen *c)
{
    int width = c->options->terminal.width;
    char right[WORDS_MAX * 2];
    int left;

    snprintf(right, sizeof(right), "%s%s%d client%s  %.2f s  %d a second",
             c->options->status, *c->options->status != '\0' ? "  " : "",
             c->r->clients, text_plural(c->r->clients),
             clock_seconds(c->s->at_ns), recording_rate(c->r));
    left = width - (int)strlen(right) - 2;
    if (left < 0)
        left = 0;
    fprintf(c->out, "%-*.*s  %.*s\n", left, left, c->r->command, width - 2,
            right);
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
put_client(struct screen *c, int client)
{
    const struct sample_client *seen = &c->s->clients[client];
    char wish[WORDS_MAX];
    char place[WORDS_MAX];

    put_line(c, "%6d  %-20s %s", client + 1, wish_words(wish, seen),
             place_words(place, seen));
    strip_client(&c->strip, client);
    putc('\n', c->out);
}

/* Returns where a client belongs: by the task that serves it, or by its number.
 * If not all have a line, those that have ended need it least. */
static int
rank_of(const struct screen *c, int client, bool fit)
{
    const struct sample *s = c->s;

    if (!fit && s->clients[client].place == SAMPLE_ENDED)
        return RECORDING_ROWS_MAX + 1;
    for (int i = 0; c->options->by_worker && i < s->task_count; i++)
        if (s->tasks[i].client == client)
            return s->tasks[i].row;
    return RECORDING_ROWS_MAX;
}

static void
order_clients(const struct screen *c, int order[RECORDING_CLIENTS_MAX],
              bool fit)
{
    for (int i = 0; i < c->r->clients; i++) {
        int at = i;

        for (; at > 0 && rank_of(c, order[at - 1], fit) > rank_of(c, i, fit);
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

/* Writes where the clients are that have no line of their own. */
static void
put_others(const struct screen *c, const int *order, int count)
{
    int places[SAMPLE_PLACES] = {0};
    char line[LINE_LEN];
    int len = snprintf(line, sizeof(line), "   ... %d more", count);
    const char *mark = ":";

    for (int i = 0; i < count; i++)
        places[c->s->clients[order[i]].place]++;
    for (int i = 0; i < SAMPLE_PLACES; i++)
        if (places[i] > 0) { /* the names of all places fit into a line */
            len += snprintf(line + len, sizeof(line) - (size_t)len, "%s %d %s",
                            mark, places[i], sample_places[i].name);
            mark = ",";
        }
    fprintf(c->out, "%.*s\n", c->options->terminal.width, line);
}

static void
put_clients(struct screen *c, int lines)
{
    int order[RECORDING_CLIENTS_MAX];
    char last[WORDS_MAX];
    int shown = c->r->clients <= lines ? c->r->clients : lines - 1;

    snprintf(last, sizeof(last), "last %s",
             TEXT_TIME(c->strip.to_ns - c->strip.from_ns));
    order_clients(c, order, shown == c->r->clients);
    put_line(c, "client  %-20s %s", "waits for", "in the kernel");
    if (c->strip.width > 0)
        fprintf(c->out, "%.*s", c->strip.width, last);
    putc('\n', c->out);
    for (int i = 0; i < shown; i++)
        put_client(c, order[i]);
    if (shown < c->r->clients)
        put_others(c, order + shown, c->r->clients - shown);
}

/* --- the queue -------------------------------------------------------------
 */

static void
put_queue(struct screen *c)
{
    const struct sample *s = c->s;
    char overflows[WORDS_MAX] = "";

    if (s->overflows != SAMPLE_UNKNOWN)
        snprintf(overflows, sizeof(overflows), "overflows %lld on this machine",
                 (long long)s->overflows);
    if (s->queue == SAMPLE_UNKNOWN)
        put_line(c, "accept queue not known here");
    else
        put_line(c, "accept queue %d of %d%-8s %s", s->queue, s->room,
                 s->torn               ? ", moving"
                 : s->queue >= s->room ? ", full"
                                       : "",
                 overflows);
    strip_queue(&c->strip);
    putc('\n', c->out);
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
    return out;
}

/* Returns how much of a CPU a task used since the strips begin, in percent; -1
 * if there is nothing to compare with. */
static int
cpu_share(const struct screen *c, const struct sample_task *t)
{
    int index = recording_at(c->r, c->strip.from_ns);

    for (index = index < 0 ? 0 : index; c->r->samples[index] != c->s; index++) {
        const struct sample *before = c->r->samples[index];
        const struct sample_task *b = recording_task(before, t->row);

        if (b != NULL && c->s->at_ns > before->at_ns)
            return (int)(100 * (t->cpu_ns - b->cpu_ns) /
                         (c->s->at_ns - before->at_ns));
    }
    return -1;
}

static void
put_task(struct screen *c, int row)
{
    const struct sample_task *t = recording_task(c->s, row);
    const struct recording_row *task = &c->r->rows[row];
    char call[WORDS_MAX];
    char client[WORDS_MAX] = "-";
    char cpu[WORDS_MAX] = "";
    int share = t == NULL ? -1 : cpu_share(c, t);

    if (t != NULL && t->client != SAMPLE_NOBODY)
        snprintf(client, sizeof(client), "%d%s", t->client + 1,
                 t->inferred ? "?" : "");
    if (share != -1)
        snprintf(cpu, sizeof(cpu), "%d %%", share);
    if (t == NULL)
        put_line(c, "%-9s %7d ended", task->name, (int)task->tid);
    else
        put_line(c, "%-9s %7d %-24.24s %3s %6.2f %5s", task->name,
                 (int)task->tid, call_words(call, c->r, t), client,
                 clock_seconds(c->s->at_ns - t->since_ns), cpu);
    strip_task(&c->strip, row);
    putc('\n', c->out);
}

/* Finds the tasks that existed during the strips.  Returns how many. */
static int
find_rows(const struct screen *c, int rows[RECORDING_ROWS_MAX])
{
    int index = recording_at(c->r, c->strip.from_ns);
    bool found[RECORDING_ROWS_MAX] = {false};
    int count = 0;

    for (index = index < 0 ? 0 : index;
         index < c->r->count && c->r->samples[index]->at_ns <= c->s->at_ns;
         index++)
        for (int i = 0; i < c->r->samples[index]->task_count; i++)
            found[c->r->samples[index]->tasks[i].row] = true;
    for (int i = 0; i < c->r->row_count; i++)
        if (found[i])
            rows[count++] = i;
    return count;
}

static void
put_tasks(struct screen *c, const int *rows, int count, int lines)
{
    int shown = count <= lines ? count : lines - 1;

    put_line(c, "%-9s %7s %-24s %3s %6s %5s", "server", "id", "is in", "for",
             "since", "CPU");
    putc('\n', c->out);
    for (int i = 0; i < shown; i++)
        put_task(c, rows[i]);
    if (shown < count)
        fprintf(c->out, "   ... %d more\n", count - shown);
}

/* --- the whole -------------------------------------------------------------
 */

/* Returns how long the strips of a picture of this width are, in time. */
static int64_t
span_ns(int columns)
{
    return columns > STRIP_FINE ? columns * CLOCK_S / STRIP_FINE : CLOCK_S;
}

/* Draws everything above the legend, with so many lines for clients and tasks.
 */
static void
put_bands(struct screen *c, int lines)
{
    int rows[RECORDING_ROWS_MAX];
    int count = find_rows(c, rows);
    int clients = c->r->clients;
    const char *blank = clients + count + BLANK_LINES <= lines ? "\n" : "";

    if (clients + count > lines && clients > lines / 2)
        clients = count < lines / 2 ? lines - count : lines / 2;
    put_title(c);
    put_clients(c, clients);
    fputs(blank, c->out);
    put_queue(c);
    fputs(blank, c->out);
    put_tasks(c, rows, count, lines - clients);
    fputs(blank, c->out);
}

/* Draws what is below the bands. */
static void
put_foot(struct screen *c)
{
    int width = c->options->terminal.width;
    char words[SENTENCES_MAX];

    strip_legend(&c->strip, width);
    text_words(c->out, sentences_of(words, c->r, c->s), 0, width);
}

/* Returns how many lines text has, and where it would have more than most. */
static int
count_lines(const char *text, int most, size_t *end)
{
    int lines = 0;

    *end = 0;
    for (size_t i = 0; text[i] != '\0'; i++)
        if (text[i] == '\n' && ++lines <= most)
            *end = i + 1;
    return lines;
}

/* Draws the picture but for its last line, with so many lines for clients and
 * tasks.  Returns text that the caller frees. */
static char *
draw(struct screen *c, int lines)
{
    char *text;
    size_t size;

    c->out = c->strip.out = memory_open(&text, &size);
    put_bands(c, lines);
    put_foot(c);
    memory_close(c->out);
    return text;
}

void
screen_draw(FILE *out, const struct recording *r, int index,
            const struct screen_options *options)
{
    const struct terminal *t = &options->terminal;
    int columns = t->width - STRIP_AT >= STRIP_MIN ? t->width - STRIP_AT : 0;
    int height = t->height - 1;
    struct screen c = {
        .r = r,
        .s = r->samples[index],
        .options = options,
        .strip = {.recording = r,
                  .from_ns = r->samples[index]->at_ns - span_ns(columns),
                  .to_ns = r->samples[index]->at_ns,
                  .width = columns,
                  .utf8 = t->utf8,
                  .colour = t->colour},
    };
    int lines = height - FIXED_LINES - FOOT_LINES;
    char *text = draw(&c, lines);
    size_t end;
    int more = count_lines(text, height, &end) - height;

    /* If the foot is higher than expected, there is less room above it. */
    if (more > 0) {
        free(text);
        text = draw(&c, lines - more > ROWS_MIN ? lines - more : ROWS_MIN);
        (void)count_lines(text, height, &end);
    }
    fwrite(text, 1, end, out);
    fprintf(out, "%.*s", t->width, options->keys);
    free(text);
}

#include "client/inside/strip.h"

#include <string.h>

#include "client/draw/text.h"

#define NAME_LEN    48
#define AROUND_NAME 4 /* a blank and a letter on either side of a name */

/* Returns the sample that a column shows; NULL if there is none. */
static const struct sample *
sample_of(const struct strip *s, int column)
{
    int64_t at_ns = s->from_ns + (int64_t)((double)(s->to_ns - s->from_ns) *
                                           (column + 1) / s->width);
    int index;

    if (column == s->width - 1)
        at_ns = s->to_ns;
    index = at_ns < 0 ? -1 : recording_at(s->recording, at_ns);
    return index == -1 ? NULL : s->recording->samples[index];
}

/* Writes a stretch of one state.  The name of the state is written between its
 * letters, if it is wanted and there is room for it. */
static void
put_stretch(const struct strip *s, const struct sample_look *look,
            const char *name, int columns)
{
    int len = (int)strlen(name);
    bool named = s->words && columns >= len + AROUND_NAME;
    int before = named ? (columns - len) / 2 - 1 : columns;
    bool colour = s->colour && look->letter != ' ';

    if (colour)
        fprintf(s->out, "\033[%sm", look->colour);
    for (int i = 0; i < before; i++)
        putc(look->letter, s->out);
    if (named)
        fprintf(s->out, " %s ", name);
    for (int i = before + len + 2; named && i < columns; i++)
        putc(look->letter, s->out);
    if (colour)
        fputs("\033[0m", s->out);
}

static int
appearance_in(const struct sample *sample, int client)
{
    return sample == NULL ? SAMPLE_ABSENT
                          : sample_appearance(&sample->clients[client]);
}

void
strip_client(struct strip *s, int client)
{
    for (int i = 0, next; i < s->width; i = next) {
        int place = appearance_in(sample_of(s, i), client);

        for (next = i + 1; next < s->width; next++)
            if (appearance_in(sample_of(s, next), client) != place)
                break;
        s->places[place] = true;
        put_stretch(s, &sample_places[place], sample_places[place].name,
                    next - i);
    }
}

static const struct sample_task *
task_in(const struct sample *sample, int row)
{
    return sample == NULL ? NULL : recording_task(sample, row);
}

/* Returns whether a task does the same for the same client at both moments. */
static bool
is_same(const struct sample_task *a, const struct sample_task *b)
{
    return a == b || (a != NULL && b != NULL && a->kind == b->kind &&
                      a->client == b->client);
}

/* Writes what a task does and for which client, as far as there is room: the
 * client is more important. */
static void
name_task(char out[NAME_LEN], const struct sample_task *t, int columns)
{
    static const char *const before[] = {", client ", "client ", ""};
    const char *name = sample_kinds[t->kind].name;
    const char *mark = t->inferred ? "?" : "";

    if (t->client == SAMPLE_NOBODY)
        snprintf(out, NAME_LEN, "%s", name);
    for (int i = 0; t->client != SAMPLE_NOBODY && i < 3; i++)
        if (snprintf(out, NAME_LEN, "%s%s%d%s", i == 0 ? name : "", before[i],
                     t->client + 1, mark) <= columns)
            break;
}

void
strip_task(struct strip *s, int row)
{
    static const struct sample_look none = {' ', "0", ""};
    char name[NAME_LEN];

    for (int i = 0, next; i < s->width; i = next) {
        const struct sample_task *t = task_in(sample_of(s, i), row);

        for (next = i + 1; next < s->width; next++)
            if (!is_same(task_in(sample_of(s, next), row), t))
                break;
        if (t == NULL) {
            put_stretch(s, &none, "", next - i);
            continue;
        }
        s->kinds[t->kind] = true;
        name_task(name, t, next - i - AROUND_NAME);
        put_stretch(s, &sample_kinds[t->kind], name, next - i);
    }
}

/* Writes a bar that is full if the queue is. */
static void
put_length(const struct strip *s, const struct sample *sample)
{
    static const char *const bars[] = {"_", "▁", "▂", "▃", "▄",
                                       "▅", "▆", "▇", "█"};
    const int heights = sizeof(bars) / sizeof(*bars) - 1;
    int length = sample == NULL ? SAMPLE_UNKNOWN : sample->queue;

    if (length == SAMPLE_UNKNOWN)
        putc(' ', s->out);
    else if (sample->torn)
        putc('~', s->out);
    else if (!s->utf8)
        putc(length > 9 ? '+' : "_123456789"[length], s -> out);
    else if (length >= sample->room)
        fputs(bars[heights], s->out);
    else /* neither empty nor full, unless the queue is */
        fputs(bars[((int64_t)length * (heights - 1) + sample->room - 2) /
                   (sample->room > 1 ? sample->room - 1 : 1)],
              s->out);
}

void
strip_queue(struct strip *s)
{
    for (int i = 0; i < s->width; i++) {
        const struct sample *sample = sample_of(s, i);

        s->torn |= sample != NULL && sample->torn;
        put_length(s, sample);
    }
}

void
strip_legend(const struct strip *s, int width)
{
    struct text_flow flow = text_flow_open(s->out, width, 2);

    for (int i = 0; i < SAMPLE_APPEARANCES; i++)
        if (s->places[i] && sample_places[i].letter != ' ')
            text_flow_item(&flow, "%c %s", sample_places[i].letter,
                           sample_places[i].name);
    for (int i = 0; i < SAMPLE_KINDS; i++)
        if (s->kinds[i])
            text_flow_item(&flow, "%c %s", sample_kinds[i].letter,
                           sample_kinds[i].name);
    if (s->torn)
        text_flow_item(&flow, "~ changed during the sample");
    text_flow_end(&flow);
}

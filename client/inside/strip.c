#include "client/inside/strip.h"

#include <string.h>

#include "client/draw/text.h"
#include "client/inside/stretches.h"

#define NAME_LEN    48
#define AROUND_NAME 4 /* a blank and a letter on either side of a name */

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

static struct stretches_axis
axis_of(const struct strip *s)
{
    return (struct stretches_axis){s->recording, s->from_ns, s->to_ns, s->width,
                                   false};
}

void
strip_client(struct strip *s, int client)
{
    struct stretches_axis axis = axis_of(s);

    for (int i = 0; i < s->width;) {
        struct stretch st = stretches_of_client(&axis, client, i);
        const struct sample_look *look = &sample_places[st.appearance];

        s->places[st.appearance] = true;
        put_stretch(s, look, look->name, st.end - i);
        i = st.end;
    }
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
    struct stretches_axis axis = axis_of(s);
    char name[NAME_LEN] = "";

    for (int i = 0; i < s->width;) {
        struct stretch st = stretches_of_task(&axis, row, i);
        int columns = st.end - i;

        if (st.task != NULL) {
            s->kinds[st.task->kind] = true;
            name_task(name, st.task, columns - AROUND_NAME);
        }
        put_stretch(s, st.task == NULL ? &none : &sample_kinds[st.task->kind],
                    st.task == NULL ? "" : name, columns);
        i = st.end;
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
    struct stretches_axis axis = axis_of(s);

    for (int i = 0; i < s->width; i++) {
        const struct sample *sample = stretches_sample(&axis, i);

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

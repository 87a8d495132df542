#include "client/inside/strip.h"

#include "client/draw/text.h"

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

static void
put(const struct strip *s, const struct sample_look *look)
{
    if (s->colour && look->letter != ' ')
        fprintf(s->out, "\033[%sm%c\033[0m", look->colour, look->letter);
    else
        putc(look->letter, s->out);
}

void
strip_client(struct strip *s, int client)
{
    for (int i = 0; i < s->width; i++) {
        const struct sample *sample = sample_of(s, i);
        enum sample_place place =
            sample == NULL ? SAMPLE_ABSENT : sample->clients[client].place;

        s->places[place] = true;
        put(s, &sample_places[place]);
    }
}

void
strip_task(struct strip *s, int row)
{
    for (int i = 0; i < s->width; i++) {
        const struct sample *sample = sample_of(s, i);
        const struct sample_task *t =
            sample == NULL ? NULL : recording_task(sample, row);

        if (t == NULL) {
            putc(' ', s->out);
            continue;
        }
        s->kinds[t->kind] = true;
        put(s, &sample_kinds[t->kind]);
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
    for (int i = 0; i < s->width; i++)
        put_length(s, sample_of(s, i));
}

void
strip_legend(const struct strip *s, int width)
{
    struct text_flow flow = text_flow_open(s->out, width, 2);

    for (int i = 0; i < SAMPLE_PLACES; i++)
        if (s->places[i] && sample_places[i].letter != ' ')
            text_flow_item(&flow, "%c %s", sample_places[i].letter,
                           sample_places[i].name);
    for (int i = 0; i < SAMPLE_KINDS; i++)
        if (s->kinds[i])
            text_flow_item(&flow, "%c %s", sample_kinds[i].letter,
                           sample_kinds[i].name);
    text_flow_end(&flow);
}

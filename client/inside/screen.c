#include "client/inside/screen.h"

#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/inside/bands.h"
#include "client/inside/sentences.h"
#include "client/memory.h"
#include "common/clock.h"

#define STRIP_MIN   5  /* columns; a shorter one is left out */
#define STRIP_FINE  50 /* columns for a second; more show more time */
#define FIXED_LINES 4  /* title, two headings, queue */
#define FOOT_LINES  4  /* legend and sentences, if they are short */
#define ROWS_MIN    4  /* lines for clients and tasks */
#define BLANK_LINES 3  /* between the parts, if there is room */
#define RIGHT_MAX   100

struct screen {
    const struct screen_options *options;
    struct bands bands;
};

static void
put_title(const struct screen *c)
{
    const struct recording *r = c->bands.recording;
    FILE *out = c->bands.strip.out;
    int width = c->options->terminal.width;
    char right[RIGHT_MAX];
    int left;

    snprintf(right, sizeof(right), "%s%s%.2f s", c->options->status,
             *c->options->status != '\0' ? "  " : "",
             clock_seconds(c->bands.sample->at_ns));
    if (width >= BANDS_STRIP_AT)
        snprintf(right, sizeof(right), "%s%s%d client%s  %.2f s  %d samples/s",
                 c->options->status, *c->options->status != '\0' ? "  " : "",
                 r->clients, text_plural(r->clients),
                 clock_seconds(c->bands.sample->at_ns), recording_rate(r));
    left = width - (int)strlen(right) - 2;
    if (left < 0)
        left = 0;
    left = text_line(out, r->command, left);
    fprintf(out, "%*s  %.*s\n", left, "", width - 2, right);
}

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
    int rows[RECORDING_ROWS_MAX] = {0};
    int count = bands_find_tasks(&c->bands, rows);
    int clients = c->bands.recording->clients;
    FILE *out = c->bands.strip.out;
    const char *blank = clients + count + BLANK_LINES <= lines ? "\n" : "";

    if (clients + count > lines && clients > lines / 2)
        clients = count < lines / 2 ? lines - count : lines / 2;
    put_title(c);
    bands_clients(&c->bands, clients);
    fputs(blank, out);
    bands_queue(&c->bands);
    fputs(blank, out);
    bands_tasks(&c->bands, rows, count, lines - clients);
    fputs(blank, out);
}

/* Draws what is below the bands. */
static void
put_foot(struct screen *c)
{
    int width = c->bands.width;
    char words[SENTENCES_MAX];

    strip_legend(&c->bands.strip, width);
    text_words(c->bands.strip.out,
               sentences_of(words, c->bands.recording, c->bands.sample), 0,
               width);
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

/* Draws the picture except its last line, with so many lines for clients and
 * tasks.  Returns text that the caller frees. */
static char *
draw(struct screen *c, int lines)
{
    char *text;
    size_t size;

    c->bands.strip.out = memory_open(&text, &size);
    put_bands(c, lines);
    put_foot(c);
    memory_close(c->bands.strip.out);
    return text;
}

void
screen_draw(FILE *out, const struct recording *r, int index,
            const struct screen_options *options)
{
    const struct terminal *t = &options->terminal;
    int columns =
        t->width - BANDS_STRIP_AT >= STRIP_MIN ? t->width - BANDS_STRIP_AT : 0;
    int height = t->height - 1;
    const struct sample *s = r->samples[index];
    struct screen c = {
        .options = options,
        .bands = {.recording = r,
                  .sample = s,
                  .width = t->width,
                  .by_worker = options->by_worker,
                  .strip = {.recording = r,
                            .from_ns = s->at_ns - span_ns(columns),
                            .to_ns = s->at_ns,
                            .width = columns,
                            .utf8 = t->utf8,
                            .colour = t->colour}},
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

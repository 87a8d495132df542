#include "client/draw/live.h"

#include <stdlib.h>
#include <string.h>

#include "client/draw/panel.h"
#include "client/draw/text.h"
#include "client/record/record.h"
#include "client/draw/terminal.h"
#include "client/draw/timeline.h"
#include "common/clock.h"

#define TICK_NS  (100 * CLOCK_MS)
#define SHARE    50 /* repainting takes at most this part of the run */
#define SPAN_MIN CLOCK_S
#define BUFFER   65536 /* holds a whole picture on any usual terminal */

/* What the terminal is like, whatever the user wants. */
static const struct terminal_options plain = {.colour = TERMINAL_NEVER};

/* Returns whether the cursor moves on the terminal, if it is one. */
static bool
can_move(void)
{
    const char *term = getenv("TERM");

    return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

/* Asks what the terminal is like now.  Returns whether so many clients fit, in
 * a picture as wide as it is to be. */
static bool
fits(struct live *live, int clients)
{
    int fd = fileno(live->out);
    struct terminal *t = &live->terminal;

    live->columns = terminal_ask(fd, &plain).width;
    *t = terminal_ask(fd, live->options);
    /* Without a height it is no terminal. */
    return t->height > 0 && t->width <= live->columns &&
           clients <= timeline_lanes(t->width, t->height);
}

/* Returns how many lines of a terminal a text takes that ends with a line. */
static int
count_lines(const char *text, int columns)
{
    int lines = 0;
    int column = 0;

    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            lines++;
            column = 0;
        } else if (*text == '\033') {
            text += strcspn(text, "m"); /* colours are all there is */
        } else if ((*text & 0xc0) != 0x80 && ++column > columns) {
            /* The first byte of a character for which there is no room. */
            lines++;
            column = 1;
        }
    }
    return lines;
}

/* Returns how far the axis reaches: 1, 2, 5, 10, 20 ... s, so that marks stay
 * where they are from one repaint to the next. */
static int64_t
axis_ns(int64_t now_ns)
{
    return text_round_up(now_ns > SPAN_MIN ? now_ns : SPAN_MIN);
}

/* Returns a picture of the run until now, to be freed; NULL if there is not the
 * memory. */
static char *
draw(struct live *live, const struct record *r, int64_t now_ns)
{
    const struct terminal *t = &live->terminal;
    struct record until_now = *r;
    struct panel panel = panel_alone(&until_now, &live->figures);
    struct timeline_options options = {
        .width = t->width,
        .lanes = timeline_lanes(t->width, t->height),
        .utf8 = t->utf8,
        .colour = t->colour,
        .live = true,
        .span_ns = axis_ns(now_ns),
    };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool drawn;

    if (out == NULL)
        return NULL;
    /* Whoever has not ended is drawn up to here. */
    until_now.ended_ns = now_ns;
    live->figures.all_done_ns = now_ns;
    drawn = timeline_draw(out, &panel, 1, &options) == 0;
    if (fclose(out) == 0 && drawn)
        return text;
    free(text);
    return NULL;
}

/* Puts the cursor back to where the picture began.  A terminal that has been
 * resized has folded its lines anew (most do). */
static void
go_back(const struct live *live)
{
    int lines =
        live->drawn != NULL ? count_lines(live->drawn, live->columns) : 0;

    putc('\r', live->out);
    if (lines > 0)
        fprintf(live->out, "\033[%dA", lines);
}

/* Shows a picture, which is to be freed later, in the place of the last. */
static void
show(struct live *live, char *picture)
{
    const char *line = picture;

    go_back(live);
    while (*line != '\0') {
        int len = (int)strcspn(line, "\n") + 1;

        /* What was there is erased before, since after a line that is full the
         * cursor is still on its last column. */
        fprintf(live->out, "\033[K%.*s", len, line);
        line += len;
    }
    fputs("\033[J", live->out); /* the last may have had more lines */
    free(live->drawn);
    live->drawn = picture;
}

/* A time has been added to others. */
static void
add_time(struct figures_times *times, int64_t ns)
{
    if (times->count++ == 0 || ns < times->min_ns)
        times->min_ns = ns;
}

/* Keeps the figures up to date.  figures_compute would sort all answers for
 * each repaint, and those that come meanwhile would seem to be late. */
static void
happened(void *context, const struct record *r, enum observer_event event,
         int client)
{
    struct figures *f = &((struct live *)context)->figures;
    int answered = r->clients[client].answered;
    const struct record_message *m;

    if (event == OBSERVER_CONNECTED)
        f->connected++;
    if (event != OBSERVER_ANSWERED)
        return;
    m = record_message(r, client, answered - 1);
    add_time(&f->answer, m->answered_ns - m->sent_ns);
    if (answered == 1)
        add_time(&f->first, figures_first_ns(r, client));
}

static void
tick(void *context, const struct record *r, int64_t now_ns)
{
    struct live *live = context;
    int64_t began_ns = clock_now();
    int64_t pause_ns;
    char *picture = NULL;

    if (fits(live, r->plan.clients))
        picture = draw(live, r, now_ns);
    /* Without the memory perhaps next time: the run is not to suffer. */
    if (picture != NULL)
        show(live, picture);
    /* A terminal that is gone shows in ferror. */
    if (fflush(live->out) == EOF || ferror(live->out)) {
        live->watcher->tick_ns = 0;
        return;
    }
    pause_ns = SHARE * (clock_now() - began_ns);
    live->watcher->tick_ns = pause_ns > TICK_NS ? pause_ns : TICK_NS;
}

void
live_open(struct live *live, struct observer *watcher, FILE *out,
          const struct terminal_options *options, int clients)
{
    static char buffer[BUFFER]; /* out keeps it until the program ends */

    *live = (struct live){.out = out,
                          .options = options,
                          .watcher = watcher,
                          .figures.at_once = -1};
    if (!can_move() || !fits(live, clients) ||
        setvbuf(out, buffer, _IOFBF, sizeof(buffer)) != 0)
        return;
    *watcher = (struct observer){
        .context = live,
        .happened = happened,
        .tick = tick,
        .tick_ns = TICK_NS,
    };
}

void
live_close(struct live *live)
{
    if (live->drawn == NULL)
        return;
    live->columns = terminal_ask(fileno(live->out), &plain).width;
    go_back(live);
    fputs("\033[J", live->out);
    free(live->drawn);
    live->drawn = NULL;
}

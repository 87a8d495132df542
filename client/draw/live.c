#include "client/draw/live.h"

#include <stdlib.h>
#include <string.h>

#include "client/draw/panel.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "client/draw/timeline.h"
#include "client/memory.h"
#include "client/record/record.h"
#include "common/clock.h"

#define TICK_NS   (100 * CLOCK_MS)
#define SHARE     50 /* repainting takes at most this part of the run */
#define SPAN_MIN  CLOCK_S
#define BUFFER    65536    /* holds a whole picture on any usual terminal */
#define ERASE     "\033[K" /* from the cursor to the end of the line */
#define ERASE_ALL "\033[J" /* from the cursor to the end of the screen */

/* Asks what the terminal is like now.  Tells whether the picture of so many
 * clients fits. */
static bool
fits(struct live *live, int clients)
{
    int fd = fileno(live->out);
    struct terminal *t = &live->terminal;

    live->columns = terminal_width(fd);
    *t = terminal_ask(fd, live->options);
    /* Only a terminal has a height. */
    return t->height > 0 && t->width <= live->columns &&
           clients <= timeline_lanes(t->width, t->height);
}

/* Returns how many lines of the terminal a picture takes. */
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
            text += strcspn(text, "m"); /* colours are the only sequences */
        } else if ((*text & 0xc0) != 0x80 && ++column > columns) {
            /* The first byte of a character that the line has no room for. */
            lines++;
            column = 1;
        }
    }
    return lines;
}

/* Returns a picture of the run until now, which the caller frees. */
static char *
draw(struct live *live, const struct record *r, int64_t now_ns)
{
    struct record until_now = *r;
    struct panel panel = panel_alone(&until_now, &live->figures);
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    /* Clients that have not ended are drawn up to here. */
    until_now.ended_ns = now_ns;
    live->figures.all_done_ns = now_ns;
    /* The axis ends at 1, 2, 5, 10 ... s, so that the marks stay where they are
     * from one picture to the next. */
    timeline_draw(out, &panel, 1, &live->terminal,
                  text_round_up(now_ns > SPAN_MIN ? now_ns : SPAN_MIN));
    memory_close(out);
    return text;
}

/* Moves the cursor to where the picture began.  Most terminals break lines
 * again when they are resized, so the lines are counted for the present width.
 */
static void
go_back(const struct live *live)
{
    int lines =
        live->drawn != NULL ? count_lines(live->drawn, live->columns) : 0;

    putc('\r', live->out);
    if (lines > 0)
        fprintf(live->out, "\033[%dA", lines);
}

/* Shows a picture in the place of the last one, and keeps it. */
static void
show(struct live *live, char *picture)
{
    const char *line = picture;

    go_back(live);
    while (*line != '\0') {
        int len = (int)strcspn(line, "\n") + 1;

        /* The old line is erased first, because after a line that is full the
         * cursor is still on its last column. */
        fprintf(live->out, ERASE "%.*s", len, line);
        line += len;
    }
    fputs(ERASE_ALL, live->out); /* the last picture may have had more lines */
    free(live->drawn);
    live->drawn = picture;
}

static void
add_time(struct figures_times *times, int64_t ns)
{
    if (times->count++ == 0 || ns < times->min_ns)
        times->min_ns = ns;
}

/* Keeps the figures up to date.  figures_compute would sort all answers for
 * each picture, and answers that arrive meanwhile would seem to be late. */
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

    if (fits(live, r->plan.clients))
        show(live, draw(live, r, now_ns));
    /* Writing fails if the terminal is gone: then this was the last picture. */
    if (fflush(live->out) == EOF || ferror(live->out)) {
        live->observer->tick_ns = 0;
        return;
    }
    pause_ns = SHARE * (clock_now() - began_ns);
    live->observer->tick_ns = pause_ns > TICK_NS ? pause_ns : TICK_NS;
}

void
live_open(struct live *live, struct observer *observer, FILE *out,
          const struct terminal_options *options, int clients)
{
    static char buffer[BUFFER]; /* out uses it until the program ends */

    *live = (struct live){.out = out,
                          .options = options,
                          .observer = observer,
                          .figures.at_once = -1};
    if (!terminal_moves_cursor(fileno(out)) || !fits(live, clients) ||
        setvbuf(out, buffer, _IOFBF, sizeof(buffer)) != 0)
        return;
    *observer = (struct observer){
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
    live->columns = terminal_width(fileno(live->out));
    go_back(live);
    fputs(ERASE_ALL, live->out);
    free(live->drawn);
    live->drawn = NULL;
}

#include "client/draw/conclusion.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/memory.h"

#define HEAD       "clients being served"
#define LABEL_MAX  128
#define NAMES_LEFT 52 /* columns that names leave for all else */
#define TIME       8  /* columns of a time */
#define WAIT       "longest wait"
#define PLOT_MIN   10
#define LEVELS     8
#define SAME       1.15 /* times that differ by less are the same picture */

struct conclusion {
    FILE *out;
    const struct terminal *terminal;
    int names; /* columns */
    int plot;
    int64_t span_ns;
    struct text_scale scale;
    int highest; /* the most clients that a server served at one moment */
};

static bool
is_whole(const struct panel *panel)
{
    return *panel->failure == '\0' && panel->figures->answer.count > 0;
}

static bool
look_the_same(const struct panel *a, const struct panel *b)
{
    double x = (double)a->figures->all_done_ns;
    double y = (double)b->figures->all_done_ns;

    return is_whole(a) && is_whole(b) &&
           a->figures->at_once == b->figures->at_once && x < y * SAME &&
           y < x * SAME;
}

/* Returns how many panels, from this one on, share its row. */
static int
row_length(const struct panel *panels, int count)
{
    int n = 1;

    while (n < count && look_the_same(panels, &panels[n]))
        n++;
    return n;
}

/* Writes the names of a row: all of them, or the first and how many more. */
static void
write_names(char names[LABEL_MAX], const struct panel *panels, int count,
            int columns)
{
    int len = snprintf(names, LABEL_MAX, "%s", panels->title);

    for (int i = 1; i < count && len < LABEL_MAX; i++)
        len += snprintf(names + len, (size_t)(LABEL_MAX - len), ", %s",
                        panels[i].title);
    if (count > 1 && (len >= LABEL_MAX || text_columns(names) > columns))
        snprintf(names, LABEL_MAX, "%s and %d more", panels->title, count - 1);
}

/* Returns how many clients were being served at this moment. */
static int
count_served(const struct panel *panel, int64_t ns)
{
    const struct record *r = panel->record;
    int served = 0;

    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].sent; j++) {
            struct figures_span s = figures_service(panel->figures, r, i, j);

            if (s.began_ns != RECORD_NEVER && s.began_ns <= ns &&
                ns < s.ended_ns) {
                served++;
                break;
            }
        }
    return served;
}

static int64_t
middle_ns(const struct conclusion *c, int column)
{
    return c->span_ns * (2 * column + 1) / (2 * c->plot);
}

/* Draws so many clients as one letter. */
static void
put_level(const struct conclusion *c, int served)
{
    static const char *const blocks[LEVELS + 1] = {
        " ",      "\u2581", "\u2582", "\u2583", "\u2584",
        "\u2585", "\u2586", "\u2587", "\u2588"};
    int levels = c->highest > LEVELS ? LEVELS : c->highest;
    int level =
        levels > 0 ? (served * levels + c->highest - 1) / c->highest : 0;

    if (c->terminal->utf8)
        fputs(blocks[level], c->out);
    else
        putc(level == 0 ? ' ' : '0' + level, c->out);
}

static void
put_coloured(const struct conclusion *c, const char *colour, bool begin)
{
    if (c->terminal->colour)
        fprintf(c->out, "\033[%sm", begin ? colour : "0");
}

static void
draw_row(const struct conclusion *c, const struct panel *panels, int count)
{
    const struct figures *f = panels->figures;
    char names[LABEL_MAX];

    write_names(names, panels, count, c->names);
    text_cell(c->out, names, c->names);
    if (!is_whole(panels)) {
        put_coloured(c, "31", true);
        fprintf(c->out, "  %*s  ", TIME, "failed");
        text_cell(c->out, panels->failure, c->plot + 2 + (int)strlen(WAIT));
        put_coloured(c, "31", false);
        putc('\n', c->out);
        return;
    }
    fprintf(c->out, "  %*s  ", TIME,
            TEXT_SCALED(&c->scale, f->all_done_ns, true));
    put_coloured(c, "32", true);
    for (int i = 0; i < c->plot; i++)
        put_level(c, count_served(panels, middle_ns(c, i)));
    put_coloured(c, "32", false);
    fprintf(c->out, "  %*s\n", (int)strlen(WAIT),
            TEXT_SCALED(&c->scale, f->first.max_ns, true));
}

/* Draws the head and the axis. */
static void
draw_head(const struct conclusion *c)
{
    int64_t step_ns = text_round_up(c->span_ns * 9 / c->plot);
    struct text_scale unit = text_ticks(c->span_ns, step_ns);
    char label[TEXT_TIME_MAX];
    int at = 0;

    text_cell(c->out, HEAD, c->names);
    fprintf(c->out, "  %*s  ", TIME, "all done");
    snprintf(label, sizeof(label), "0 %s", unit.unit);
    for (int64_t t = 0; t < c->span_ns; t += step_ns) {
        int where = (int)(t * c->plot / c->span_ns);

        if (t > 0)
            text_scaled(label, &unit, t, false);
        if (where + (int)strlen(label) > c->plot)
            break;
        fprintf(c->out, "%*s%s", where - at, "", label);
        at = where + (int)strlen(label);
    }
    fprintf(c->out, "%*s  %s\n", c->plot - at, "", WAIT);
}

/* Says in a sentence how much sooner the first is done than the last. */
static void
draw_sentence(const struct conclusion *c, const struct panel *panels, int count)
{
    const struct panel *first = NULL;
    const struct panel *last = NULL;
    char sentence[4 * LABEL_MAX];
    double times;

    for (int i = 0; i < count; i++) {
        const struct panel *p = &panels[i];

        if (!is_whole(p))
            continue;
        if (first == NULL ||
            p->figures->all_done_ns < first->figures->all_done_ns)
            first = p;
        if (last == NULL ||
            p->figures->all_done_ns > last->figures->all_done_ns)
            last = p;
    }
    if (first == NULL || first == last)
        return;
    times = (double)last->figures->all_done_ns /
            (double)first->figures->all_done_ns;
    if (times < SAME)
        snprintf(sentence, sizeof(sentence),
                 "All servers are done at about the same time.");
    else
        snprintf(sentence, sizeof(sentence),
                 "%.100s serves %d at once and is done %.1f times sooner than "
                 "%.100s, which serves %d at once.",
                 first->title, first->figures->at_once, times, last->title,
                 last->figures->at_once);
    text_words(c->out, sentence, 0, c->terminal->width);
}

void
conclusion_draw(FILE *out, const struct panel *panels, int count,
                const struct terminal *terminal)
{
    struct conclusion c = {
        .out = out,
        .terminal = terminal,
        .names = (int)strlen(HEAD),
        .span_ns = 1,
    };
    int most = terminal->width - NAMES_LEFT;
    int64_t least_ns = INT64_MAX;
    int n;

    for (int i = 0; i < count; i += n) {
        const struct panel *panel = &panels[i];
        char names[LABEL_MAX];
        int columns;

        n = row_length(panel, count - i);
        write_names(names, panel, n, LABEL_MAX);
        columns = text_columns(names);
        if (columns > c.names && columns <= most)
            c.names = columns;
        if (!is_whole(panel))
            continue;
        if (panel->figures->all_done_ns > c.span_ns)
            c.span_ns = panel->figures->all_done_ns;
        if (panel->figures->first.max_ns < least_ns)
            least_ns = panel->figures->first.max_ns;
        if (panel->figures->at_once > c.highest)
            c.highest = panel->figures->at_once;
    }
    c.plot = terminal->width - c.names - 2 - TIME - 2 - 2 - (int)strlen(WAIT);
    if (c.plot < PLOT_MIN || c.highest < 1)
        return;
    c.scale = text_scale(least_ns, c.span_ns);
    draw_head(&c);
    for (int i = 0; i < count; i += n) {
        n = row_length(&panels[i], count - i);
        draw_row(&c, &panels[i], n);
    }
    if (c.highest > LEVELS)
        fprintf(out, "%s: %d clients\n", terminal->utf8 ? "\u2588" : "8",
                c.highest);
    draw_sentence(&c, panels, count);
}

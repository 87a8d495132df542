#include "client/draw/conclusion.h"

#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/memory.h"

#define HEAD        "clients being served"
#define HEAD_SHORT  "being served"
#define NAMES_LEFT  52 /* columns that names leave for all else */
#define TIME        8  /* columns of a time */
#define WAIT        "longest wait"
#define WAIT_WIDTH  (2 + (int)strlen(WAIT))
#define PLOT_MIN    10
#define NARROW      64 /* with fewer columns, the longest wait is left out */
#define LEVELS      8
#define MOMENTS     5    /* in a column; odd, so there is a median */
#define SAME        1.15 /* times that differ by less are the same picture */
#define NAME_LEN    100  /* bytes of a name in the sentence */
#define AT_ONCE_LEN 48

struct screen {
    FILE *out;
    const struct terminal *terminal;
    struct conclusion is;
    const char *head;
    int names; /* columns */
    int plot;
    bool is_narrow;
};

bool
conclusion_is_whole(const struct panel *panel)
{
    return *panel->failure == '\0' && panel->figures->answer.count > 0;
}

static bool
look_the_same(const struct panel *a, const struct panel *b)
{
    double x = (double)a->figures->all_done_ns;
    double y = (double)b->figures->all_done_ns;

    return conclusion_is_whole(a) && conclusion_is_whole(b) &&
           a->figures->at_once == b->figures->at_once && x < y * SAME &&
           y < x * SAME;
}

int
conclusion_row(const struct panel *panels, int count)
{
    int n = 1;

    while (n < count && look_the_same(panels, &panels[n]))
        n++;
    return n;
}

void
conclusion_names(char names[CONCLUSION_NAMES_MAX], const struct panel *panels,
                 int count, int columns)
{
    int len = snprintf(names, CONCLUSION_NAMES_MAX, "%s", panels->title);

    for (int i = 1; i < count && len < CONCLUSION_NAMES_MAX; i++)
        len += snprintf(names + len, (size_t)(CONCLUSION_NAMES_MAX - len),
                        ", %s", panels[i].title);
    if (count > 1 &&
        (len >= CONCLUSION_NAMES_MAX || text_columns(names) > columns))
        snprintf(names, CONCLUSION_NAMES_MAX, "%s and %d more", panels->title,
                 count - 1);
}

/* Counts at count moments how many clients were being served. */
static void
count_served(int *served, int count, const struct panel *panel, int64_t span_ns)
{
    const struct record *r = panel->record;
    int *seen = memory_get((size_t)count, sizeof(*seen));

    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].sent; j++) {
            struct figures_span s = figures_service(panel->figures, r, i, j);

            if (s.began_ns == RECORD_NEVER)
                continue;
            for (int64_t k = s.began_ns * count / span_ns; k < count; k++) {
                int64_t moment_ns = span_ns * (2 * k + 1) / (2 * count);

                if (moment_ns >= s.ended_ns)
                    break;
                /* A client with several messages in flight counts once. */
                if (moment_ns >= s.began_ns && seen[k] != i + 1) {
                    seen[k] = i + 1;
                    served[k]++;
                }
            }
        }
    free(seen);
}

static int
compare_numbers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void
conclusion_served(int *served, int columns, const struct panel *panel,
                  int64_t span_ns)
{
    int *all = memory_get((size_t)columns * MOMENTS, sizeof(*all));

    count_served(all, columns * MOMENTS, panel, span_ns);
    for (int k = 0; k < columns; k++) {
        qsort(&all[k * MOMENTS], MOMENTS, sizeof(*all), compare_numbers);
        served[k] = all[k * MOMENTS + MOMENTS / 2];
    }
    free(all);
}

struct conclusion
conclusion_measure(const struct panel *panels, int count)
{
    struct conclusion c = {.span_ns = 1};
    int64_t least_ns = INT64_MAX;

    for (int i = 0; i < count; i++) {
        const struct figures *f = panels[i].figures;

        if (!conclusion_is_whole(&panels[i]))
            continue;
        if (f->all_done_ns > c.span_ns)
            c.span_ns = f->all_done_ns;
        if (f->first.max_ns < least_ns)
            least_ns = f->first.max_ns;
        if (f->at_once > c.highest)
            c.highest = f->at_once;
    }
    c.scale = text_scale(least_ns, c.span_ns);
    return c;
}

/* Writes how many clients a server serves at once, after a word; nothing if
 * that is not known. */
static void
write_at_once(char out[AT_ONCE_LEN], const char *word,
              const struct figures *figures)
{
    *out = '\0';
    if (figures->at_once != -1)
        snprintf(out, AT_ONCE_LEN, "%s serves %d at once", word,
                 figures->at_once);
}

/* Writes a sentence that names the servers that cannot be compared because
 * this program was stopped while they ran; nothing if there are none. */
static void
write_left_out(char *out, size_t size, const struct panel *panels, int count)
{
    const struct panel *first = NULL;
    char name[NAME_LEN];
    char more[AT_ONCE_LEN] = "";
    int n = 0;

    for (int i = 0; i < count; i++)
        if (conclusion_is_whole(&panels[i]) &&
            panels[i].record->stopped_ns > 0 && n++ == 0)
            first = &panels[i];
    if (first == NULL)
        return;
    text_print(name, sizeof(name), "%s", first->title);
    if (n > 1)
        snprintf(more, sizeof(more), " and %d more", n - 1);
    text_print(out, size,
               "%s%s cannot be compared, because compare did not run for %s "
               "during the measurement.",
               name, more, TEXT_TIME(first->record->stopped_ns));
}

void
conclusion_sentence(char out[CONCLUSION_SENTENCE_MAX],
                    const struct panel *panels, int count)
{
    const struct panel *first = NULL;
    const struct panel *last = NULL;
    char first_name[NAME_LEN];
    char last_name[NAME_LEN];
    char more[AT_ONCE_LEN];
    char fewer[AT_ONCE_LEN];
    double times;
    size_t len;

    *out = '\0';
    write_left_out(out, CONCLUSION_SENTENCE_MAX, panels, count);
    for (int i = 0; i < count; i++) {
        const struct panel *p = &panels[i];

        if (!conclusion_is_whole(p) || p->is_untold ||
            p->record->stopped_ns > 0)
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
    write_at_once(more, "", first->figures);
    write_at_once(fewer, ", which", last->figures);
    text_print(first_name, sizeof(first_name), "%s", first->title);
    text_print(last_name, sizeof(last_name), "%s", last->title);
    times = (double)last->figures->all_done_ns /
            (double)first->figures->all_done_ns;
    len = strlen(out);
    if (len > 0)
        out[len++] = ' ';
    if (times < SAME)
        snprintf(out + len, CONCLUSION_SENTENCE_MAX - len,
                 "All %sservers are done at about the same time.",
                 len > 0 ? "other " : "");
    else
        text_print(out + len, CONCLUSION_SENTENCE_MAX - len,
                   "%s%s%s done %.1f times sooner than %s%s.", first_name, more,
                   *more != '\0' ? " and is" : " is", times, last_name, fewer);
}

/* Draws so many clients as one letter. */
static void
put_level(const struct screen *c, int served)
{
    static const char *const blocks[LEVELS + 1] = {
        " ",      "\u2581", "\u2582", "\u2583", "\u2584",
        "\u2585", "\u2586", "\u2587", "\u2588"};
    int levels = c->is.highest > LEVELS ? LEVELS : c->is.highest;
    int level = (served * levels + c->is.highest - 1) / c->is.highest;

    if (c->terminal->utf8)
        fputs(blocks[level], c->out);
    else
        putc(level == 0 ? ' ' : '0' + level, c->out);
}

static void
put_coloured(const struct screen *c, const char *colour, bool begin)
{
    if (c->terminal->colour)
        fprintf(c->out, "\033[%sm", begin ? colour : "0");
}

static void
draw_row(const struct screen *c, const struct panel *panels, int count)
{
    const struct figures *f = panels->figures;
    char names[CONCLUSION_NAMES_MAX];
    int served[TERMINAL_WIDTH_MAX];
    int room = c->plot + (c->is_narrow ? 0 : WAIT_WIDTH);
    int end = c->plot; /* of the heights */

    conclusion_names(names, panels, count, c->names);
    text_cell(c->out, text_columns(names) > c->names ? panels->title : names,
              c->names);
    if (!conclusion_is_whole(panels)) {
        put_coloured(c, "31", true);
        fprintf(c->out, "  %*s  ", TIME, "failed");
        if (text_columns(panels->failure) <= room)
            fputs(panels->failure, c->out);
        else
            text_cell(c->out, panels->failure, room);
        put_coloured(c, "31", false);
        putc('\n', c->out);
        return;
    }
    conclusion_served(served, c->plot, panels, c->is.span_ns);
    while (c->is_narrow && end > 0 && served[end - 1] == 0)
        end--; /* no blanks at the end of a line */
    fprintf(c->out, "  %*s%s", TIME,
            TEXT_SCALED(&c->is.scale, f->all_done_ns, true),
            end > 0 ? "  " : "");
    put_coloured(c, "32", true);
    for (int i = 0; i < end; i++)
        put_level(c, served[i]);
    put_coloured(c, "32", false);
    if (!c->is_narrow)
        fprintf(c->out, "%*s", WAIT_WIDTH,
                TEXT_SCALED(&c->is.scale, f->first.max_ns, true));
    putc('\n', c->out);
}

/* Draws the head and the axis. */
static void
draw_head(const struct screen *c)
{
    int64_t step_ns = text_round_up(c->is.span_ns * 9 / c->plot);
    struct text_scale unit = text_ticks(c->is.span_ns, step_ns);
    char label[TEXT_TIME_MAX];
    int at = 0;

    text_cell(c->out, c->head, c->names);
    fprintf(c->out, "  %*s  ", TIME, "all done");
    snprintf(label, sizeof(label), "0 %s", unit.unit);
    for (int64_t t = 0; t < c->is.span_ns; t += step_ns) {
        int where = (int)(t * c->plot / c->is.span_ns);

        if (t > 0)
            text_scaled(label, &unit, t, false);
        if (where + (int)strlen(label) > c->plot)
            break;
        fprintf(c->out, "%*s%s", where - at, "", label);
        at = where + (int)strlen(label);
    }
    if (!c->is_narrow)
        fprintf(c->out, "%*s", c->plot - at + WAIT_WIDTH, WAIT);
    putc('\n', c->out);
}

/* Says which servers share a row that names only the first of them. */
static void
list_names(const struct screen *c, const struct panel *panels, int count)
{
    char names[CONCLUSION_NAMES_MAX];
    struct text_flow flow = text_flow_open(c->out, c->terminal->width, 1);

    conclusion_names(names, panels, count, c->names);
    if (strncmp(names + strlen(panels->title), " and ", strlen(" and ")) != 0)
        return;
    flow.indent = 2;
    flow.column = fprintf(c->out, "%s:", names);
    for (int i = 1; i < count; i++)
        text_flow_item(&flow, "%s%s", panels[i].title,
                       i + 1 < count ? "," : "");
    text_flow_end(&flow);
}

void
conclusion_draw_rows(FILE *out, const struct panel *panels, int count,
                     const struct terminal *terminal)
{
    struct screen c = {
        .out = out,
        .terminal = terminal,
        .is = conclusion_measure(panels, count),
        .is_narrow = terminal->width < NARROW,
    };
    int most = terminal->width - NAMES_LEFT;
    int n;

    c.head = c.is_narrow ? HEAD_SHORT : HEAD;
    c.names = (int)strlen(c.head);
    if (c.is_narrow)
        most = terminal->width - 2 - TIME - 2 - PLOT_MIN;
    for (int i = 0; i < count; i += n) {
        char names[CONCLUSION_NAMES_MAX];
        int columns;

        n = conclusion_row(&panels[i], count - i);
        conclusion_names(names, &panels[i], n, most);
        columns = text_columns(names);
        if (columns > most)
            columns = most;
        if (columns > c.names)
            c.names = columns;
    }
    c.plot = terminal->width - c.names - 2 - TIME - 2 -
             (c.is_narrow ? 0 : WAIT_WIDTH);
    if (c.plot > TERMINAL_WIDTH_MAX)
        c.plot = TERMINAL_WIDTH_MAX;
    if (c.plot < PLOT_MIN || c.is.highest < 1)
        return;
    draw_head(&c);
    for (int i = 0; i < count; i += n) {
        n = conclusion_row(&panels[i], count - i);
        draw_row(&c, &panels[i], n);
    }
    if (c.is.highest > LEVELS)
        fprintf(out, "%s: %d clients\n", terminal->utf8 ? "\u2588" : "8",
                c.is.highest);
    for (int i = 0; i < count; i += n) {
        n = conclusion_row(&panels[i], count - i);
        list_names(&c, &panels[i], n);
    }
}

void
conclusion_draw(FILE *out, const struct panel *panels, int count,
                const struct terminal *terminal)
{
    char sentence[CONCLUSION_SENTENCE_MAX];

    conclusion_draw_rows(out, panels, count, terminal);
    conclusion_sentence(sentence, panels, count);
    if (*sentence != '\0')
        text_words(out, sentence, 0, terminal->width);
}

#include "client/timeline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/rows.h"
#include "client/text.h"

#define WIDTH_ROOMY  80 /* from here on nothing takes more lines than usual */
#define WIDTH_FULL   60 /* from here on with the times beside the lanes */
#define WIDTH_LANES  40 /* from here on with lanes */
#define LINES_KEPT   8  /* legend 2, axis, summary 4, prompt */
#define LANES_MIN    3
#define TICK_COLUMNS 9 /* between the labels of the axis, at least */
#define LABEL        "client"
#define CELL_MAX     32 /* text in a column of times */

enum cell {
    CELL_BLANK,
    CELL_WAITING,
    CELL_SERVED,
    CELL_ANSWER,
    CELL_ANSWERS, /* more than one */
    CELL_CLOSED,
    CELL_VANISHED,
    CELL_FAILED,
    CELL_KINDS,
};

static const struct {
    const char *utf8;
    const char *ascii;
    const char *colour; /* a parameter of the sequence, "" for none */
    const char *means;
} marks[CELL_KINDS] = {
    [CELL_BLANK] = {" ", " ", "", ""},
    [CELL_WAITING] = {"\u2504", ".", "33", "waiting"},
    [CELL_SERVED] = {"\u2501", "=", "32", "being served"},
    [CELL_ANSWER] = {"\u25cf", "o", "1", "answer"},
    [CELL_ANSWERS] = {"\u25c9", "O", "1", "several answers"},
    [CELL_CLOSED] = {"\u2524", "|", "", "closed"},
    [CELL_VANISHED] = {"\u2573", "x", "", "vanished"},
    [CELL_FAILED] = {"\u2717", "X", "31", "failed"},
};

/* One line of the picture. */
struct row {
    int client;
    unsigned char cells[TIMELINE_WIDTH_MAX]; /* enum cell */
    char first[CELL_MAX];
    char all[CELL_MAX];
};

struct picture {
    FILE *out;
    const struct record *record;
    const struct figures *figures;
    const struct timeline_options *options;
    int width;
    struct row *rows;
    int row_count;
    int gap_at; /* the line for the others comes before this row */
    int hidden; /* so many others; 0: no such line */
    int label;  /* columns of the client's number */
    int first;  /* columns of the times */
    int all;
    int plot; /* columns of the lanes */
    int64_t span_ns;
    bool used[CELL_KINDS];
};

static int
choose_rows(struct picture *p)
{
    int most = p->options->lanes < TIMELINE_LANES_MAX ? p->options->lanes
                                                      : TIMELINE_LANES_MAX;
    struct rows chosen;

    if (rows_choose(&chosen, p->record, most) == -1)
        return -1;
    p->rows = calloc((size_t)chosen.count, sizeof(*p->rows));
    for (int i = 0; p->rows != NULL && i < chosen.count; i++)
        p->rows[i].client = chosen.clients[i];
    p->row_count = chosen.count;
    p->gap_at = chosen.gap_at;
    p->hidden = chosen.hidden;
    rows_close(&chosen);
    return p->rows == NULL ? -1 : 0;
}

/* Writes the times of all rows and finds out how many columns they take. */
static void
write_times(struct picture *p)
{
    int64_t min_ns = p->figures->first.min_ns;
    struct text_scale scale;

    for (int i = 0; i < p->row_count; i++) {
        int64_t all_ns = figures_all_ns(p->record, p->rows[i].client);

        if (all_ns > 0 && (min_ns == 0 || all_ns < min_ns))
            min_ns = all_ns;
    }
    scale = text_scale(min_ns, p->figures->all_done_ns);
    p->first = (int)strlen("first");
    p->all = (int)strlen("all");
    for (int i = 0; i < p->row_count; i++) {
        struct row *row = &p->rows[i];
        int64_t first_ns = figures_first_ns(p->record, row->client);
        int64_t all_ns = figures_all_ns(p->record, row->client);

        snprintf(row->first, CELL_MAX, "-");
        snprintf(row->all, CELL_MAX, "-");
        if (first_ns != RECORD_NEVER)
            text_scaled(row->first, &scale, first_ns, all_ns == RECORD_NEVER);
        if (all_ns != RECORD_NEVER)
            text_scaled(row->all, &scale, all_ns, true);
        if ((int)strlen(row->first) > p->first)
            p->first = (int)strlen(row->first);
        if ((int)strlen(row->all) > p->all)
            p->all = (int)strlen(row->all);
    }
}

static int
digits(int number)
{
    return snprintf(NULL, 0, "%d", number);
}

static void
measure(struct picture *p)
{
    int beside = 2;

    p->label = digits(p->record->plan.clients);
    if (p->width >= WIDTH_FULL) {
        beside += 2 + p->first + 2 + p->all;
        if (p->label < (int)strlen(LABEL))
            p->label = (int)strlen(LABEL);
    } else if (p->label < 2) {
        p->label = 2;
    }
    p->plot = p->width - p->label - beside;
    /* Every event of the run is at or before this. */
    p->span_ns = p->record->ended_ns > p->figures->all_done_ns
                     ? p->record->ended_ns
                     : p->figures->all_done_ns;
    if (p->span_ns < 1)
        p->span_ns = 1;
}

/* The last column is kept for an end that is pushed out of its own. */
static int
column(const struct picture *p, int64_t ns)
{
    int64_t last = p->plot - 2;
    int64_t c = ns * (last + 1) / p->span_ns;

    return (int)(c > last ? last : c);
}

/* Fills the columns whose middle lies between two times. */
static void
fill(const struct picture *p, struct row *row, int64_t from_ns, int64_t to_ns,
     enum cell what)
{
    int64_t columns = p->plot - 1;

    for (int i = column(p, from_ns); i < columns; i++) {
        int64_t middle_ns = (2 * i + 1) * p->span_ns / (2 * columns);

        if (middle_ns >= to_ns)
            return;
        if (middle_ns >= from_ns)
            row->cells[i] = (unsigned char)what;
    }
}

static void
mark_end(const struct picture *p, struct row *row)
{
    static const enum cell ends[] = {
        [RECORD_OPEN] = CELL_BLANK,        [RECORD_CLOSED] = CELL_CLOSED,
        [RECORD_HUNG_UP] = CELL_CLOSED,    [RECORD_FAILED] = CELL_FAILED,
        [RECORD_VANISHED] = CELL_VANISHED,
    };
    const struct record_client *c = &p->record->clients[row->client];
    enum cell end = ends[c->outcome];
    int at;

    if (end == CELL_BLANK)
        return;
    at = column(p, c->ended_ns);
    if (row->cells[at] == CELL_ANSWER || row->cells[at] == CELL_ANSWERS)
        at++;
    row->cells[at] = (unsigned char)end;
}

static void
fill_row(const struct picture *p, struct row *row)
{
    const struct record *r = p->record;
    const struct record_client *c = &r->clients[row->client];

    /* What is later here covers what is earlier: with several messages in
     * flight a client is being served while others of its messages wait. */
    for (int i = 0; i < c->sent; i++) {
        const struct record_message *m = record_message(r, row->client, i);

        if (i >= c->answered) {
            fill(p, row, m->sent_ns,
                 c->ended_ns != RECORD_NEVER ? c->ended_ns : r->ended_ns,
                 CELL_WAITING);
            break; /* those after it wait no longer than this one */
        }
        fill(p, row, m->sent_ns, m->answered_ns, CELL_WAITING);
    }
    for (int i = 0; i < c->sent; i++) {
        struct figures_span s = figures_service(p->figures, r, row->client, i);

        if (s.began_ns != RECORD_NEVER)
            fill(p, row, s.began_ns, s.ended_ns, CELL_SERVED);
    }
    for (int i = 0; i < c->answered; i++) {
        int at = column(p, record_message(r, row->client, i)->answered_ns);

        row->cells[at] =
            row->cells[at] == CELL_ANSWER || row->cells[at] == CELL_ANSWERS
                ? CELL_ANSWERS
                : CELL_ANSWER;
    }
    mark_end(p, row);
}

static void
put_mark(const struct picture *p, enum cell kind)
{
    fputs(p->options->utf8 ? marks[kind].utf8 : marks[kind].ascii, p->out);
}

static void
set_colour(const struct picture *p, enum cell kind)
{
    if (p->options->colour && *marks[kind].colour != '\0')
        fprintf(p->out, "\033[%sm", marks[kind].colour);
}

static void
reset_colour(const struct picture *p, enum cell kind)
{
    if (p->options->colour && *marks[kind].colour != '\0')
        fputs("\033[0m", p->out);
}

static void
draw_legend(const struct picture *p)
{
    struct text_flow flow = {.out = p->out, .width = p->width};
    char t0[TEXT_TIME_MAX];
    int column_now = 0;

    for (int kind = CELL_WAITING; kind < CELL_KINDS; kind++) {
        int len = 2 + (int)strlen(marks[kind].means);

        /* What is usual is always explained, the rest where it occurs. */
        if (kind > CELL_ANSWER && kind != CELL_CLOSED && !p->used[kind])
            continue;
        if (column_now > 0 && column_now + 2 + len > p->width) {
            putc('\n', p->out);
            column_now = 0;
        }
        column_now += fprintf(p->out, "%s", column_now > 0 ? "  " : "") + len;
        set_colour(p, (enum cell)kind);
        put_mark(p, (enum cell)kind);
        reset_colour(p, (enum cell)kind);
        fprintf(p->out, " %s", marks[kind].means);
    }
    putc('\n', p->out);
    if (p->figures->answer.count > 0) {
        text_time(t0, p->figures->answer.min_ns);
        text_flow_item(&flow, "service taken as the fastest answer, %s", t0);
    }
    text_flow_item(&flow, "blank: nothing asked");
    text_flow_end(&flow);
}

/* Returns the smallest of 1, 2, 5, 10, 20 ... ns that leaves the labels enough
 * columns. */
static int64_t
tick_step(const struct picture *p)
{
    int64_t least_ns = p->span_ns * TICK_COLUMNS / (p->plot - 1);
    int64_t power = 1;

    while (power * 10 <= least_ns)
        power *= 10;
    if (power >= least_ns)
        return power;
    if (power * 2 >= least_ns)
        return power * 2;
    return power * 5 >= least_ns ? power * 5 : power * 10;
}

static void
draw_axis(const struct picture *p)
{
    struct text_scale unit = text_scale(0, p->span_ns);
    int64_t step_ns = tick_step(p);
    int64_t place_ns = unit.unit_ns;
    char label[TEXT_TIME_MAX];
    int at = 0;

    unit.decimals = 0;
    while (place_ns > 1 && step_ns % place_ns != 0) {
        place_ns /= 10;
        unit.decimals++;
    }
    fprintf(p->out, "%*s  ", p->label, p->width >= WIDTH_FULL ? LABEL : "");
    for (int64_t t = 0; t <= p->span_ns; t += step_ns) {
        int where = column(p, t);

        if (t == 0)
            snprintf(label, sizeof(label), "0 %s", unit.unit);
        else
            text_scaled(label, &unit, t, false);
        if (where < at || where + (int)strlen(label) > p->plot)
            break;
        fprintf(p->out, "%*s%s", where - at, "", label);
        at = where + (int)strlen(label);
    }
    if (p->width >= WIDTH_FULL)
        fprintf(p->out, "%*s  %*s  %*s", p->plot - at, "", p->first, "first",
                p->all, "all");
    putc('\n', p->out);
}

static void
draw_gap(const struct picture *p)
{
    fprintf(p->out, "%*s  ... and %d more\n", p->label, "", p->hidden);
}

static void
draw_lane(const struct picture *p, const struct row *row)
{
    bool beside = p->width >= WIDTH_FULL;
    enum cell before = CELL_BLANK;
    int end = p->plot;

    while (!beside && end > 0 && row->cells[end - 1] == CELL_BLANK)
        end--;
    fprintf(p->out, "%*d%s", p->label, row->client + 1, end > 0 ? "  " : "");
    for (int i = 0; i < end; i++) {
        enum cell kind = (enum cell)row->cells[i];

        if (kind != before) {
            reset_colour(p, before);
            set_colour(p, kind);
        }
        put_mark(p, kind);
        before = kind;
    }
    reset_colour(p, before);
    if (beside)
        fprintf(p->out, "  %*s  %*s", p->first, row->first, p->all, row->all);
    putc('\n', p->out);
}

static void
draw_lanes(struct picture *p)
{
    for (int i = 0; i < p->row_count; i++) {
        fill_row(p, &p->rows[i]);
        for (int j = 0; j < p->plot; j++)
            p->used[p->rows[i].cells[j]] = true;
    }
    draw_legend(p);
    draw_axis(p);
    for (int i = 0; i < p->row_count; i++) {
        if (p->hidden > 0 && i == p->gap_at)
            draw_gap(p);
        draw_lane(p, &p->rows[i]);
    }
}

static void
draw_table(struct picture *p)
{
    p->label = (int)strlen(LABEL);
    fprintf(p->out, "%*s  %*s  %*s\n", p->label, LABEL, p->first, "first",
            p->all, "all");
    for (int i = 0; i < p->row_count; i++) {
        const struct row *row = &p->rows[i];

        if (p->hidden > 0 && i == p->gap_at)
            draw_gap(p);
        fprintf(p->out, "%*d  %*s  %*s\n", p->label, row->client + 1, p->first,
                row->first, p->all, row->all);
    }
}

int
timeline_lanes(int width, int height)
{
    int lanes = height - LINES_KEPT;

    if (height == 0)
        return TIMELINE_LANES_MAX;
    if (width < WIDTH_ROOMY)
        lanes -= 2; /* the legend and the summary take more lines */
    /* There the times take a second line of each client, and a heading. */
    if (width >= WIDTH_LANES && width < WIDTH_FULL)
        lanes = (lanes - 1) / 2;
    if (lanes < LANES_MIN)
        return LANES_MIN;
    return lanes < TIMELINE_LANES_MAX ? lanes : TIMELINE_LANES_MAX;
}

int
timeline_draw(FILE *out, const struct record *r, const struct figures *f,
              const struct timeline_options *options)
{
    struct picture p = {
        .out = out,
        .record = r,
        .figures = f,
        .options = options,
        .width = options->width,
    };

    if (p.width > TIMELINE_WIDTH_MAX)
        p.width = TIMELINE_WIDTH_MAX;
    if (choose_rows(&p) == -1)
        return -1;
    write_times(&p);
    measure(&p);
    if (p.width >= WIDTH_LANES)
        draw_lanes(&p);
    else
        fprintf(out, "no timeline: it needs %d columns, not %d\n", WIDTH_LANES,
                p.width);
    if (p.width < WIDTH_FULL)
        draw_table(&p);
    free(p.rows);
    return 0;
}

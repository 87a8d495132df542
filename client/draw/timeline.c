#include "client/draw/timeline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/chosen_rows.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "client/record/spans.h"

#define WIDTH_ROOMY  80 /* from here on nothing takes more lines than usual */
#define WIDTH_FULL   60 /* from here on with the times beside the lanes */
#define WIDTH_LANES  40 /* from here on with lanes */
#define LINES_KEPT   8  /* legend 2, axis, summary 4, prompt */
#define LANES_MIN    3
#define TICK_COLUMNS 9 /* between the labels of the axis, at least */
#define LABEL        "client"
#define CELL_MAX     TEXT_TIME_MAX /* text in a column of times */

/* What is in a column; or a character as it is, if it is no smaller than ' '.
 */
enum cell {
    CELL_BLANK,
    CELL_WAITING,
    CELL_SERVED,
    CELL_ASKED, /* while it runs: waiting, or being served */
    CELL_ANSWER,
    CELL_ANSWERS, /* more than one */
    CELL_CLOSED,
    CELL_VANISHED,
    CELL_FAILED,
    CELL_GHOST, /* what was expected: that it lasts, and its end */
    CELL_GHOST_END,
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
    [CELL_ASKED] = {"\u254c", "-", "36", "no answer yet"},
    [CELL_ANSWER] = {"\u25cf", "o", "1", "answer"},
    [CELL_ANSWERS] = {"\u25c9", "O", "1", "several answers"},
    [CELL_CLOSED] = {"\u2524", "|", "", "closed"},
    [CELL_VANISHED] = {"\u2573", "x", "", "vanished"},
    [CELL_FAILED] = {"\u2717", "X", "31", "failed"},
    [CELL_GHOST] = {"\u254c", "-", "2", "expected"},
    [CELL_GHOST_END] = {"\u254e", ":", "2", ""},
};

/* How the spans look. */
static const enum cell looks[SPANS_KINDS] = {
    [SPANS_WAITING] = CELL_WAITING,
    [SPANS_RETURNING] = CELL_WAITING,
    [SPANS_SERVED] = CELL_SERVED,
};

/* One line of the picture. */
struct row {
    int number; /* of the client or worker, from 0 */
    unsigned char cells[TERMINAL_WIDTH_MAX]; /* enum cell */
    char first[CELL_MAX];
    char all[CELL_MAX];
};

/* A panel and its lines. */
struct view {
    const struct panel *panel;
    const struct record *record;
    const struct figures *figures;
    struct row *rows;
    int row_count;
    int gap_at; /* the line for the others comes before this row */
    int hidden; /* so many others; 0: no such line */
    struct row *workers;
    int worker_count; /* of those drawn */
};

struct picture {
    FILE *out;
    const struct timeline_options *options;
    struct view *views;
    int view_count;
    int width;
    int label; /* columns of the client's number */
    int first; /* columns of the times */
    int all;
    int plot; /* columns of the lanes */
    int64_t span_ns;
    struct text_scale scale; /* of all times beside lanes */
    bool used[CELL_KINDS];
};

static int
choose_rows(struct view *v, int lanes)
{
    int most = lanes < TIMELINE_LANES_MAX ? lanes : TIMELINE_LANES_MAX;
    struct chosen_rows chosen;

    if (chosen_rows_choose(&chosen, v->record, most) == -1)
        return -1;
    v->rows = calloc((size_t)chosen.count, sizeof(*v->rows));
    for (int i = 0; v->rows != NULL && i < chosen.count; i++)
        v->rows[i].number = chosen.clients[i];
    v->row_count = chosen.count;
    v->gap_at = chosen.gap_at;
    v->hidden = chosen.hidden;
    chosen_rows_close(&chosen);
    return v->rows == NULL ? -1 : 0;
}

/* The workers come in the order in which they first served. */
static int
choose_workers(struct view *v)
{
    if (!panel_has_workers(v->panel))
        return 0;
    v->worker_count = v->record->worker_count < TIMELINE_LANES_MAX
                          ? v->record->worker_count
                          : TIMELINE_LANES_MAX;
    v->workers = calloc((size_t)v->worker_count, sizeof(*v->workers));
    for (int i = 0; v->workers != NULL && i < v->worker_count; i++)
        v->workers[i].number = i;
    return v->workers == NULL ? -1 : 0;
}

/* Returns the shortest time that is written beside any lane, 0 if none is. */
static int64_t
shortest_ns(const struct picture *p)
{
    int64_t min_ns = 0;

    for (int i = 0; i < p->view_count; i++) {
        const struct view *v = &p->views[i];
        int64_t first_ns = v->figures->first.min_ns;

        if (first_ns > 0 && (min_ns == 0 || first_ns < min_ns))
            min_ns = first_ns;
        for (int j = 0; j < v->row_count; j++) {
            int64_t all_ns = figures_all_ns(v->record, v->rows[j].number);

            if (all_ns > 0 && (min_ns == 0 || all_ns < min_ns))
                min_ns = all_ns;
        }
    }
    return min_ns;
}

static int
wider(int width, const char *text)
{
    int len = (int)strlen(text);

    return len > width ? len : width;
}

static void
write_times(struct picture *p, struct view *v)
{
    for (int i = 0; i < v->row_count; i++) {
        struct row *row = &v->rows[i];
        int64_t first_ns = figures_first_ns(v->record, row->number);
        int64_t all_ns = figures_all_ns(v->record, row->number);

        snprintf(row->first, CELL_MAX, "-");
        snprintf(row->all, CELL_MAX, "-");
        if (first_ns != RECORD_NEVER)
            text_scaled(row->first, &p->scale, first_ns,
                        all_ns == RECORD_NEVER);
        if (all_ns != RECORD_NEVER)
            text_scaled(row->all, &p->scale, all_ns, true);
        p->first = wider(p->first, row->first);
        p->all = wider(p->all, row->all);
    }
}

/* Writes the times of all rows, by one scale, and finds out how many columns
 * they take. */
static void
write_all_times(struct picture *p)
{
    int64_t longest_ns = 0;

    for (int i = 0; i < p->view_count; i++)
        if (p->views[i].figures->all_done_ns > longest_ns)
            longest_ns = p->views[i].figures->all_done_ns;
    p->scale = text_scale(shortest_ns(p), longest_ns);
    p->first = (int)strlen("first");
    p->all = (int)strlen("all");
    for (int i = 0; i < p->view_count; i++)
        write_times(p, &p->views[i]);
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

    for (int i = 0; i < p->view_count; i++)
        if (digits(p->views[i].record->plan.clients) > p->label)
            p->label = digits(p->views[i].record->plan.clients);
    if (p->width >= WIDTH_FULL) {
        beside += 2 + p->first + 2 + p->all;
        if (p->label < (int)strlen(LABEL))
            p->label = (int)strlen(LABEL);
    } else if (p->label < 2) {
        p->label = 2;
    }
    p->plot = p->width - p->label - beside;
}

/* The last column is kept for an end that is pushed out of its own. */
static int
column(const struct picture *p, int64_t ns)
{
    int64_t last = p->plot - 2;
    int64_t c = ns * (last + 1) / p->span_ns;

    if (c < 0)
        return 0;
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
mark_end(const struct picture *p, const struct view *v, struct row *row)
{
    static const enum cell ends[] = {
        [RECORD_OPEN] = CELL_BLANK,        [RECORD_CLOSED] = CELL_CLOSED,
        [RECORD_HUNG_UP] = CELL_CLOSED,    [RECORD_FAILED] = CELL_FAILED,
        [RECORD_VANISHED] = CELL_VANISHED,
    };
    const struct record_client *c = &v->record->clients[row->number];
    enum cell end = ends[c->outcome];
    int at;

    if (end == CELL_BLANK)
        return;
    at = column(p, c->ended_ns);
    if (row->cells[at] == CELL_ANSWER || row->cells[at] == CELL_ANSWERS)
        at++;
    row->cells[at] = (unsigned char)end;
}

/* Fills the lane of a client.  A kind of span covers those before it: with
 * several messages in flight a client is being served while others of its
 * messages wait. */
static int
fill_row(const struct picture *p, const struct view *v, struct row *row)
{
    const struct record *r = v->record;
    int answered = r->clients[row->number].answered;
    struct spans spans;

    if (spans_of_client(&spans, r, v->figures, row->number) == -1)
        return -1;
    for (int kind = 0; kind < SPANS_KINDS; kind++)
        for (int i = 0; i < spans.count; i++) {
            const struct span *span = &spans.list[i];
            bool asked = p->options->live && kind != SPANS_SERVED &&
                         span->first >= answered;

            if ((int)span->kind == kind)
                fill(p, row, span->began_ns, span->ended_ns,
                     asked ? CELL_ASKED : looks[kind]);
        }
    spans_close(&spans);
    for (int i = 0; i < answered; i++) {
        int at = column(p, record_message(r, row->number, i)->answered_ns);

        row->cells[at] =
            row->cells[at] == CELL_ANSWER || row->cells[at] == CELL_ANSWERS
                ? CELL_ANSWERS
                : CELL_ANSWER;
    }
    mark_end(p, v, row);
    return 0;
}

/* Writes a client's number where its services begin, if there is room for it.
 */
static void
put_number(const struct picture *p, struct row *row, int client,
           int64_t began_ns, int64_t ended_ns)
{
    char number[CELL_MAX];
    int at = column(p, began_ns);
    int len = snprintf(number, sizeof(number), "%d", client + 1);

    if (at + len > column(p, ended_ns))
        return;
    for (int i = 0; i < len; i++)
        row->cells[at + i] = (unsigned char)number[i];
}

/* Fills the lanes of the workers: when each served, and which client. */
static int
fill_workers(const struct picture *p, struct view *v)
{
    struct spans spans;
    const struct span *next;
    const struct span *end;

    if (v->worker_count == 0)
        return 0;
    if (spans_of_workers(&spans, v->record, v->figures) == -1)
        return -1;
    next = spans.list;
    end = next + spans.count;
    while (next < end && next->worker < v->worker_count) {
        struct row *row = &v->workers[next->worker];
        const struct span *first = next;

        for (; next < end && next->worker == first->worker &&
               next->client == first->client;
             next++)
            fill(p, row, next->began_ns, next->ended_ns, CELL_SERVED);
        put_number(p, row, first->client, first->began_ns, next[-1].ended_ns);
    }
    spans_close(&spans);
    return 0;
}

static void
put_cell(const struct picture *p, int cell)
{
    if (cell < CELL_KINDS)
        fputs(p->options->utf8 ? marks[cell].utf8 : marks[cell].ascii, p->out);
    else
        putc(cell, p->out);
}

static const char *
colour_of(const struct picture *p, int cell)
{
    if (!p->options->colour)
        return "";
    return cell < CELL_KINDS ? marks[cell].colour : "1";
}

static void
set_colour(const struct picture *p, int cell)
{
    if (*colour_of(p, cell) != '\0')
        fprintf(p->out, "\033[%sm", colour_of(p, cell));
}

static void
reset_colour(const struct picture *p, int cell)
{
    if (*colour_of(p, cell) != '\0')
        fputs("\033[0m", p->out);
}

static void
draw_marks(const struct picture *p)
{
    int column_now = 0;

    for (int kind = CELL_WAITING; kind < CELL_KINDS; kind++) {
        int len = 2 + (int)strlen(marks[kind].means);

        /* What is usual is always explained, the rest where it occurs. */
        if ((kind > CELL_SERVED && kind != CELL_ANSWER && kind != CELL_CLOSED &&
             !p->used[kind]) ||
            *marks[kind].means == '\0')
            continue;
        if (column_now > 0 && column_now + 2 + len > p->width) {
            putc('\n', p->out);
            column_now = 0;
        }
        column_now += fprintf(p->out, "%s", column_now > 0 ? "  " : "") + len;
        set_colour(p, kind);
        put_cell(p, kind);
        reset_colour(p, kind);
        fprintf(p->out, " %s", marks[kind].means);
    }
    putc('\n', p->out);
}

/* Says how service is known. */
static void
draw_legend(const struct picture *p)
{
    struct text_flow flow = {.out = p->out, .width = p->width};
    int told = 0;
    int played = 0;
    char t0[TEXT_TIME_MAX];

    draw_marks(p);
    for (int i = 0; i < p->view_count; i++) {
        told += p->views[i].record->services != NULL;
        played += p->views[i].figures->connected > 0;
    }
    if (told > 0 && told == played) {
        text_flow_item(&flow, "service as the server logged it");
    } else if (p->view_count > 1) {
        text_flow_item(&flow, "service as the server logged it, else taken as "
                              "its fastest answer");
    } else if (p->views->figures->answer.count > 0) {
        text_time(t0, p->views->figures->answer.min_ns);
        text_flow_item(&flow, "service taken as the fastest answer, %s", t0);
    }
    text_flow_item(&flow, "blank: nothing asked");
    text_flow_end(&flow);
}

static void
draw_axis(const struct picture *p)
{
    int64_t step_ns = text_round_up(p->span_ns * TICK_COLUMNS / (p->plot - 1));
    struct text_scale unit = text_ticks(p->span_ns, step_ns);
    char label[TEXT_TIME_MAX];
    int at = 0;

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
draw_gap(const struct picture *p, int hidden)
{
    fprintf(p->out, "%*s  ... and %d more, in the order in which they ended\n",
            p->label, "", hidden);
}

/* Draws the columns of a row, and nothing behind the last that is not blank
 * unless something is to stand beside it. */
static void
draw_cells(const struct picture *p, const struct row *row, bool beside)
{
    int before = CELL_BLANK;
    int end = p->plot;

    while (!beside && end > 0 && row->cells[end - 1] == CELL_BLANK)
        end--;
    fputs(end > 0 ? "  " : "", p->out);
    for (int i = 0; i < end; i++) {
        int cell = row->cells[i];

        if (cell != before) {
            reset_colour(p, before);
            set_colour(p, cell);
        }
        put_cell(p, cell);
        before = cell;
    }
    reset_colour(p, before);
}

static void
draw_lane(const struct picture *p, const struct row *row)
{
    bool beside = p->width >= WIDTH_FULL;

    fprintf(p->out, "%*d", p->label, row->number + 1);
    draw_cells(p, row, beside);
    if (beside)
        fprintf(p->out, "  %*s  %*s", p->first, row->first, p->all, row->all);
    putc('\n', p->out);
}

static void
draw_workers(const struct picture *p, const struct view *v)
{
    int hidden = v->record->worker_count - v->worker_count;

    if (v->worker_count == 0)
        return;
    fprintf(p->out, "%*s  and the clients it serves\n", p->label, "worker");
    for (int i = 0; i < v->worker_count; i++) {
        fprintf(p->out, "%*d", p->label, v->workers[i].number + 1);
        draw_cells(p, &v->workers[i], false);
        putc('\n', p->out);
    }
    if (hidden > 0)
        draw_gap(p, hidden);
}

/* Draws how long the run was expected to be. */
static void
draw_ghost(struct picture *p, const char *who, int64_t ns)
{
    struct row row = {.number = 0};
    int end;

    if (ns == RECORD_NEVER)
        return;
    end = column(p, ns);
    memset(row.cells, CELL_GHOST, (size_t)end);
    row.cells[end] = CELL_GHOST_END;
    fprintf(p->out, "%*s", p->label, who);
    draw_cells(p, &row, p->width >= WIDTH_FULL);
    text_scaled(row.all, &p->scale, ns, true);
    fprintf(p->out, "  %*s\n",
            p->width >= WIDTH_FULL ? p->first + 2 + p->all : 0, row.all);
}

static void
draw_heading(const struct picture *p, const struct view *v)
{
    struct text_flow flow = {.out = p->out, .width = p->width};
    const struct panel *panel = v->panel;
    char all[TEXT_TIME_MAX];

    if (*panel->title == '\0')
        return;
    putc('\n', p->out);
    if (p->options->colour)
        fprintf(p->out, "\033[1m%s\033[0m", panel->title);
    else
        fputs(panel->title, p->out);
    flow.column = (int)strlen(panel->title);
    if (*panel->failure != '\0')
        text_flow_item(&flow, "%s", panel->failure);
    if (v->figures->answer.count > 0 && v->figures->at_once >= 0)
        text_flow_item(&flow, "serves %d at once", v->figures->at_once);
    if (*panel->failure == '\0') {
        text_time(all, v->figures->all_done_ns);
        text_flow_item(&flow, "all done after %s", all);
    }
    text_flow_end(&flow);
}

static void
draw_view(struct picture *p, const struct view *v)
{
    if (*v->panel->title != '\0' && v->figures->connected == 0)
        return; /* it did not come to a run */
    draw_heading(p, v);
    for (int i = 0; i < v->row_count; i++) {
        if (v->hidden > 0 && i == v->gap_at)
            draw_gap(p, v->hidden);
        draw_lane(p, &v->rows[i]);
    }
    draw_workers(p, v);
    if (v->panel->guess_ns == RECORD_NEVER)
        return;
    draw_ghost(p, "you", v->panel->guess_ns);
    draw_ghost(p, "model", v->panel->predicted_ns);
    if (*v->panel->formula != '\0')
        fprintf(p->out, "%*s  %s\n", p->label, "", v->panel->formula);
}

static int
fill_view(struct picture *p, struct view *v)
{
    for (int i = 0; i < v->row_count; i++) {
        if (fill_row(p, v, &v->rows[i]) == -1)
            return -1;
        for (int j = 0; j < p->plot; j++)
            p->used[v->rows[i].cells[j]] = true;
    }
    if (v->panel->guess_ns != RECORD_NEVER)
        p->used[CELL_GHOST] = true;
    return fill_workers(p, v);
}

static int
draw_views(struct picture *p)
{
    for (int i = 0; i < p->view_count; i++)
        if (fill_view(p, &p->views[i]) == -1)
            return -1;
    draw_legend(p);
    draw_axis(p);
    for (int i = 0; i < p->view_count; i++)
        draw_view(p, &p->views[i]);
    if (p->view_count > 1)
        draw_axis(p);
    return 0;
}

static void
draw_table(const struct picture *p, const struct view *v)
{
    int label = (int)strlen(LABEL);

    draw_heading(p, v);
    fprintf(p->out, "%*s  %*s  %*s\n", label, LABEL, p->first, "first", p->all,
            "all");
    for (int i = 0; i < v->row_count; i++) {
        const struct row *row = &v->rows[i];

        if (v->hidden > 0 && i == v->gap_at)
            draw_gap(p, v->hidden);
        fprintf(p->out, "%*d  %*s  %*s\n", label, row->number + 1, p->first,
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

/* Takes the memory for all lines; returns -1 if there is not enough. */
static int
open_views(struct picture *p, const struct panel *panels, int count)
{
    p->views = calloc((size_t)count, sizeof(*p->views));
    if (p->views == NULL)
        return -1;
    p->view_count = count;
    for (int i = 0; i < count; i++) {
        struct view *v = &p->views[i];

        v->panel = &panels[i];
        v->record = panels[i].record;
        v->figures = panels[i].figures;
        if (choose_rows(v, p->options->lanes) == -1 || choose_workers(v) == -1)
            return -1;
    }
    return 0;
}

static void
close_views(struct picture *p)
{
    for (int i = 0; i < p->view_count; i++) {
        free(p->views[i].rows);
        free(p->views[i].workers);
    }
    free(p->views);
}

int
timeline_draw(FILE *out, const struct panel *panels, int count,
              const struct timeline_options *options)
{
    struct picture p = {
        .out = out,
        .options = options,
        .width = options->width,
        .span_ns = panel_span_ns(panels, count),
    };
    int status = 0;

    if (p.width > TERMINAL_WIDTH_MAX)
        p.width = TERMINAL_WIDTH_MAX;
    if (p.span_ns < options->span_ns)
        p.span_ns = options->span_ns;
    if (open_views(&p, panels, count) == -1) {
        close_views(&p);
        return -1;
    }
    write_all_times(&p);
    measure(&p);
    if (p.width >= WIDTH_LANES)
        status = draw_views(&p);
    else
        fprintf(out, "no timeline: it needs %d columns, not %d\n", WIDTH_LANES,
                p.width);
    if (p.width < WIDTH_FULL)
        for (int i = 0; i < count; i++)
            draw_table(&p, &p.views[i]);
    close_views(&p);
    return status;
}

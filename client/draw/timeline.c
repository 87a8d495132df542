#include "client/draw/timeline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/chosen_rows.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "client/record/spans.h"

#define WIDTH_ROOMY  80 /* from here on nothing takes more lines than usual */
#define WIDTH_FULL   60 /* from here on the times stand beside the lanes */
#define WIDTH_LANES  40 /* from here on there are lanes */
#define LINES_KEPT   8  /* legend 2, axis, summary 4, prompt */
#define LANES_MIN    3
#define LABEL_MIN    2
#define MARK_GAP     2
#define TICK_COLUMNS 9 /* at least, between two labels of the axis */
#define CLIENT       "client"
#define CLIENT_WIDTH ((int)sizeof(CLIENT) - 1)

/* What a column of a lane shows.  A value from ' ' on is that character. */
enum cell {
    CELL_BLANK,
    CELL_WAITING,
    CELL_SERVED,
    CELL_ASKED, /* either of the two: without an answer and without a log the
                 * client cannot know */
    CELL_ANSWER,
    CELL_ANSWERS, /* more than one */
    CELL_CLOSED,
    CELL_VANISHED,
    CELL_FAILED,
    CELL_EXPECTED, /* a guess or a prediction, and its end */
    CELL_EXPECTED_END,
    CELL_KINDS,
};

/* How a span is drawn. */
static const enum cell span_cells[SPANS_KINDS] = {
    [SPANS_WAITING] = CELL_WAITING,
    [SPANS_RETURNING] = CELL_WAITING,
    [SPANS_SERVED] = CELL_SERVED,
};

/* How the end of a client is drawn. */
static const enum cell outcome_cells[] = {
    [RECORD_OPEN] = CELL_BLANK,     [RECORD_CLOSED] = CELL_CLOSED,
    [RECORD_HUNG_UP] = CELL_CLOSED, [RECORD_VANISHED] = CELL_VANISHED,
    [RECORD_FAILED] = CELL_FAILED,
};

static const struct {
    const char *utf8;
    const char *ascii;
    const char *colour; /* a parameter of the escape sequence, or "" */
    const char *meaning;
    bool always; /* explained even where it does not occur */
} marks[CELL_KINDS] = {
    [CELL_BLANK] = {" ", " ", "", "", false},
    [CELL_WAITING] = {"\u2504", ".", "33", "waiting", true},
    [CELL_SERVED] = {"\u2501", "=", "32", "being served", true},
    [CELL_ASKED] = {"\u254c", "-", "36", "no answer", false},
    [CELL_ANSWER] = {"\u25cf", "o", "1", "answer", true},
    [CELL_ANSWERS] = {"\u25c9", "O", "1", "several answers", false},
    [CELL_CLOSED] = {"\u2524", "|", "", "closed", true},
    [CELL_VANISHED] = {"\u2573", "x", "", "vanished", false},
    [CELL_FAILED] = {"\u2717", "X", "31", "failed", false},
    [CELL_EXPECTED] = {"\u254c", "-", "2", "expected", false},
    [CELL_EXPECTED_END] = {"\u254e", ":", "2", "", false},
};

struct lane {
    unsigned char cells[TERMINAL_WIDTH_MAX]; /* enum cell */
};

struct picture {
    FILE *out;
    const struct timeline_options *options;
    const struct panel *panels;
    int count;
    struct chosen_rows *rows; /* the clients that are drawn, of each panel */
    int width;
    bool beside; /* the times stand beside the lanes */
    int label;   /* columns of the client's number */
    int first;   /* columns of the time of the first answer */
    int all;     /* columns of the time until the end */
    int plot;    /* columns of the lanes */
    int64_t span_ns;
    struct text_scale scale; /* of the times beside the lanes */
    bool used[CELL_KINDS];   /* the marks that occur */
};

/* The times that stand beside the lane of a client; "-" for an unknown one. */
struct times {
    char first[TEXT_TIME_MAX];
    char all[TEXT_TIME_MAX];
};

static struct times
times_of(const struct picture *p, const struct record *r, int client)
{
    int64_t first_ns = figures_first_ns(r, client);
    int64_t all_ns = figures_all_ns(r, client);
    struct times t = {"-", "-"};

    if (first_ns != RECORD_NEVER)
        text_scaled(t.first, &p->scale, first_ns, all_ns == RECORD_NEVER);
    if (all_ns != RECORD_NEVER)
        text_scaled(t.all, &p->scale, all_ns, true);
    return t;
}

/* Chooses how the times are written, from the shortest and the longest. */
static void
choose_scale(struct picture *p)
{
    int64_t min_ns = INT64_MAX;
    int64_t max_ns = 0;

    for (int i = 0; i < p->count; i++) {
        const struct figures *f = p->panels[i].figures;

        if (f->all_done_ns > max_ns)
            max_ns = f->all_done_ns;
        if (f->first.min_ns > 0 && f->first.min_ns < min_ns)
            min_ns = f->first.min_ns;
        for (int j = 0; j < p->rows[i].count; j++) {
            int64_t all_ns =
                figures_all_ns(p->panels[i].record, p->rows[i].clients[j]);

            if (all_ns > 0 && all_ns < min_ns)
                min_ns = all_ns;
        }
    }
    p->scale = text_scale(min_ns < INT64_MAX ? min_ns : 0, max_ns);
}

static int
wider(int columns, int others)
{
    return columns > others ? columns : others;
}

/* Finds out how many columns everything takes. */
static void
measure(struct picture *p)
{
    p->beside = p->width >= WIDTH_FULL;
    p->label = p->beside ? CLIENT_WIDTH : LABEL_MIN;
    p->first = (int)strlen("first");
    p->all = (int)strlen("all");
    for (int i = 0; i < p->count; i++) {
        const struct record *r = p->panels[i].record;

        p->label = wider(p->label, snprintf(NULL, 0, "%d", r->plan.clients));
        for (int j = 0; j < p->rows[i].count; j++) {
            struct times t = times_of(p, r, p->rows[i].clients[j]);

            p->first = wider(p->first, (int)strlen(t.first));
            p->all = wider(p->all, (int)strlen(t.all));
        }
    }
    p->plot = p->width - p->label - 2;
    if (p->beside)
        p->plot -= 2 + p->first + 2 + p->all;
}

/* Returns the column of a time.  The last one is kept for the end of a client
 * that an answer has pushed out of its column. */
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
fill(const struct picture *p, struct lane *lane, int64_t from_ns, int64_t to_ns,
     enum cell what)
{
    int64_t columns = p->plot - 1;

    for (int i = column(p, from_ns); i < columns; i++) {
        int64_t middle_ns = (2 * i + 1) * p->span_ns / (2 * columns);

        if (middle_ns >= to_ns)
            return;
        if (middle_ns >= from_ns)
            lane->cells[i] = (unsigned char)what;
    }
}

static bool
has_answer(const struct lane *lane, int at)
{
    return lane->cells[at] == CELL_ANSWER || lane->cells[at] == CELL_ANSWERS;
}

/* Fills the lane of a client.  A kind of span covers the kinds before it: with
 * several messages in flight, a client is being served while others of its
 * messages wait. */
static int
fill_client(const struct picture *p, const struct panel *panel,
            struct lane *lane, int client)
{
    const struct record_client *c = &panel->record->clients[client];
    enum cell end = outcome_cells[c->outcome];
    struct spans spans;
    int at;

    if (spans_of_client(&spans, panel->record, panel->figures, client) == -1)
        return -1;
    for (enum spans_kind kind = 0; kind < SPANS_KINDS; kind++)
        for (int i = 0; i < spans.count; i++) {
            const struct span *s = &spans.list[i];
            bool asked = kind != SPANS_SERVED && s->first >= c->answered &&
                         panel->record->services == NULL;

            if (s->kind == kind)
                fill(p, lane, s->began_ns, s->ended_ns,
                     asked ? CELL_ASKED : span_cells[kind]);
        }
    spans_close(&spans);
    for (int i = 0; i < c->answered; i++) {
        at = column(p, record_message(panel->record, client, i)->answered_ns);
        lane->cells[at] = has_answer(lane, at) ? CELL_ANSWERS : CELL_ANSWER;
    }
    if (end == CELL_BLANK)
        return 0;
    at = column(p, c->ended_ns);
    lane->cells[has_answer(lane, at) ? at + 1 : at] = (unsigned char)end;
    return 0;
}

/* Writes a client's number where services of this client begin, if there is
 * room for it and for some service behind it: numbers must not run together. */
static void
fill_number(const struct picture *p, struct lane *lane, int client,
            int64_t began_ns, int64_t ended_ns)
{
    char number[16];
    int at = column(p, began_ns);
    int len = snprintf(number, sizeof(number), "%d", client + 1);

    if (at + len < column(p, ended_ns))
        memcpy(lane->cells + at, number, (size_t)len);
}

/* Fills the lane of a worker with its services; a number is in the first of
 * several services of one client. */
static void
fill_worker(const struct picture *p, struct lane *lane, const struct span *list,
            int count)
{
    const struct span *first = list;

    for (int i = 0; i < count; i++) {
        const struct span *s = &list[i];

        fill(p, lane, s->began_ns, s->ended_ns, CELL_SERVED);
        if (i + 1 < count && s[1].client == s->client)
            continue;
        fill_number(p, lane, s->client, first->began_ns, s->ended_ns);
        first = s + 1;
    }
}

/* Begins or ends the colour of a cell. */
static void
put_colour(const struct picture *p, int cell, bool begin)
{
    const char *colour = cell < CELL_KINDS ? marks[cell].colour : "1";

    if (p->options->colour && *colour != '\0')
        fprintf(p->out, "\033[%sm", begin ? colour : "0");
}

static void
put_cell(const struct picture *p, int cell)
{
    if (cell < CELL_KINDS)
        fputs(p->options->utf8 ? marks[cell].utf8 : marks[cell].ascii, p->out);
    else
        putc(cell, p->out);
}

/* Draws a lane.  If nothing will stand beside it, it ends where its last mark
 * is. */
static void
put_lane(struct picture *p, const struct lane *lane, bool beside)
{
    int before = CELL_BLANK;
    int end = p->plot;

    while (!beside && end > 0 && lane->cells[end - 1] == CELL_BLANK)
        end--;
    fputs(end > 0 ? "  " : "", p->out);
    for (int i = 0; i < end; i++) {
        int cell = lane->cells[i];

        if (cell != before) {
            put_colour(p, before, false);
            put_colour(p, cell, true);
        }
        put_cell(p, cell);
        before = cell;
        if (cell < CELL_KINDS)
            p->used[cell] = true;
    }
    put_colour(p, before, false);
}

static void
put_times(const struct picture *p, const char *first, const char *all)
{
    fprintf(p->out, "  %*s  %*s\n", p->first, first, p->all, all);
}

/* Draws the clients that were chosen: their lanes, their times, or both. */
static int
draw_clients(struct picture *p, int panel, bool with_lanes, bool with_times)
{
    const struct chosen_rows *rows = &p->rows[panel];
    const struct record *r = p->panels[panel].record;

    for (int i = 0; i < rows->count; i++) {
        int client = rows->clients[i];
        struct times t = times_of(p, r, client);
        struct lane lane = {{CELL_BLANK}};

        if (rows->hidden > 0 && i == rows->gap_at)
            fprintf(p->out, "%*s  ... %d more ended in between\n", p->label, "",
                    rows->hidden);
        fprintf(p->out, "%*d", p->label, client + 1);
        if (with_lanes) {
            if (fill_client(p, &p->panels[panel], &lane, client) == -1)
                return -1;
            put_lane(p, &lane, with_times);
        }
        if (with_times)
            put_times(p, t.first, t.all);
        else
            putc('\n', p->out);
    }
    return 0;
}

static int
draw_workers(struct picture *p, const struct panel *panel)
{
    int workers = panel->record->worker_count;
    struct spans spans;
    int first = 0;

    if (!panel_has_workers(panel))
        return 0;
    if (spans_of_workers(&spans, panel->record, panel->figures) == -1)
        return -1;
    fprintf(p->out, "%*s  and the clients it serves\n", p->label, "worker");
    for (int i = 0; i < workers && i < TIMELINE_LANES_MAX; i++) {
        int count = spans_count_of(&spans, first, i);
        struct lane lane = {{CELL_BLANK}};

        fill_worker(p, &lane, spans.list + first, count);
        fprintf(p->out, "%*d", p->label, i + 1);
        put_lane(p, &lane, false);
        putc('\n', p->out);
        first += count;
    }
    if (workers > TIMELINE_LANES_MAX)
        fprintf(p->out, "%*s  ... %d more\n", p->label, "",
                workers - TIMELINE_LANES_MAX);
    spans_close(&spans);
    return 0;
}

/* Draws how long the run was expected to take. */
static void
draw_expected(struct picture *p, const char *by, int64_t ns)
{
    struct lane lane = {{CELL_BLANK}};
    int end;

    if (ns == RECORD_NEVER)
        return;
    end = column(p, ns);
    memset(lane.cells, CELL_EXPECTED, (size_t)end);
    lane.cells[end] = CELL_EXPECTED_END;
    p->used[CELL_EXPECTED] = true; /* even if it ends where it begins */
    fprintf(p->out, "%*s", p->label, by);
    put_lane(p, &lane, p->beside);
    fprintf(p->out, "  %*s\n", p->beside ? p->first + 2 + p->all : 0,
            TEXT_SCALED(&p->scale, ns, true));
}

static void
draw_heading(const struct picture *p, const struct panel *panel)
{
    struct text_flow flow = text_flow_open(p->out, p->width, TEXT_GAP);
    const struct figures *f = panel->figures;
    bool bold = p->options->colour;

    if (*panel->title == '\0')
        return;
    fprintf(p->out, "\n%s%s%s", bold ? "\033[1m" : "", panel->title,
            bold ? "\033[0m" : "");
    flow.column = (int)strlen(panel->title);
    if (*panel->failure != '\0')
        text_flow_item(&flow, "%s", panel->failure);
    if (f->answer.count > 0 && f->at_once >= 0)
        text_flow_item(&flow, "serves %d at once", f->at_once);
    if (*panel->failure == '\0')
        text_flow_item(&flow, "all done after %s", TEXT_TIME(f->all_done_ns));
    text_flow_end(&flow);
}

/* Draws a panel.  A panel with a title is left out if no client reached its
 * server. */
static int
draw_panel(struct picture *p, int number)
{
    const struct panel *panel = &p->panels[number];

    if (*panel->title != '\0' && panel->figures->connected == 0)
        return 0;
    draw_heading(p, panel);
    if (draw_clients(p, number, true, p->beside) == -1 ||
        draw_workers(p, panel) == -1)
        return -1;
    if (panel->guess_ns == RECORD_NEVER)
        return 0;
    draw_expected(p, "you", panel->guess_ns);
    draw_expected(p, "model", panel->predicted_ns);
    if (*panel->formula != '\0')
        fprintf(p->out, "%*s  %s\n", p->label, "", panel->formula);
    return 0;
}

static void
draw_marks(const struct picture *p)
{
    struct text_flow flow = text_flow_open(p->out, p->width, MARK_GAP);

    for (int kind = 0; kind < CELL_KINDS; kind++) {
        const char *meaning = marks[kind].meaning;

        if ((!marks[kind].always && !p->used[kind]) || *meaning == '\0')
            continue;
        text_flow_begin(&flow, 2 + (int)strlen(meaning));
        put_colour(p, kind, true);
        put_cell(p, kind);
        put_colour(p, kind, false);
        fprintf(p->out, " %s", meaning);
    }
    text_flow_end(&flow);
}

/* Explains the marks, and how the times of service are known. */
static void
draw_legend(const struct picture *p)
{
    struct text_flow flow = text_flow_open(p->out, p->width, TEXT_GAP);
    const struct figures_times *answer = &p->panels->figures->answer;
    int logged = 0;
    int connected = 0;

    draw_marks(p);
    for (int i = 0; i < p->count; i++) {
        logged += p->panels[i].record->services != NULL;
        connected += p->panels[i].figures->connected > 0;
    }
    if (logged > 0 && logged == connected)
        text_flow_item(&flow, "service as the server logged it");
    else if (p->count > 1)
        text_flow_item(&flow,
                       "service as the server logged it, otherwise as long "
                       "as its fastest answer");
    else if (answer->count > 0)
        text_flow_item(&flow, "service taken as the fastest answer, %s",
                       TEXT_TIME(answer->min_ns));
    text_flow_item(&flow, "blank: no message outstanding");
    text_flow_end(&flow);
}

static void
draw_axis(const struct picture *p)
{
    int64_t step_ns = text_round_up(p->span_ns * TICK_COLUMNS / (p->plot - 1));
    struct text_scale unit = text_ticks(p->span_ns, step_ns);
    char label[TEXT_TIME_MAX];
    int at = 0;

    fprintf(p->out, "%*s  ", p->label, p->beside ? CLIENT : "");
    snprintf(label, sizeof(label), "0 %s", unit.unit);
    for (int64_t t = 0; t <= p->span_ns; t += step_ns) {
        int where = column(p, t);

        if (t > 0)
            text_scaled(label, &unit, t, false);
        if (where < at || where + (int)strlen(label) > p->plot)
            break;
        fprintf(p->out, "%*s%s", where - at, "", label);
        at = where + (int)strlen(label);
    }
    if (p->beside) {
        fprintf(p->out, "%*s", p->plot - at, "");
        put_times(p, "first", "all");
    } else {
        putc('\n', p->out);
    }
}

/* Draws everything that has lanes.  The panels are drawn first, into memory,
 * because the legend above them explains the marks that occur. */
static int
draw_lanes(struct picture *p)
{
    FILE *out = p->out;
    char *panels = NULL;
    size_t size = 0;
    int status = 0;

    p->out = open_memstream(&panels, &size);
    if (p->out == NULL)
        return -1;
    for (int i = 0; status == 0 && i < p->count; i++)
        status = draw_panel(p, i);
    if (ferror(p->out))
        status = -1;
    if (fclose(p->out) == EOF)
        status = -1;
    p->out = out;
    if (status == 0) {
        draw_legend(p);
        draw_axis(p);
        fwrite(panels, 1, size, out);
        if (p->count > 1)
            draw_axis(p);
    }
    free(panels);
    return status;
}

/* Draws the times that have no room beside the lanes. */
static int
draw_table(struct picture *p, int panel)
{
    draw_heading(p, &p->panels[panel]);
    p->label = CLIENT_WIDTH;
    fprintf(p->out, "%*s", p->label, CLIENT);
    put_times(p, "first", "all");
    return draw_clients(p, panel, false, true);
}

int
timeline_lanes(int width, int height)
{
    int lanes = height - LINES_KEPT;

    if (height == 0)
        return TIMELINE_LANES_MAX;
    if (width < WIDTH_ROOMY)
        lanes -= 2; /* the legend and the summary take more lines */
    /* The times take a second line per client, and a heading. */
    if (width >= WIDTH_LANES && width < WIDTH_FULL)
        lanes = (lanes - 1) / 2;
    if (lanes < LANES_MIN)
        return LANES_MIN;
    return lanes < TIMELINE_LANES_MAX ? lanes : TIMELINE_LANES_MAX;
}

static int
draw_picture(struct picture *p)
{
    int status = 0;

    choose_scale(p);
    measure(p);
    if (p->width >= WIDTH_LANES)
        status = draw_lanes(p);
    else
        fprintf(p->out, "no timeline: it needs %d columns, not %d\n",
                WIDTH_LANES, p->width);
    for (int i = 0; status == 0 && !p->beside && i < p->count; i++)
        status = draw_table(p, i);
    return status;
}

int
timeline_draw(FILE *out, const struct panel *panels, int count,
              const struct timeline_options *options)
{
    struct picture p = {
        .out = out,
        .options = options,
        .panels = panels,
        .count = count,
        .rows = calloc((size_t)count + 1, sizeof(*p.rows)),
        .width = options->width,
        .span_ns = panel_span_ns(panels, count),
    };
    int lanes = options->lanes;
    int status = p.rows == NULL ? -1 : 0;

    if (p.width > TERMINAL_WIDTH_MAX)
        p.width = TERMINAL_WIDTH_MAX;
    if (p.span_ns < options->span_ns)
        p.span_ns = options->span_ns;
    if (lanes > TIMELINE_LANES_MAX)
        lanes = TIMELINE_LANES_MAX;
    for (int i = 0; status == 0 && i < count; i++)
        status = chosen_rows_choose(&p.rows[i], panels[i].record, lanes);
    if (status == 0)
        status = draw_picture(&p);
    for (int i = 0; p.rows != NULL && i < count; i++)
        chosen_rows_close(&p.rows[i]);
    free(p.rows);
    return status;
}

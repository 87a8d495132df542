#include "client/draw/timeline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/lanes.h"
#include "client/draw/text.h"
#include "client/memory.h"
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
    CELL_LEAVING,
    CELL_WAITING,
    CELL_CONNECTING,
    CELL_QUEUED,
    CELL_UNREAD,
    CELL_READ,
    CELL_SERVED,
    CELL_ASKED, /* either of the two: without an answer and without a log the
                 * client cannot know */
    CELL_ANSWER,
    CELL_ANSWERS, /* more than one */
    CELL_CLOSED,
    CELL_VANISHED,
    CELL_FAILED,
    CELL_GOES_ON,  /* the axis ends before the client */
    CELL_EXPECTED, /* a guess or a prediction, and its end */
    CELL_EXPECTED_END,
    CELL_KINDS,
};

/* How a span is drawn. */
static const enum cell span_cells[SPANS_KINDS] = {
    [SPANS_LEAVING] = CELL_LEAVING, [SPANS_ASKED] = CELL_ASKED,
    [SPANS_WAITING] = CELL_WAITING, [SPANS_CONNECTING] = CELL_CONNECTING,
    [SPANS_QUEUED] = CELL_QUEUED,   [SPANS_UNREAD] = CELL_UNREAD,
    [SPANS_READ] = CELL_READ,       [SPANS_RETURNING] = CELL_WAITING,
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
    [CELL_LEAVING] = {"\u2500", "_", "", "waiting for the close", false},
    [CELL_WAITING] = {"\u2504", ".", "33", "waiting", false},
    [CELL_CONNECTING] = {"\u00b7", "'", "31", "not connected", false},
    [CELL_QUEUED] = {"\u2591", ":", "33", "in the accept queue", false},
    [CELL_UNREAD] = {"\u2592", "+", "35", "accepted, not read", false},
    [CELL_READ] = {"\u2593", "*", "34", "read, waiting", false},
    [CELL_SERVED] = {"\u2501", "=", "32", "being served", true},
    [CELL_ASKED] = {"\u254c", "-", "36", "no answer", false},
    [CELL_ANSWER] = {"\u25cf", "o", "1", "answer", true},
    [CELL_ANSWERS] = {"\u25c9", "O", "1", "several answers", false},
    [CELL_CLOSED] = {"\u2524", "|", "", "closed", true},
    [CELL_VANISHED] = {"\u2573", "x", "", "vanished", false},
    [CELL_FAILED] = {"\u2717", "X", "31", "failed", false},
    [CELL_GOES_ON] = {"\u2192", ">", "31", "goes on", false},
    [CELL_EXPECTED] = {"\u2550", "~", "2", "expected", false},
    [CELL_EXPECTED_END] = {"\u254e", ":", "2", "", false},
};

struct picture {
    FILE *out;
    const struct terminal *terminal;
    const struct panel *panels;
    int count;
    struct lanes *lanes; /* of each panel */
    int width;
    bool beside; /* the times stand beside the lanes */
    int label;   /* columns of the client's number */
    int first;   /* columns of the time of the first answer */
    int all;     /* columns of the time until the end */
    int plot;    /* columns of the lanes */
    int64_t span_ns;
    struct text_scale scale; /* of the times beside the lanes */
    bool used[CELL_KINDS];   /* the marks that occur */
    unsigned char
        cells[TERMINAL_WIDTH_MAX]; /* the current lane; see enum cell */
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

static void
widen(int *columns, int others)
{
    if (others > *columns)
        *columns = others;
}

/* Finds out how the times are written and how many columns everything takes. */
static void
measure(struct picture *p)
{
    int64_t min_ns = INT64_MAX;

    for (int i = 0; i < p->count; i++) {
        const struct figures_times *first = &p->panels[i].figures->first;

        if (first->min_ns > 0 && first->min_ns < min_ns)
            min_ns = first->min_ns;
    }
    p->scale = lanes_scale(p->lanes, p->count, min_ns);
    p->beside = p->width >= WIDTH_FULL;
    p->label = p->beside ? CLIENT_WIDTH : LABEL_MIN;
    p->first = (int)strlen("first");
    p->all = (int)strlen("all");
    for (int i = 0; i < p->count; i++) {
        const struct record *r = p->panels[i].record;
        const struct lane *lane = p->lanes[i].list;

        widen(&p->label, snprintf(NULL, 0, "%d", r->plan.clients));
        for (int j = 0; j < p->lanes[i].count && !lane[j].of_worker; j++) {
            struct times t;

            if (lane[j].more)
                continue;
            t = times_of(p, r, lane[j].number);
            widen(&p->first, (int)strlen(t.first));
            widen(&p->all, (int)strlen(t.all));
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
fill(struct picture *p, int64_t from_ns, int64_t to_ns, enum cell what)
{
    int64_t columns = p->plot - 1;

    for (int i = column(p, from_ns); i < columns; i++) {
        int64_t middle_ns = (2 * i + 1) * p->span_ns / (2 * columns);

        if (middle_ns >= to_ns)
            return;
        if (middle_ns >= from_ns)
            p->cells[i] = (unsigned char)what;
    }
}

static bool
has_answer(const struct picture *p, int at)
{
    return p->cells[at] == CELL_ANSWER || p->cells[at] == CELL_ANSWERS;
}

/* Fills the lane of a client.  A kind of span covers the kinds before it: with
 * several messages in flight, a client is being served while others of its
 * messages wait. */
static void
fill_client(struct picture *p, const struct record *r, int client,
            const struct spans *spans)
{
    const struct record_client *c = &r->clients[client];
    enum cell end = outcome_cells[c->end.outcome];
    int at;

    for (enum spans_kind kind = 0; kind < SPANS_KINDS; kind++)
        for (int i = 0; i < spans->count; i++) {
            const struct span *s = &spans->list[i];

            if (s->kind == kind)
                fill(p, s->began_ns, s->ended_ns, span_cells[kind]);
        }
    for (int i = 0; i < c->answered; i++) {
        if (record_message(r, client, i)->answered_ns > p->span_ns)
            break;
        at = column(p, record_message(r, client, i)->answered_ns);
        p->cells[at] = has_answer(p, at) ? CELL_ANSWERS : CELL_ANSWER;
    }
    if (record_end_ns(r, client) > p->span_ns)
        p->cells[p->plot - 1] = CELL_GOES_ON;
    if (end == CELL_BLANK || c->ended_ns > p->span_ns)
        return;
    at = column(p, c->ended_ns);
    p->cells[has_answer(p, at) ? at + 1 : at] = (unsigned char)end;
}

/* Fills the lane of a worker with its services.  The first of several services
 * of one client begins with the client's number, if there is room for it and
 * for some service after it, because numbers must not run together.  A pause
 * that is shorter than a column is not drawn, because it would take a whole
 * column. */
static void
fill_worker(struct picture *p, const struct spans *spans)
{
    const struct span *first = spans->list;
    int64_t column_ns = p->span_ns / (p->plot - 1);
    char number[16];

    for (int i = 0; i < spans->count; i++) {
        const struct span *s = &spans->list[i];
        int len = snprintf(number, sizeof(number), "%d", s->client + 1);
        int at = column(p, first->began_ns);
        bool is_last = i + 1 == spans->count;
        bool goes_on = !is_last && s[1].began_ns - s->ended_ns < column_ns;

        fill(p, s->began_ns, goes_on ? s[1].began_ns : s->ended_ns,
             CELL_SERVED);
        if (!is_last && s[1].client == s->client)
            continue;
        if (at + len < column(p, s->ended_ns))
            memcpy(p->cells + at, number, (size_t)len);
        first = s + 1;
    }
}

static const char *
colour_of(const struct picture *p, int cell)
{
    if (!p->terminal->colour)
        return "";
    return cell < CELL_KINDS ? marks[cell].colour : "1";
}

/* Draws cells in their colours. */
static void
put_cells(struct picture *p, const unsigned char *cells, int count)
{
    const char *colour = "";

    for (int i = 0; i < count; i++) {
        int cell = cells[i];

        if (i == 0 || cell != cells[i - 1]) {
            fputs(*colour != '\0' ? "\033[0m" : "", p->out);
            colour = colour_of(p, cell);
            if (*colour != '\0')
                fprintf(p->out, "\033[%sm", colour);
        }
        if (cell >= CELL_KINDS) {
            putc(cell, p->out);
            continue;
        }
        fputs(p->terminal->utf8 ? marks[cell].utf8 : marks[cell].ascii, p->out);
        p->used[cell] = true;
    }
    fputs(*colour != '\0' ? "\033[0m" : "", p->out);
}

/* Draws the current lane.  If nothing will stand beside it, it ends where its
 * last mark is. */
static void
put_lane(struct picture *p, bool beside)
{
    int end = p->plot;

    while (!beside && end > 0 && p->cells[end - 1] == CELL_BLANK)
        end--;
    fputs(end > 0 ? "  " : "", p->out);
    put_cells(p, p->cells, end);
}

static void
put_times(const struct picture *p, const char *first, const char *all)
{
    fprintf(p->out, "  %*s  %*s\n", p->first, first, p->all, all);
}

/* Draws a lane with its marks, or its times, or both. */
static void
draw_lane(struct picture *p, const struct panel *panel, const struct lane *lane,
          bool with_marks, bool with_times)
{
    fprintf(p->out, "%*d", p->label, lane->number + 1);
    if (with_marks) {
        struct spans spans = lanes_spans(panel, lane);

        memset(p->cells, CELL_BLANK, sizeof(p->cells));
        if (lane->of_worker)
            fill_worker(p, &spans);
        else
            fill_client(p, panel->record, lane->number, &spans);
        free(spans.list);
        put_lane(p, with_times);
    }
    if (with_times) {
        struct times t = times_of(p, panel->record, lane->number);

        put_times(p, t.first, t.all);
    } else {
        putc('\n', p->out);
    }
}

/* Draws the lanes of a panel.  Those of workers have only marks. */
static void
draw_lanes(struct picture *p, const struct lanes *lanes, bool with_marks,
           bool with_times)
{
    bool of_worker = false;

    for (int i = 0; i < lanes->count; i++) {
        const struct lane *lane = &lanes->list[i];

        if (lane->of_worker && !with_marks)
            return;
        if (lane->of_worker && !of_worker)
            fprintf(p->out, "%*s  and the clients it serves\n", p->label,
                    "worker");
        of_worker = lane->of_worker;
        if (lane->more)
            fprintf(p->out, "%*s  ... %d more%s\n", p->label, "", lane->number,
                    of_worker ? "" : " ended in between");
        else
            draw_lane(p, lanes->panel, lane, with_marks,
                      with_times && !of_worker);
    }
}

/* Draws how long the run was expected to take. */
static void
draw_expected(struct picture *p, const char *by, int64_t ns)
{
    int end;

    if (ns == RECORD_NEVER)
        return;
    end = column(p, ns);
    memset(p->cells, CELL_BLANK, sizeof(p->cells));
    memset(p->cells, CELL_EXPECTED, (size_t)end);
    p->cells[end] = CELL_EXPECTED_END;
    p->used[CELL_EXPECTED] = true; /* even if it ends where it begins */
    fprintf(p->out, "%*s", p->label, by);
    put_lane(p, p->beside);
    fprintf(p->out, "  %*s\n", p->beside ? p->first + 2 + p->all : 0,
            TEXT_SCALED(&p->scale, ns, true));
}

static void
draw_heading(const struct picture *p, const struct panel *panel)
{
    struct text_flow flow = text_flow_open(p->out, p->width, TEXT_GAP);
    const struct figures *f = panel->figures;
    bool bold = p->terminal->colour;

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
        text_flow_item(&flow, "all done after %s",
                       TEXT_SCALED(&p->scale, f->all_done_ns, true));
    text_flow_end(&flow);
}

/* Draws a panel.  A panel with a title is left out if no client reached its
 * server. */
static void
draw_panel(struct picture *p, const struct lanes *lanes)
{
    const struct panel *panel = lanes->panel;

    if (*panel->title != '\0' && panel->figures->connected == 0)
        return;
    draw_heading(p, panel);
    draw_lanes(p, lanes, true, p->beside);
    if (panel->guess_ns == RECORD_NEVER)
        return;
    draw_expected(p, "you", panel->guess_ns);
    draw_expected(p, "model", panel->predicted_ns);
    if (*panel->formula != '\0')
        fprintf(p->out, "%*s  %s\n", p->label, "", panel->formula);
}

static void
draw_marks(struct picture *p)
{
    struct text_flow flow = text_flow_open(p->out, p->width, MARK_GAP);

    for (int kind = 0; kind < CELL_KINDS; kind++) {
        const char *meaning = marks[kind].meaning;
        unsigned char cell = (unsigned char)kind;

        if ((!marks[kind].always && !p->used[kind]) || *meaning == '\0')
            continue;
        text_flow_begin(&flow, 2 + (int)strlen(meaning));
        put_cells(p, &cell, 1);
        fprintf(p->out, " %s", meaning);
    }
    text_flow_end(&flow);
}

/* Explains the marks, and how the times of service are known. */
static void
draw_legend(struct picture *p)
{
    struct text_flow flow = text_flow_open(p->out, p->width, TEXT_GAP);
    const struct figures_times *answer = &p->panels->figures->answer;
    int logged = 0;
    int connected = 0;
    int64_t look_ns = 0; /* the longest time between two looks */
    bool untold = false;

    draw_marks(p);
    for (int i = 0; i < p->count; i++) {
        logged += p->panels[i].record->services != NULL;
        connected += p->panels[i].figures->connected > 0;
        if (p->panels[i].record->look_ns > look_ns)
            look_ns = p->panels[i].record->look_ns;
        untold |= p->panels[i].record->look_ns == RECORD_NEVER;
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
    if (look_ns > 0)
        text_flow_item(&flow, "waiting: the kernel was asked every %s",
                       TEXT_TIME(look_ns));
    else if (untold && p->used[CELL_WAITING])
        text_flow_item(&flow, "waiting: the kernel does not tell where");
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
static void
draw_panels(struct picture *p)
{
    FILE *out = p->out;
    char *panels;
    size_t size;

    p->out = memory_open(&panels, &size);
    for (int i = 0; i < p->count; i++)
        draw_panel(p, &p->lanes[i]);
    memory_close(p->out);
    p->out = out;
    draw_legend(p);
    draw_axis(p);
    fwrite(panels, 1, size, out);
    if (p->count > 1)
        draw_axis(p);
    free(panels);
}

/* Draws the times that have no room beside the lanes. */
static void
draw_table(struct picture *p, const struct lanes *lanes)
{
    draw_heading(p, lanes->panel);
    p->label = CLIENT_WIDTH;
    fprintf(p->out, "%*s", p->label, CLIENT);
    put_times(p, "first", "all");
    draw_lanes(p, lanes, false, true);
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

void
timeline_draw(FILE *out, const struct panel *panels, int count,
              const struct terminal *terminal, int64_t span_ns)
{
    int lanes = timeline_lanes(terminal->width, terminal->height);
    struct picture p = {
        .out = out,
        .terminal = terminal,
        .panels = panels,
        .count = count,
        .lanes = memory_get((size_t)count, sizeof(*p.lanes)),
        .width = terminal->width < TERMINAL_WIDTH_MAX ? terminal->width
                                                      : TERMINAL_WIDTH_MAX,
        .span_ns = panel_span_ns(panels, count),
    };

    if (p.span_ns < span_ns)
        p.span_ns = span_ns;
    for (int i = 0; i < count; i++)
        p.lanes[i] = lanes_open(&panels[i], lanes, TIMELINE_LANES_MAX);
    measure(&p);
    if (p.width >= WIDTH_LANES)
        draw_panels(&p);
    else
        fprintf(out, "no timeline: it needs %d columns, not %d\n", WIDTH_LANES,
                p.width);
    for (int i = 0; i < count; i++) {
        if (!p.beside)
            draw_table(&p, &p.lanes[i]);
        free(p.lanes[i].list);
    }
    free(p.lanes);
}

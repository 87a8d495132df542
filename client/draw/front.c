#include "client/draw/front.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "client/draw/conclusion.h"
#include "client/draw/svg_style.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "client/memory.h"
#include "client/record/spans.h"

/* All lengths are in user units.  There is room for the large letters of narrow
 * screens everywhere. */
#define WIDTH    720
#define MARGIN   8
#define LEFT     230 /* of the rows: room for names */
#define RIGHT    540 /* of the rows: room for two times */
#define NAMES    20  /* columns */
#define TITLE    66  /* columns */
#define FAILURE  42  /* columns */
#define LINE     22
#define ROW      44
#define BETWEEN  9   /* two rows */
#define LANE_MAX 9.0 /* the height of a lane */
#define THICK    0.78
#define THIN     0.24 /* both: parts of the height of a lane */
#define CUT      1.0  /* between two services */
#define TICK     90   /* between the labels of the axis, at least */
#define SAMPLE   24   /* the width of a span in the legend */

struct front {
    FILE *out;
    struct conclusion is;
    bool lanes; /* otherwise heights */
    int y;      /* everything above has been drawn */
};

static double
x_of(const struct front *p, int64_t ns)
{
    if (ns > p->is.span_ns)
        ns = p->is.span_ns;
    return LEFT + (RIGHT - LEFT) * (double)ns / (double)p->is.span_ns;
}

/* Writes text at y; it begins at x, or ends or is centred there, as the class
 * says. */
static void
put_text(const struct front *p, const char *class, double x, double y,
         const char *text)
{
    fprintf(p->out, "<text class=\"%s\" x=\"%.2f\" y=\"%.1f\">", class, x, y);
    xml_text(p->out, text);
    fputs("</text>\n", p->out);
}

/* The same for text of unknown length, of which at most so many columns are
 * written. */
static void
put_cell(const struct front *p, const char *class, double x, double y,
         const char *text, int columns)
{
    char *cell;
    size_t size;
    FILE *out = memory_open(&cell, &size);

    text_cell(out, text, columns);
    memory_close(out);
    while (size > 0 && cell[size - 1] == ' ')
        cell[--size] = '\0';
    put_text(p, class, x, y, cell);
    free(cell);
}

static void
put_rect(const struct front *p, bool served, double from, double to,
         double middle, double lane)
{
    double height = lane * (served ? THICK : THIN);

    fprintf(p->out,
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"%.2f\"/>\n",
            served ? "serve w1" : "wait", from, middle - height / 2, to - from,
            height);
}

/* Draws when a client waits, or when it is being served.  Between two services
 * is a cut, so that messages can be counted. */
static void
put_spans(const struct front *p, const struct spans *spans, bool served,
          double middle, double lane)
{
    for (int i = 0, next; i < spans->count; i = next) {
        const struct span *span = &spans->list[i];
        int64_t ended_ns = span->ended_ns;
        double from = x_of(p, span->began_ns);
        double to;

        next = i + 1;
        if ((span->kind == SPANS_SERVED) != served ||
            span->kind == SPANS_RETURNING || span->kind == SPANS_LEAVING)
            continue;
        /* Waiting in one place and then in another is waiting. */
        for (; !served && next < spans->count; next++) {
            const struct span *more = &spans->list[next];

            if (more->kind >= SPANS_RETURNING || more->began_ns > ended_ns)
                break;
            if (more->ended_ns > ended_ns)
                ended_ns = more->ended_ns;
        }
        to = x_of(p, ended_ns);
        if (served && to - from > 2 * CUT)
            to -= CUT;
        if (to > from)
            put_rect(p, served, from, to, middle, lane);
    }
}

static void
put_lanes(const struct front *p, const struct panel *panel)
{
    int clients = panel->record->plan.clients;
    double lane = ROW / (double)clients;
    int64_t close_ns = p->is.span_ns * 2 / (RIGHT - LEFT);
    double top;

    if (lane > LANE_MAX)
        lane = LANE_MAX;
    top = p->y + (ROW - lane * clients) / 2;
    for (int i = 0; i < clients; i++) {
        struct spans spans = spans_of_client(panel->record, panel->figures, i);
        double middle = top + lane * (i + 0.5);

        spans.count = spans_join(spans.list, spans.count, close_ns);
        put_spans(p, &spans, false, middle, lane);
        put_spans(p, &spans, true, middle, lane);
        free(spans.list);
    }
}

static void
put_heights(const struct front *p, const struct panel *panel)
{
    int served[RIGHT - LEFT];
    int bottom = p->y + ROW;

    conclusion_served(served, RIGHT - LEFT, panel, p->is.span_ns);
    fprintf(p->out, "<path class=\"heights w1\" d=\"M%d %d", LEFT, bottom);
    for (int i = 0; i < RIGHT - LEFT; i++)
        if (i == 0 || served[i] != served[i - 1])
            fprintf(p->out, "H%dV%.2f", LEFT + i,
                    bottom - ROW * (double)served[i] / p->is.highest);
    fprintf(p->out, "H%dV%dz\"/>\n", RIGHT, bottom);
}

/* Writes a row in words. */
static void
write_outcome(FILE *out, const struct front *p, const struct panel *panel)
{
    const struct figures *f = panel->figures;

    if (!conclusion_is_whole(panel)) {
        fputs("failed: ", out);
        xml_text(out, panel->failure);
        return;
    }
    if (f->at_once > 0)
        fprintf(out, "serves %d at once, ", f->at_once);
    fprintf(out, "all done after %s, longest wait %s",
            TEXT_SCALED(&p->is.scale, f->all_done_ns, true),
            TEXT_SCALED(&p->is.scale, f->first.max_ns, true));
}

static void
put_row(const struct front *p, const struct panel *panels, int count)
{
    const struct figures *f = panels->figures;
    char names[CONCLUSION_NAMES_MAX];
    int base = p->y + ROW / 2;

    conclusion_names(names, panels, count, CONCLUSION_NAMES_MAX);
    fputs("<g class=\"row\" data-model=\"", p->out);
    xml_text(p->out, names);
    fputs("\">\n<title>", p->out);
    xml_text(p->out, names);
    fputs(": ", p->out);
    write_outcome(p->out, p, panels);
    fputs("</title>\n", p->out);
    conclusion_names(names, panels, count, NAMES);
    put_cell(p, "name", MARGIN, base - 3, names, NAMES);
    if (!conclusion_is_whole(panels)) {
        put_text(p, "small", MARGIN, base + 17, "failed");
        put_cell(p, "failure", LEFT, base + 6, panels->failure, FAILURE);
    } else {
        if (f->at_once > 0) {
            char text[64];

            snprintf(text, sizeof(text), "serves %d at once", f->at_once);
            put_text(p, "small", MARGIN, base + 17, text);
        }
        if (p->lanes)
            put_lanes(p, panels);
        else
            put_heights(p, panels);
        put_text(p, "end name", x_of(p, f->all_done_ns) + 8, base + 6,
                 TEXT_SCALED(&p->is.scale, f->all_done_ns, true));
        put_text(p, "label", WIDTH - MARGIN, base + 6,
                 TEXT_SCALED(&p->is.scale, f->first.max_ns, true));
    }
    fputs("</g>\n", p->out);
}

static void
put_legend(struct front *p)
{
    double middle = p->y + LINE / 2.0;
    double y = p->y + LINE - 6;

    if (p->lanes) {
        put_text(p, "small", MARGIN, y, "one line per client:");
        put_rect(p, false, LEFT, LEFT + SAMPLE, middle, LANE_MAX);
        put_text(p, "small", LEFT + SAMPLE + 8, y, "waiting");
        put_rect(p, true, LEFT + 130, LEFT + 130 + SAMPLE, middle, LANE_MAX);
        put_text(p, "small", LEFT + 138 + SAMPLE, y, "being served");
    } else {
        put_text(p, "small", MARGIN, y,
                 "height: the number of clients being served");
    }
    p->y += LINE;
}

/* Draws the axis, and the grid down to the last row. */
static void
put_axis(struct front *p, int rows)
{
    int64_t step_ns = text_round_up(p->is.span_ns * TICK / (RIGHT - LEFT));
    struct text_scale unit = text_ticks(p->is.span_ns, step_ns);
    char label[TEXT_TIME_MAX];

    for (int64_t t = 0; t <= p->is.span_ns; t += step_ns) {
        if (t == 0)
            snprintf(label, sizeof(label), "0 %s", unit.unit);
        else
            text_scaled(label, &unit, t, false);
        put_text(p, "tick", x_of(p, t), p->y + LINE - 6, label);
    }
    put_text(p, "label", WIDTH - MARGIN, p->y + LINE - 6, "longest wait");
    p->y += LINE;
    fputs("<path class=\"grid\" d=\"", p->out);
    for (int64_t t = 0; t <= p->is.span_ns; t += step_ns)
        fprintf(p->out, "M%.2f %dv%d", x_of(p, t), p->y,
                rows * (ROW + BETWEEN));
    fputs("\"/>\n", p->out);
}

static int
count_rows(const struct panel *panels, int count)
{
    int rows = 0;

    for (int i = 0; i < count; i += conclusion_row(&panels[i], count - i))
        rows++;
    return rows;
}

/* Returns the picture in words, which the caller frees. */
static char *
describe(const struct front *p, const struct panel *panels, int count)
{
    char sentence[CONCLUSION_SENTENCE_MAX];
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    for (int i = 0; i < count; i++) {
        xml_text(out, panels[i].title);
        fputs(": ", out);
        write_outcome(out, p, &panels[i]);
        fputs(". ", out);
    }
    conclusion_sentence(sentence, panels, count);
    xml_text(out, sentence);
    memory_close(out);
    return text;
}

/* Draws everything from the top down. */
static void
put_picture(struct front *p, const struct panel *panels, int count,
            const char *title)
{
    if (title != NULL)
        p->y = xml_lines(p->out, "title", MARGIN, p->y, LINE, TITLE, title);
    put_legend(p);
    if (p->is.highest > 0)
        put_axis(p, count_rows(panels, count));
    p->y += BETWEEN / 2;
    for (int i = 0, n; i < count; i += n) {
        n = conclusion_row(&panels[i], count - i);
        put_row(p, &panels[i], n);
        p->y += ROW + BETWEEN;
    }
}

void
front_draw(FILE *out, const struct panel *panels, int count, const char *title)
{
    struct front p = {
        .is = conclusion_measure(panels, count),
        .lanes = title != NULL,
        .y = MARGIN,
    };
    struct svg_style_picture picture = {
        .id = "conclusion",
        .in_page = title == NULL,
        .width = WIDTH,
        .data = "",
        .title = "How long each server takes for the same clients",
    };
    char *description = describe(&p, panels, count);
    char *body;

    for (int i = 0; i < count; i++)
        if (panels[i].record->plan.clients > FRONT_LANES_MAX)
            p.lanes = false;
    p.out = memory_open(&body, &picture.size);
    put_picture(&p, panels, count, title);
    memory_close(p.out);
    picture.height = p.y;
    picture.description = description;
    picture.body = body;
    svg_style_write(out, &picture);
    free(description);
    free(body);
}

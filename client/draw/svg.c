#include "client/draw/svg.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/record/spans.h"
#include "client/draw/svg_style.h"
#include "client/draw/fault.h"
#include "client/draw/chosen_rows.h"
#include "client/draw/text.h"
#include "client/draw/tooltip.h"
#include "client/draw/xml.h"
#include "common/clock.h"

/* All lengths are in user units, of which the picture is WIDTH wide.  On a
 * screen so narrow that letters would be too small they are made larger by the
 * style; there has to be room for those everywhere. */
#define WIDTH       720
#define MARGIN      8
#define LEFT        98  /* of the lanes: room for "worker 1" */
#define RIGHT       622 /* of the lanes: room for "999.99 s" beyond */
#define DIGIT       12  /* the width of one, in the large letters */
#define LETTER      11  /* of small text */
#define HEADING     27  /* heights of lines */
#define LINE        21
#define LANE        22
#define BAR_Y       3.5 /* within the lane */
#define BAR_HEIGHT  15
#define WAIT_HEIGHT 3
#define MIDDLE      11.0
#define BETWEEN     24 /* panels */
#define GROUPS      8  /* between clients and workers */
#define CLOSE       3  /* what is closer together is not drawn apart */
#define WIDTH_LEAST 0.6
#define TICK_LEAST  56 /* between the labels of the axis */
#define TEXT_MAX    512

/* Lines of text. */
struct words {
    const char *class;
    int columns; /* letters in a line */
    int height;
};

static const struct words title = {"title", 60, HEADING};
static const struct words heading = {"heading", 50, HEADING};
static const struct words small = {"small", 64, LINE};
static const struct words failure = {"failure", 64, LINE};

struct picture {
    FILE *out;
    const struct panel *panels;
    int count;
    int64_t span_ns;
    int64_t step_ns; /* between the ticks of the axis */
    int left;
    int y;                   /* what is above has been drawn */
    struct text_scale scale; /* of times at lanes and in headings */
    struct text_scale fine;  /* of times of messages */
    struct text_scale axis;
};

static double
x_of(const struct picture *p, int64_t ns)
{
    /* What lies beyond, as a wild guess, is drawn at the edge. */
    if (ns > p->span_ns)
        ns = p->span_ns;
    return p->left + (RIGHT - p->left) * (double)ns / (double)p->span_ns;
}

/* Tells whether there is anything to draw: of a server that did not start there
 * is not. */
static bool
has_lanes(const struct panel *panel)
{
    const struct record *r = panel->record;

    if (r->clients == NULL)
        return false;
    for (int i = 0; i < r->plan.clients; i++)
        if (r->clients[i].started_ns != RECORD_NEVER)
            return true;
    return false;
}

static bool
has_several_workers(const struct panel *panel)
{
    return panel->record->services != NULL && panel->record->worker_count > 1;
}

/* Makes the scales in which the times of all panels are written. */
static void
choose_scales(struct picture *p)
{
    int64_t min_ns = 0;
    int64_t max_ns = 1;

    for (int i = 0; i < p->count; i++) {
        const struct panel *panel = &p->panels[i];

        if (!has_lanes(panel))
            continue;
        if (panel->figures->all_done_ns > max_ns)
            max_ns = panel->figures->all_done_ns;
        for (int j = 0; j < panel->record->plan.clients; j++) {
            int64_t all_ns = figures_all_ns(panel->record, j);

            if (all_ns > 0 && (min_ns == 0 || all_ns < min_ns))
                min_ns = all_ns;
        }
    }
    p->scale = text_scale(min_ns, max_ns);
    p->fine = text_scale(0, max_ns);
    p->fine.decimals++;
}

/* Makes the axis: a tick every 1, 2, 5, 10, 20 ... ns. */
static void
choose_axis(struct picture *p)
{
    p->step_ns = text_round_up(p->span_ns / (RIGHT - p->left) * TICK_LEAST);
    p->axis = text_ticks(p->span_ns, p->step_ns);
}

/* Makes room for the number of the last client of any panel. */
static void
choose_left(struct picture *p)
{
    int digits = 1;

    for (int i = 0; i < p->count; i++) {
        int needed = snprintf(NULL, 0, "%d", p->panels[i].record->plan.clients);

        if (needed > digits)
            digits = needed;
    }
    p->left = LEFT + DIGIT * (digits - 1);
}

/* Returns how many bytes of the text fit into a line, and in *skip how many
 * more to leave out before the next. */
static size_t
line_length(const char *text, int columns, size_t *skip)
{
    size_t len = strlen(text);
    size_t space = 0;
    size_t at = 0;

    for (int column = 0; at < len; column++) {
        size_t bytes = xml_character(text + at, len - at);

        if (text[at] == ' ')
            space = at;
        if (column == columns) {
            *skip = space > 0 ? 1 : 0;
            return space > 0 ? space : at;
        }
        at += bytes > 0 ? bytes : 1;
    }
    *skip = 0;
    return len;
}

/* Writes text from the left margin on, in as many lines as it takes. */
static void
put_words(struct picture *p, const struct words *words, const char *text)
{
    while (*text != '\0') {
        size_t skip;
        size_t len = line_length(text, words->columns, &skip);

        fprintf(p->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", words->class,
                MARGIN, p->y + words->height - 6);
        xml_bytes(p->out, text, len);
        fputs("</text>\n", p->out);
        p->y += words->height;
        text += len + skip;
    }
}

/* Writes what became of the run: "serves 5 at once, all done after 1.20 s". */
static void
write_outcome(const struct picture *p, const struct panel *panel,
              char out[TEXT_MAX])
{
    const struct figures *f = panel->figures;
    char done[TEXT_TIME_MAX];
    char failed[64] = "";
    char serves[64] = "";

    text_scaled(done, &p->scale, f->all_done_ns, true);
    if (f->at_once > 0)
        snprintf(serves, sizeof(serves), "serves %d at once, ", f->at_once);
    if (f->failed > 0)
        snprintf(failed, sizeof(failed), ", %d client%s failed", f->failed,
                 text_plural(f->failed));
    if (f->open > 0)
        snprintf(out, TEXT_MAX, "%sstopped after %s with %d client%s left%s",
                 serves, done, f->open, text_plural(f->open), failed);
    else
        snprintf(out, TEXT_MAX, "%sall done after %s%s", serves, done, failed);
}

static void
put_closed(const struct picture *p, double x, double y)
{
    fprintf(p->out, "<path class=\"closed\" d=\"M%.2f %.1fh5m0 -5v10\"/>\n", x,
            y);
}

static void
put_vanished(const struct picture *p, double x, double y)
{
    fprintf(p->out,
            "<path class=\"vanished\" d=\"M%.2f %.1fm-5 0l5 -5 5 5 -5 5z\"/>\n",
            x, y);
}

/* Draws that a client failed, with why as its title, or "". */
static void
put_failed(const struct picture *p, double x, double y, const char *why)
{
    fprintf(p->out,
            "<path class=\"failed\" d=\"M%.2f %.1fm-4 -4l8 8m0 -8l-8 8\">", x,
            y);
    if (*why != '\0') {
        fputs("<title>", p->out);
        xml_text(p->out, why);
        fputs("</title>", p->out);
    }
    fputs("</path>\n", p->out);
}

/* Writes one entry of the legend, beside a sample that was drawn at x; returns
 * where the next sample begins. */
static double
put_meaning(const struct picture *p, double x, double width, const char *means)
{
    fprintf(p->out, "<text class=\"small\" x=\"%.2f\" y=\"%d\">%s</text>\n",
            x + width + 7, p->y + 14, means);
    return x + width + 7 + LETTER * (double)strlen(means) + 14;
}

static void
put_marks(const struct picture *p, bool vanished, bool failed)
{
    double middle = p->y + MIDDLE;
    double x = MARGIN;

    fprintf(p->out,
            "<rect class=\"wait\" x=\"%.2f\" y=\"%.1f\" width=\"24\" "
            "height=\"%d\"/>\n",
            x, middle - WAIT_HEIGHT / 2.0, WAIT_HEIGHT);
    x = put_meaning(p, x, 24, "waiting");
    fprintf(p->out,
            "<rect class=\"serve w1\" x=\"%.2f\" y=\"%.1f\" width=\"24\" "
            "height=\"%d\"/>\n",
            x, p->y + BAR_Y, BAR_HEIGHT);
    x = put_meaning(p, x, 24, "being served");
    fprintf(p->out, "<path class=\"answer\" d=\"M%.2f %dv17\"/>\n", x + 2,
            p->y + 1);
    x = put_meaning(p, x, 3, "answer");
    put_closed(p, x, middle);
    x = put_meaning(p, x, 6, "closed");
    if (vanished) {
        put_vanished(p, x + 5, middle);
        x = put_meaning(p, x, 10, "vanished");
    }
    if (failed) {
        put_failed(p, x + 4, middle, "");
        put_meaning(p, x, 8, "failed");
    }
}

static void
put_legend(struct picture *p)
{
    bool vanished = false;
    bool failed = false;
    bool logged = true;
    bool workers = false;
    bool lanes = false;

    for (int i = 0; i < p->count; i++) {
        const struct panel *panel = &p->panels[i];

        if (!has_lanes(panel))
            continue;
        lanes = true;
        vanished = vanished || panel->figures->vanished > 0;
        failed = failed || panel->figures->failed > 0;
        logged = logged && panel->record->services != NULL;
        workers = workers || has_several_workers(panel);
    }
    if (!lanes)
        return;
    put_marks(p, vanished, failed);
    p->y += LINE;
    put_words(p, &small,
              logged ? "blank: nothing asked; service as the server logged it"
                     : "blank: nothing asked");
    if (workers)
        put_words(p, &small,
                  "colour and number: the worker; in a worker's lane, the "
                  "client");
}

static void
put_bar(const struct picture *p, const struct panel *panel,
        const struct span *bar)
{
    double x = x_of(p, bar->began_ns);
    double width = x_of(p, bar->ended_ns) - x;

    /* However short, it is there. */
    if (width < WIDTH_LEAST)
        width = WIDTH_LEAST;
    if (bar->kind == SPANS_WAITING)
        fprintf(p->out,
                "<rect class=\"wait\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" "
                "height=\"%d\">",
                x, MIDDLE - WAIT_HEIGHT / 2.0, width, WAIT_HEIGHT);
    else
        fprintf(p->out,
                "<rect class=\"serve w%d\" x=\"%.2f\" y=\"%.1f\" "
                "width=\"%.2f\" height=\"%d\">",
                has_several_workers(panel) && bar->worker != -1
                    ? bar->worker % SVG_STYLE_HUES + 1
                    : 1,
                x, BAR_Y, width, BAR_HEIGHT);
    fputs("<title>", p->out);
    tooltip_write(p->out, panel, bar, &p->fine);
    fputs("</title></rect>\n", p->out);
}

/* Writes into a bar the number of who is at its other side, if that fits. */
static void
put_who(const struct picture *p, const struct span *bar, int who)
{
    double x = x_of(p, bar->began_ns);
    double width = x_of(p, bar->ended_ns) - x;

    if (width < DIGIT * snprintf(NULL, 0, "%d", who))
        return;
    fprintf(p->out, "<text class=\"who on%d\" x=\"%.2f\" y=\"13\">%d</text>\n",
            bar->worker % SVG_STYLE_HUES + 1, x + width / 2, who);
}

/* Draws the service in a lane.  The first of several services by the same
 * worker gets its number.  The lane of a worker has the numbers of the clients,
 * and cuts between them because they all have the same colour. */
static void
put_services(const struct picture *p, const struct panel *panel,
             const struct span *bar, int count, bool of_worker)
{
    bool first = true;
    int before = -1;

    for (int i = 0; i < count; i++) {
        int who = of_worker ? bar[i].client : bar[i].worker;
        bool alone = !bar[i].other_clients && !bar[i].other_workers;

        if (bar[i].kind != SPANS_SERVED)
            continue;
        put_bar(p, panel, &bar[i]);
        if (bar[i].worker == -1)
            continue;
        if (of_worker && who != before && !first)
            fprintf(p->out, "<path class=\"cut\" d=\"M%.2f 2v15\"/>\n",
                    x_of(p, bar[i].began_ns));
        if (who != before && alone && has_several_workers(panel))
            put_who(p, &bar[i], who + 1);
        before = alone ? who : -1;
        first = false;
    }
}

/* Draws the spans of a lane, which are joined where they are too close. */
static void
put_bars(const struct picture *p, const struct panel *panel, struct span *bar,
         int count, bool of_worker)
{
    count = spans_join(bar, count, p->span_ns * CLOSE / (RIGHT - p->left));
    for (int i = 0; i < count; i++)
        if (bar[i].kind == SPANS_WAITING)
            put_bar(p, panel, &bar[i]);
    put_services(p, panel, bar, count, of_worker);
}

/* Draws a tick for each answer, but none where the one before is too close:
 * there they would hide everything else. */
static void
put_answers(const struct picture *p, const struct panel *panel, int client)
{
    const struct record *r = panel->record;
    double before = -CLOSE;
    bool begun = false;

    for (int i = 0; i < r->clients[client].answered; i++) {
        double x = x_of(p, record_message(r, client, i)->answered_ns);

        if (x - before >= CLOSE) {
            fputs(begun ? "" : "<path class=\"answer\" d=\"", p->out);
            fprintf(p->out, "M%.2f 1v17", x);
            begun = true;
        }
        before = x;
    }
    fputs(begun ? "\"/>\n" : "", p->out);
}

/* Draws how a client ended. */
static void
put_outcome(const struct picture *p, const struct panel *panel, int client,
            double x)
{
    char fault[FAULT_WORDS_MAX];
    char why[FAULT_WORDS_MAX + 32];

    switch (panel->record->clients[client].outcome) {
    case RECORD_OPEN:
        break;
    case RECORD_CLOSED:
    case RECORD_HUNG_UP:
        put_closed(p, x, MIDDLE);
        break;
    case RECORD_VANISHED:
        put_vanished(p, x, MIDDLE);
        break;
    case RECORD_FAILED:
        fault_of_client(fault, panel->record, client);
        snprintf(why, sizeof(why), "client %d: %s", client + 1, fault);
        put_failed(p, x, MIDDLE, why);
        break;
    }
}

static void
put_end(const struct picture *p, const struct panel *panel, int client)
{
    const struct record *r = panel->record;
    const struct record_client *c = &r->clients[client];
    int64_t all_ns = figures_all_ns(r, client);
    char label[TEXT_TIME_MAX] = "no end";
    double x = x_of(p, c->ended_ns != RECORD_NEVER ? c->ended_ns : r->ended_ns);

    if (c->started_ns == RECORD_NEVER)
        return;
    put_outcome(p, panel, client, x);
    if (all_ns != RECORD_NEVER)
        text_scaled(label, &p->scale, all_ns, true);
    fprintf(p->out, "<text class=\"end\" x=\"%.2f\" y=\"14\">%s</text>\n",
            x + 11, label);
}

/* Begins a lane; the first of a group says what it is a lane of. */
static void
put_label(const struct picture *p, const char *noun, int number, bool first)
{
    fprintf(p->out, "<text class=\"label\" x=\"%d\" y=\"14\">%s%s%d</text>\n",
            p->left - MARGIN, first ? noun : "", first ? " " : "", number);
}

static int
put_lane(struct picture *p, const struct panel *panel, int client, bool first)
{
    int64_t ended_ns = panel->record->clients[client].ended_ns;
    struct spans bars;

    if (spans_of_client(&bars, panel->record, panel->figures, client) == -1)
        return -1;
    fprintf(p->out, "<g class=\"lane\" data-client=\"%d\" data-end-s=\"",
            client + 1);
    if (ended_ns != RECORD_NEVER)
        fprintf(p->out, "%.6f", clock_seconds(ended_ns));
    fprintf(p->out, "\" transform=\"translate(0 %d)\">\n", p->y);
    put_label(p, "client", client + 1, first);
    put_bars(p, panel, bars.list, bars.count, false);
    put_answers(p, panel, client);
    put_end(p, panel, client);
    fputs("</g>\n", p->out);
    p->y += LANE;
    spans_close(&bars);
    return 0;
}

static void
put_more(struct picture *p, int hidden)
{
    fprintf(p->out,
            "<text class=\"small\" x=\"%d\" y=\"%d\">... and %d more"
            "</text>\n",
            p->left, p->y + 14, hidden);
    p->y += LANE;
}

static int
put_clients(struct picture *p, const struct panel *panel,
            const struct chosen_rows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        if (rows->hidden > 0 && i == rows->gap_at)
            put_more(p, rows->hidden);
        if (put_lane(p, panel, rows->clients[i], i == 0) == -1)
            return -1;
    }
    return 0;
}

/* Returns how many workers get a lane. */
static int
worker_lanes(const struct panel *panel)
{
    int count = panel->record->worker_count;

    if (!panel_has_workers(panel))
        return 0;
    return count < SVG_LANES_MAX ? count : SVG_LANES_MAX;
}

static int
put_workers(struct picture *p, const struct panel *panel)
{
    const struct record *r = panel->record;
    int lanes = worker_lanes(panel);
    struct spans bars;
    int first = 0;

    if (lanes == 0)
        return 0;
    if (spans_of_workers(&bars, r, panel->figures) == -1)
        return -1;
    p->y += GROUPS;
    for (int i = 0; i < lanes; i++) {
        int count = spans_count_of(&bars, first, i);

        spans_sort_by_time(bars.list + first, count);
        fprintf(p->out,
                "<g class=\"worker-lane\" data-worker=\"%d\" "
                "data-worker-id=\"%d\" transform=\"translate(0 %d)\">\n"
                "<title>worker %d (%d)</title>\n",
                i + 1, r->worker_ids[i], p->y, i + 1, r->worker_ids[i]);
        put_label(p, "worker", i + 1, i == 0);
        put_bars(p, panel, bars.list + first, count, true);
        first += count;
        fputs("</g>\n", p->out);
        p->y += LANE;
    }
    if (lanes < r->worker_count)
        put_more(p, r->worker_count - lanes);
    spans_close(&bars);
    return 0;
}

static void
put_grid(const struct picture *p, int height)
{
    fputs("<path class=\"grid\" d=\"", p->out);
    for (int64_t t = 0; t <= p->span_ns; t += p->step_ns)
        fprintf(p->out, "M%.2f %dv%d", x_of(p, t), p->y, height);
    fputs("\"/>\n", p->out);
}

static void
put_axis(struct picture *p)
{
    for (int64_t t = 0; t <= p->span_ns; t += p->step_ns) {
        char label[TEXT_TIME_MAX];

        text_scaled(label, &p->axis, t, false);
        fprintf(p->out,
                "<text class=\"tick\" x=\"%.2f\" y=\"%d\">%s%s%s</text>\n",
                x_of(p, t), p->y + LINE - 4, t == 0 ? "0" : label,
                t == 0 ? " " : "", t == 0 ? p->axis.unit : "");
    }
    p->y += LINE;
}

/* Draws the end that somebody foretold: a line through the lanes, and, at the
 * height of y, what it is. */
static void
put_ghost(struct picture *p, const char *class, const char *says, int64_t ns,
          int from, int to)
{
    char text[TEXT_TIME_MAX];
    char label[64];
    double x = x_of(p, ns);
    double half;

    text_scaled(text, &p->scale, ns, true);
    half = LETTER / 2.0 * snprintf(label, sizeof(label), "%s %s", says, text);
    fprintf(p->out, "<path class=\"%s\" d=\"M%.2f %dV%d\"/>\n", class, x, from,
            to);
    if (x > WIDTH - MARGIN - half)
        x = WIDTH - MARGIN - half;
    fprintf(p->out, "<text class=\"ghost\" x=\"%.2f\" y=\"%d\">%s</text>\n", x,
            p->y + LINE - 5, label);
    p->y += LINE;
}

/* Draws what is behind the lanes, which take so much of the height; after that
 * they are next.  Returns where the axis is to be. */
static int
put_behind(struct picture *p, const struct panel *panel, int height)
{
    int axis;
    int above = p->y;
    int top = above + (panel->predicted_ns != RECORD_NEVER ? LINE : 0);

    p->y = top;
    put_grid(p, height);
    p->y = above;
    if (panel->predicted_ns != RECORD_NEVER)
        put_ghost(p, "predicted", "predicted", panel->predicted_ns, top - 1,
                  top + height);
    p->y = top + height;
    if (panel->guess_ns != RECORD_NEVER)
        put_ghost(p, "said", "you said", panel->guess_ns, top, p->y + 2);
    axis = p->y;
    p->y = top;
    return axis;
}

static int
put_lanes(struct picture *p, const struct panel *panel)
{
    int workers = worker_lanes(panel);
    struct chosen_rows rows;
    int bottom;
    int status;
    int height;

    if (chosen_rows_choose(&rows, panel->record, SVG_LANES_MAX) == -1)
        return -1;
    height = LANE * (rows.count + (rows.hidden > 0));
    if (workers > 0)
        height +=
            GROUPS + LANE * (workers + (workers < panel->record->worker_count));
    p->y += MARGIN / 2;
    bottom = put_behind(p, panel, height);
    status = put_clients(p, panel, &rows);
    if (status == 0)
        status = put_workers(p, panel);
    chosen_rows_close(&rows);
    p->y = bottom;
    put_axis(p);
    return status;
}

/* Writes below the lanes how the predicted time comes about, and where service
 * was taken from if not from the server. */
static void
put_notes(struct picture *p, const struct panel *panel)
{
    char t0[TEXT_TIME_MAX];
    char text[TEXT_MAX];

    if (*panel->formula != '\0') {
        snprintf(text, sizeof(text), "%s%s",
                 panel->predicted_ns != RECORD_NEVER ? "predicted: " : "",
                 panel->formula);
        put_words(p, &small, text);
    }
    if (panel->record->services == NULL && panel->figures->answer.count > 0) {
        text_time(t0, panel->figures->answer.min_ns);
        snprintf(text, sizeof(text), "service taken as the fastest answer, %s",
                 t0);
        put_words(p, &small, text);
    }
}

static int
put_panel(struct picture *p, const struct panel *panel)
{
    char text[TEXT_MAX];
    int status = 0;

    fputs("<g class=\"panel\" data-model=\"", p->out);
    xml_text(p->out, panel->title);
    fputs("\">\n", p->out);
    put_words(p, &heading, panel->title);
    if (has_lanes(panel)) {
        write_outcome(p, panel, text);
        put_words(p, &small, text);
    }
    if (*panel->failure != '\0') {
        snprintf(text, sizeof(text), "failed: %s", panel->failure);
        put_words(p, &failure, text);
    }
    if (has_lanes(panel)) {
        status = put_lanes(p, panel);
        put_notes(p, panel);
    }
    fputs("</g>\n", p->out);
    return status;
}

/* Draws all that has a place of its own, from the top down. */
static int
put_picture(struct picture *p, const struct svg_options *options)
{
    int status = 0;

    p->y = MARGIN;
    put_words(p, &title, options->title);
    put_legend(p);
    for (int i = 0; status == 0 && i < p->count; i++) {
        if (p->y > MARGIN)
            p->y += i == 0 ? MARGIN : BETWEEN;
        status = put_panel(p, &p->panels[i]);
    }
    p->y += MARGIN;
    return status;
}

/* Says the picture in words. */
static void
put_description(const struct picture *p, const struct svg_options *options)
{
    char text[TEXT_MAX];

    fputs("<title id=\"timelines-title\">", p->out);
    xml_text(p->out, *options->title != '\0'
                         ? options->title
                         : "When each client was waiting and being served");
    fputs("</title>\n<desc id=\"timelines-desc\">", p->out);
    for (int i = 0; i < p->count; i++) {
        const struct panel *panel = &p->panels[i];

        fputs(i > 0 ? " " : "", p->out);
        xml_text(p->out, panel->title);
        fputs(*panel->title != '\0' ? ": " : "", p->out);
        if (has_lanes(panel)) {
            write_outcome(p, panel, text);
            fprintf(p->out, "%d client%s, %s", panel->record->plan.clients,
                    text_plural(panel->record->plan.clients), text);
        }
        if (has_lanes(panel) && panel->predicted_ns != RECORD_NEVER) {
            text_scaled(text, &p->scale, panel->predicted_ns, true);
            fprintf(p->out, ", predicted %s", text);
        }
        if (*panel->failure != '\0') {
            fputs(has_lanes(panel) ? "; failed: " : "failed: ", p->out);
            xml_text(p->out, panel->failure);
        }
        fputs(".", p->out);
    }
    fputs("</desc>\n", p->out);
}

static void
put_file(const struct picture *p, const char *body, size_t size,
         const struct svg_options *options)
{
    if (!options->inline_in_html)
        fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", p->out);
    fprintf(p->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timelines\" "
            "width=\"100%%\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-labelledby=\"timelines-title timelines-desc\" "
            "data-left=\"%d\" data-plot=\"%d\" data-span-ns=\"%lld\">\n",
            WIDTH, p->y, p->left, RIGHT - p->left, (long long)p->span_ns);
    put_description(p, options);
    fprintf(p->out, "<style>\n%s</style>\n", svg_style_style);
    fprintf(p->out, "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n",
            WIDTH, p->y);
    fwrite(body, 1, size, p->out);
    fputs("</svg>\n", p->out);
}

int
svg_draw(FILE *out, const struct panel *panels, int count,
         const struct svg_options *options)
{
    struct picture p = {
        .panels = panels,
        .count = count,
        .span_ns = panel_span_ns(panels, count),
    };
    char *body = NULL;
    size_t size = 0;
    int status;

    /* The height, which comes first, is known when all has been drawn. */
    p.out = open_memstream(&body, &size);
    if (p.out == NULL)
        return -1;
    choose_left(&p);
    choose_scales(&p);
    choose_axis(&p);
    status = put_picture(&p, options);
    if (ferror(p.out))
        status = -1;
    if (fclose(p.out) == EOF)
        status = -1;
    p.out = out;
    if (status == 0)
        put_file(&p, body, size, options);
    free(body);
    return status;
}

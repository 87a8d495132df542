#include "client/draw/svg.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/fault.h"
#include "client/draw/lanes.h"
#include "client/draw/replay.h"
#include "client/draw/svg_style.h"
#include "client/draw/text.h"
#include "client/draw/tooltip.h"
#include "client/draw/xml.h"
#include "client/memory.h"
#include "client/record/spans.h"
#include "common/clock.h"

/* All lengths are in user units; the picture is WIDTH of them wide.  On a
 * screen so narrow that letters would be too small to read, the style makes
 * them larger, so there must be room for large letters everywhere. */
#define WIDTH       720
#define MARGIN      8
#define LEFT        98  /* of the lanes: room for "worker 1" */
#define RIGHT       622 /* of the lanes: room for "999.99 s" beside them */
#define DIGIT       12  /* the width of a digit, in the large letters */
#define LETTER      11  /* the width of a letter of small text */
#define WORD        9.0 /* the width of a letter of a word in a span, */
#define WORD_SMALL  6.2 /* and where letters are small */
#define HEADING     27  /* heights of lines */
#define LINE        21
#define LANE        22
#define MIDDLE      11.0 /* of a lane */
#define SAMPLE      24   /* the width of a span in the legend */
#define BETWEEN     24   /* two panels */
#define GROUPS      8    /* between the lanes of clients and of workers */
#define CLOSE       3    /* what is closer is not drawn separately */
#define WIDTH_LEAST 0.6
#define TICK_LEAST  56 /* between the labels of the axis */
#define TEXT_MAX    512

/* How a kind of span is drawn; without a class it is not. */
static const struct {
    const char *class;
    const char *meaning;
    int height;
    const char *word; /* in a span that has room for it, or NULL */
} span_looks[SPANS_KINDS] = {
    [SPANS_LEAVING] = {"leaving", "waiting for the close", 1, NULL},
    [SPANS_WAITING] = {"wait", "waiting", 3, NULL},
    [SPANS_ASKED] = {"asked", "no answer: waiting or being served", 3, NULL},
    [SPANS_CONNECTING] = {"unconnected", "not connected", 5, "not connected"},
    [SPANS_QUEUED] = {"queued", "in the accept queue", 9, "accept queue"},
    [SPANS_UNREAD] = {"unread", "accepted, not read", 9, "not read"},
    [SPANS_READ] = {"read", "read, waiting", 9, "read, waiting"},
    [SPANS_SERVED] = {"serve", "being served", 15, NULL},
};

/* How the end of a client is drawn, unless path is NULL. */
static const struct mark {
    const char *class;
    const char *path;
    double before, behind; /* its width, from where the end is */
    const char *meaning;   /* in the legend, or NULL */
} marks[] = {
    [RECORD_OPEN] = {NULL, NULL, 0, 0, NULL},
    [RECORD_CLOSED] = {"closed", "h5m0 -5v10", 0, 6, "closed"},
    [RECORD_HUNG_UP] = {"closed", "h5m0 -5v10", 0, 6, NULL},
    [RECORD_VANISHED] = {"vanished", "m-5 0l5 -5 5 5 -5 5z", 5, 5, "vanished"},
    [RECORD_FAILED] = {"failed", "m-4 -4l8 8m0 -8l-8 8", 4, 4, "failed"},
};

#define MARKS ((int)(sizeof(marks) / sizeof(marks[0])))

/* How lines of text are written. */
struct words {
    const char *class;
    int columns; /* letters in a line */
    int height;
};

static const struct words headline = {"title", 60, HEADING};
static const struct words heading = {"heading", 50, HEADING};
static const struct words small = {"small", 64, LINE};
static const struct words failure = {"failure", 64, LINE};

struct picture {
    FILE *out;
    const char *title;
    bool in_page;
    const struct panel *panels;
    int count;
    struct lanes *lanes; /* of each panel */
    int left;            /* of the lanes */
    int y;               /* everything above has been drawn */
    int64_t span_ns;
    int64_t step_ns;         /* between the ticks of the axis */
    struct text_scale axis;  /* of the labels of the axis */
    struct text_scale scale; /* of times at lanes and in headings */
    struct text_scale fine;  /* of times of messages */
    /* What there is in the panels. */
    bool drawn;        /* a client */
    bool marks[MARKS]; /* how a client ended; also RECORD_CLOSED if none did */
    bool logged;       /* all services as their server logged them */
    bool workers;
    bool used[SPANS_KINDS];
    int64_t look_ns; /* see the record */
};

static int
count_digits(int number)
{
    return snprintf(NULL, 0, "%d", number);
}

static double
x_of(const struct picture *p, int64_t ns)
{
    /* A guess may lie beyond the axis; it is drawn at the edge. */
    if (ns > p->span_ns)
        ns = p->span_ns;
    return p->left + (RIGHT - p->left) * (double)ns / (double)p->span_ns;
}

/* Notes which kinds of spans can be seen in the lanes of a panel. */
static void
find_kinds(struct picture *p, const struct lanes *lanes)
{
    int64_t seen_ns = p->span_ns * CLOSE / (RIGHT - p->left);

    for (int i = 0; i < lanes->count; i++) {
        struct spans spans = {.list = NULL};

        if (!lanes->list[i].more)
            spans = lanes_spans(lanes->panel, &lanes->list[i]);
        for (int j = 0; j < spans.count; j++)
            if (span_looks[spans.list[j].kind].class != NULL &&
                spans.list[j].ended_ns - spans.list[j].began_ns >= seen_ns)
                p->used[spans.list[j].kind] = true;
        free(spans.list);
    }
}

/* Finds out what the legend has to explain, how wide the numbers of the clients
 * are, and in which scales times are written. */
static void
measure(struct picture *p)
{
    int digits = 1;

    p->marks[RECORD_CLOSED] = true;
    p->logged = true;
    for (int i = 0; i < p->count; i++) {
        const struct panel *panel = &p->panels[i];
        const struct figures *f = panel->figures;
        int these = count_digits(panel->record->plan.clients);

        digits = these > digits ? these : digits;
        if (f->started == 0)
            continue;
        p->drawn = true;
        p->marks[RECORD_VANISHED] |= f->vanished > 0;
        p->marks[RECORD_FAILED] |= f->failed > 0;
        p->logged = p->logged && panel->record->services != NULL;
        p->workers |= panel->record->worker_count > 1;
        find_kinds(p, &p->lanes[i]);
        if (panel->record->look_ns > p->look_ns)
            p->look_ns = panel->record->look_ns;
    }
    p->left = LEFT + DIGIT * (digits - 1);
    p->scale = lanes_scale(p->lanes, p->count, INT64_MAX);
    p->fine = p->scale;
    p->fine.own_units = false;
    p->fine.decimals++;
    p->step_ns = text_round_up(p->span_ns / (RIGHT - p->left) * TICK_LEAST);
    p->axis = text_ticks(p->span_ns, p->step_ns);
}

/* Writes text at the left margin, in as many lines as it takes. */
static void
put_words(struct picture *p, const struct words *words, const char *text)
{
    p->y = xml_lines(p->out, words->class, MARGIN, p->y, words->height,
                     words->columns, text);
}

/* Writes how the run went: "serves 5 at once, all done after 1.20 s". */
static void
write_outcome(FILE *out, const struct picture *p, const struct panel *panel)
{
    const struct figures *f = panel->figures;
    const char *end = f->failed > 0 ? "ended" : "all done";

    if (f->at_once > 0)
        fprintf(out, "serves %d at once, ", f->at_once);
    fprintf(out, "%s after %s", f->open > 0 ? "stopped" : end,
            TEXT_SCALED(&p->scale, f->all_done_ns, true));
    if (f->open > 0)
        fprintf(out, " with %d client%s left", f->open, text_plural(f->open));
    if (f->failed > 0)
        fprintf(out, ", %d client%s failed", f->failed, text_plural(f->failed));
}

static void
put_outcome(struct picture *p, const struct panel *panel)
{
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    write_outcome(out, p, panel);
    memory_close(out);
    put_words(p, &small, text);
    free(text);
}

/* Begins the mark of the end of a client. */
static void
put_mark(const struct picture *p, const struct mark *m, double x, double y)
{
    fprintf(p->out, "<path class=\"%s\" d=\"M%.2f %.1f%s\"", m->class, x, y,
            m->path);
}

/* Writes what a sample of the legend means, which was drawn at x; returns where
 * the next sample begins. */
static double
put_meaning(const struct picture *p, double x, double width,
            const char *meaning)
{
    fprintf(p->out, "<text class=\"small\" x=\"%.2f\" y=\"%d\">%s</text>\n",
            x + width + 7, p->y + 14, meaning);
    return x + width + 7 + LETTER * (double)strlen(meaning) + 14;
}

/* Returns where in the legend a sample of this width begins: at x, or in a new
 * line if there is no room for it and its meaning. */
static double
make_room(struct picture *p, double x, double width, const char *meaning)
{
    if (x + width + 7 + LETTER * (double)strlen(meaning) <= WIDTH - MARGIN)
        return x;
    p->y += LINE;
    return MARGIN;
}

/* Begins the rectangle of a span; hue 0 is none. */
static void
put_rect(const struct picture *p, enum spans_kind kind, int hue, double x,
         double middle, double width)
{
    int height = span_looks[kind].height;

    fprintf(p->out, "<rect class=\"%s", span_looks[kind].class);
    if (hue > 0)
        fprintf(p->out, " w%d", hue);
    fprintf(p->out, "\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\"", x,
            middle - height / 2.0, width, height);
}

/* Explains everything that is in the lanes. */
static void
put_legend(struct picture *p)
{
    char told[TEXT_MAX];
    double x = MARGIN;

    if (!p->drawn)
        return;
    for (enum spans_kind kind = 0; kind < SPANS_KINDS; kind++)
        if (kind == SPANS_SERVED ||
            (p->used[kind] && span_looks[kind].class != NULL)) {
            x = make_room(p, x, SAMPLE, span_looks[kind].meaning);
            put_rect(p, kind, kind == SPANS_SERVED ? 1 : 0, x, p->y + MIDDLE,
                     SAMPLE);
            fputs("/>\n", p->out);
            x = put_meaning(p, x, SAMPLE, span_looks[kind].meaning);
        }
    x = make_room(p, x, 3, "answer");
    fprintf(p->out, "<path class=\"answer\" d=\"M%.2f %dv17\"/>\n", x + 2,
            p->y + 1);
    x = put_meaning(p, x, 3, "answer");
    for (int i = 0; i < MARKS; i++)
        if (p->marks[i]) {
            x = make_room(p, x, marks[i].before + marks[i].behind,
                          marks[i].meaning);
            put_mark(p, &marks[i], x + marks[i].before, p->y + MIDDLE);
            fputs("/>\n", p->out);
            x = put_meaning(p, x, marks[i].before + marks[i].behind,
                            marks[i].meaning);
        }
    p->y += LINE;
    put_words(
        p, &small,
        p->logged
            ? "blank: no message outstanding; service as the server logged it"
            : "blank: no message outstanding");
    if (p->look_ns > 0) {
        snprintf(told, sizeof(told), "waiting: the kernel was asked every %s",
                 TEXT_TIME(p->look_ns));
        put_words(p, &small, told);
    }
    if (p->workers)
        put_words(p, &small,
                  "colour and number: the worker; in a worker's lane, the "
                  "client");
}

/* Returns the hue of a span, counted from 1; 0 if it has none. */
static int
hue_of(const struct panel *panel, const struct span *span)
{
    if (span->kind != SPANS_SERVED)
        return 0;
    if (panel->record->worker_count < 2 || span->worker == -1)
        return 1;
    return span->worker % SVG_STYLE_HUES + 1;
}

static void
put_span(const struct picture *p, const struct panel *panel,
         const struct span *span)
{
    double x = x_of(p, span->began_ns);
    double width = x_of(p, span->ended_ns) - x;

    put_rect(p, span->kind, hue_of(panel, span), x, MIDDLE,
             width < WIDTH_LEAST ? WIDTH_LEAST : width);
    fputs("><title>", p->out);
    tooltip_write(p->out, panel, span, &p->fine);
    fputs("</title></rect>\n", p->out);
}

/* Writes into a span what it means, so that nobody has to look at the legend.
 * If only small letters have room, the word is left out where letters are
 * large. */
static void
put_word(const struct picture *p, const struct span *span)
{
    const char *word = span_looks[span->kind].word;
    double x = x_of(p, span->began_ns);
    double width = x_of(p, span->ended_ns) - x;
    double letter = word != NULL ? (width - 6) / (double)strlen(word) : 0;

    if (letter >= WORD_SMALL)
        fprintf(p->out,
                "<text class=\"word%s\" x=\"%.2f\" y=\"14.5\">%s</text>\n",
                letter < WORD ? " tight" : "", x + width / 2, word);
}

static bool
is_joined(const struct span *span)
{
    return span->other_clients || span->other_workers;
}

/* Writes into a service its worker or, in the lane of a worker, its client; but
 * only into the first of several that have the same.  In the lane of a worker
 * all services have one colour, so a cut separates the clients. */
static void
put_number(const struct picture *p, const struct panel *panel,
           const struct span *span, const struct span *before, bool of_worker)
{
    int number = of_worker ? span->client : span->worker;
    double x = x_of(p, span->began_ns);
    double width = x_of(p, span->ended_ns) - x;

    if (before != NULL && !is_joined(before) &&
        number == (of_worker ? before->client : before->worker))
        return;
    if (of_worker && before != NULL)
        fprintf(p->out, "<path class=\"cut\" d=\"M%.2f 2v15\"/>\n", x);
    if (!is_joined(span) && panel->record->worker_count > 1 &&
        width >= DIGIT * count_digits(number + 1))
        fprintf(p->out,
                "<text class=\"number on%d\" x=\"%.2f\" y=\"13\">%d</text>\n",
                hue_of(panel, span), x + width / 2, number + 1);
}

/* Draws the spans of a lane, of which those that are too close are joined. */
static void
put_spans(const struct picture *p, const struct panel *panel,
          const struct spans *spans, bool of_worker)
{
    int64_t close_ns = p->span_ns * CLOSE / (RIGHT - p->left);
    int count = spans_join(spans->list, spans->count, close_ns);
    const struct span *before = NULL;

    for (enum spans_kind kind = 0; kind < SPANS_KINDS; kind++)
        for (int i = 0; i < count; i++) {
            const struct span *span = &spans->list[i];

            if (span->kind != kind || span_looks[kind].class == NULL ||
                span->began_ns > p->span_ns)
                continue;
            put_span(p, panel, span);
            put_word(p, span);
            if (span->worker == -1)
                continue;
            put_number(p, panel, span, before, of_worker);
            before = span;
        }
}

/* Draws a tick for each answer, but none where the one before is too close:
 * ticks would hide everything else there. */
static void
put_answers(const struct picture *p, const struct panel *panel, int client)
{
    const struct record *r = panel->record;
    double before = -CLOSE;
    char *path;
    size_t size;
    FILE *out = memory_open(&path, &size);

    for (int i = 0; i < r->clients[client].answered; i++) {
        int64_t ns = record_message(r, client, i)->answered_ns;
        double x = x_of(p, ns);

        if (ns > p->span_ns)
            break;
        if (x - before >= CLOSE)
            fprintf(out, "M%.2f 1v17", x);
        before = x;
    }
    memory_close(out);
    /* The halo makes the tick visible in front of any hue. */
    if (size > 0)
        fprintf(p->out,
                "<path class=\"halo\" d=\"%s\"/>\n"
                "<path class=\"answer\" d=\"%s\"/>\n",
                path, path);
    free(path);
}

/* Draws how and when a client ended. */
static void
put_end(const struct picture *p, const struct panel *panel, int client)
{
    const struct record *r = panel->record;
    const struct record_client *c = &r->clients[client];
    int64_t all_ns = figures_all_ns(r, client);
    double x = x_of(p, record_end_ns(r, client));
    char fault[FAULT_WORDS_MAX];

    if (c->started_ns == RECORD_NEVER)
        return;
    if (record_end_ns(r, client) > p->span_ns)
        fprintf(p->out,
                "<path class=\"failed\" d=\"M%.2f %.1fh9m-5 -5l5 5 -5 5\"/>\n",
                x, MIDDLE);
    else if (marks[c->end.outcome].path != NULL) {
        put_mark(p, &marks[c->end.outcome], x, MIDDLE);
        if (c->end.outcome == RECORD_FAILED) {
            fault_of_client(fault, r, client);
            fprintf(p->out, "><title>client %d: ", client + 1);
            xml_text(p->out, fault);
            fputs("</title></path>\n", p->out);
        } else {
            fputs("/>\n", p->out);
        }
    }
    fprintf(p->out, "<text class=\"end\" x=\"%.2f\" y=\"14\">%s</text>\n",
            x + 11,
            all_ns != RECORD_NEVER ? TEXT_SCALED(&p->scale, all_ns, true)
                                   : "no end");
}

/* Writes the label of a lane; the first lane of a group has the noun. */
static void
put_label(const struct picture *p, const char *noun, int number, bool first)
{
    fprintf(p->out, "<text class=\"label\" x=\"%d\" y=\"14\">%s%s%d</text>\n",
            p->left - MARGIN, first ? noun : "", first ? " " : "", number);
}

static void
put_lane(const struct picture *p, const struct panel *panel,
         const struct lane *lane, bool first)
{
    const struct record *r = panel->record;
    struct spans spans = lanes_spans(panel, lane);
    int number = lane->number + 1;

    if (lane->of_worker) {
        int id = r->worker_ids[lane->number];

        fprintf(p->out,
                "<g class=\"worker-lane\" data-worker=\"%d\" "
                "data-worker-id=\"%d\" transform=\"translate(0 %d)\">\n"
                "<title>worker %d (%d)</title>\n",
                number, id, p->y, number, id);
        put_label(p, "worker", number, first);
        put_spans(p, panel, &spans, true);
    } else {
        int64_t ended_ns = r->clients[lane->number].ended_ns;

        fprintf(p->out, "<g class=\"lane\" data-client=\"%d\" data-end-s=\"",
                number);
        if (ended_ns != RECORD_NEVER)
            fprintf(p->out, "%.6f", clock_seconds(ended_ns));
        fprintf(p->out, "\" transform=\"translate(0 %d)\">\n", p->y);
        put_label(p, "client", number, first);
        put_spans(p, panel, &spans, false);
        put_answers(p, panel, lane->number);
        put_end(p, panel, lane->number);
    }
    fputs("</g>\n", p->out);
    free(spans.list);
}

/* Draws the lanes, those of workers a little apart from those of clients. */
static void
put_lanes(struct picture *p, const struct lanes *lanes)
{
    bool of_worker = false;

    for (int i = 0; i < lanes->count; i++) {
        const struct lane *lane = &lanes->list[i];

        if (lane->of_worker != of_worker)
            p->y += GROUPS;
        if (lane->more)
            fprintf(p->out,
                    "<text class=\"small\" x=\"%d\" y=\"%d\">... %d more%s"
                    "</text>\n",
                    p->left, p->y + 14, lane->number,
                    lane->of_worker ? "" : " ended in between");
        else
            put_lane(p, lanes->panel, lane,
                     i == 0 || lane->of_worker != of_worker);
        of_worker = lane->of_worker;
        p->y += LANE;
    }
}

static void
put_grid(const struct picture *p, int top, int bottom)
{
    fputs("<path class=\"grid\" d=\"", p->out);
    for (int64_t t = 0; t <= p->span_ns; t += p->step_ns)
        fprintf(p->out, "M%.2f %dv%d", x_of(p, t), top, bottom - top);
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

/* Draws when the run was expected to end, unless ns is RECORD_NEVER: a line
 * through the lanes, and at y what it is. */
static void
put_expected(const struct picture *p, const char *class, const char *what,
             int64_t ns, int y, int from, int to)
{
    char label[64];
    int len = snprintf(label, sizeof(label), "%s %s", what,
                       TEXT_SCALED(&p->scale, ns, true));
    double half = LETTER / 2.0 * len;
    double x = x_of(p, ns);

    if (ns == RECORD_NEVER)
        return;
    fprintf(p->out, "<path class=\"%s\" d=\"M%.2f %dV%d\"/>\n", class, x, from,
            to);
    if (x > WIDTH - MARGIN - half)
        x = WIDTH - MARGIN - half;
    fprintf(p->out, "<text class=\"expected\" x=\"%.2f\" y=\"%d\">%s</text>\n",
            x, y + LINE - 5, label);
}

/* Draws the lanes and the axis below them, in front of the grid, the prediction
 * and the guess. */
static void
put_plot(struct picture *p, const struct lanes *lanes)
{
    const struct panel *panel = lanes->panel;
    int top =
        p->y + MARGIN / 2 + (panel->predicted_ns != RECORD_NEVER ? LINE : 0);
    int bottom = top + LANE * lanes->count;

    if (lanes->list[lanes->count - 1].of_worker)
        bottom += GROUPS;
    put_grid(p, top, bottom);
    put_expected(p, "predicted", "predicted", panel->predicted_ns, top - LINE,
                 top - 1, bottom);
    put_expected(p, "guess", "you said", panel->guess_ns, bottom, top,
                 bottom + 2);
    p->y = top;
    put_lanes(p, lanes);
    if (p->in_page)
        replay_veil(p->out,
                    &(struct replay_place){
                        .left = p->left,
                        .plot = RIGHT - p->left,
                        .width = WIDTH,
                        .top = top,
                        .bottom = bottom,
                        .number = (int)(panel - p->panels) + 1,
                    },
                    panel, p->span_ns);
    p->y = bottom + (panel->guess_ns != RECORD_NEVER ? LINE : 0);
    put_axis(p);
}

/* Writes below the lanes how the prediction was computed and, if the server did
 * not log it, how the times of service were found. */
static void
put_notes(struct picture *p, const struct panel *panel)
{
    char text[TEXT_MAX];

    if (*panel->formula != '\0') {
        snprintf(text, sizeof(text), "%s%s",
                 panel->predicted_ns != RECORD_NEVER ? "predicted: " : "",
                 panel->formula);
        put_words(p, &small, text);
    }
    if (panel->record->services == NULL && panel->figures->answer.count > 0) {
        snprintf(text, sizeof(text), "service taken as the fastest answer, %s",
                 TEXT_TIME(panel->figures->answer.min_ns));
        put_words(p, &small, text);
    }
}

static void
put_panel(struct picture *p, const struct lanes *lanes)
{
    const struct panel *panel = lanes->panel;
    bool drawn = panel->figures->started > 0;
    char text[TEXT_MAX];

    fputs("<g class=\"panel\" data-model=\"", p->out);
    xml_text(p->out, panel->title);
    fputs("\">\n", p->out);
    put_words(p, &heading, panel->title);
    if (drawn)
        put_outcome(p, panel);
    if (*panel->failure != '\0') {
        snprintf(text, sizeof(text), "failed: %s", panel->failure);
        put_words(p, &failure, text);
    }
    if (drawn) {
        put_plot(p, lanes);
        put_notes(p, panel);
    }
    fputs("</g>\n", p->out);
}

/* Returns these panels in words, for readers who cannot see them.  The caller
 * frees it. */
static char *
describe(const struct picture *p, int first, int count)
{
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    for (int i = first; i < first + count; i++) {
        const struct panel *panel = &p->panels[i];
        int clients = panel->record->plan.clients;
        bool drawn = panel->figures->started > 0;

        fputs(i > first ? " " : "", out);
        xml_text(out, panel->title);
        fputs(*panel->title != '\0' ? ": " : "", out);
        if (drawn) {
            fprintf(out, "%d client%s, ", clients, text_plural(clients));
            write_outcome(out, p, panel);
        }
        if (drawn && panel->predicted_ns != RECORD_NEVER)
            fprintf(out, ", predicted %s",
                    TEXT_SCALED(&p->scale, panel->predicted_ns, true));
        if (*panel->failure != '\0') {
            fputs(drawn ? "; failed: " : "failed: ", out);
            xml_text(out, panel->failure);
        }
        fputs(".", out);
    }
    memory_close(out);
    return text;
}

/* Writes these panels as one picture.  The body is drawn first, into memory,
 * because the height stands above it and is known only then. */
static void
write_part(struct picture *p, FILE *out, int first, int count, bool legend)
{
    char id[32];
    char data[128];
    struct svg_style_picture picture = {
        .id = id,
        .in_page = p->in_page,
        .width = WIDTH,
        .data = data,
        .title = *p->title != '\0'
                     ? p->title
                     : "When each client was waiting and being served",
    };
    char *description = describe(p, first, count);
    char *body;

    snprintf(id, sizeof(id), "timelines-%d", legend ? 0 : first + 1);
    snprintf(data, sizeof(data),
             " data-left=\"%d\" data-plot=\"%d\" data-span-ns=\"%lld\"",
             p->left, RIGHT - p->left, (long long)p->span_ns);
    p->out = memory_open(&body, &picture.size);
    p->y = MARGIN;
    if (legend) {
        put_words(p, &headline, p->title);
        put_legend(p);
    }
    for (int i = first; i < first + count; i++) {
        if (p->y > MARGIN)
            p->y += i == 0 ? MARGIN : BETWEEN;
        put_panel(p, &p->lanes[i]);
    }
    memory_close(p->out);
    picture.height = p->y + MARGIN;
    picture.description = description;
    picture.body = body;
    svg_style_write(out, &picture);
    free(description);
    free(body);
}

void
svg_draw(FILE *out, const struct panel *panels, int count, const char *title)
{
    struct picture p = {
        .title = title != NULL ? title : "",
        .in_page = title == NULL,
        .panels = panels,
        .count = count,
        .lanes = memory_get((size_t)count, sizeof(*p.lanes)),
        .span_ns = panel_span_ns(panels, count),
    };
    int lanes_max = p.in_page ? SVG_PAGE_LANES_MAX : SVG_LANES_MAX;

    for (int i = 0; i < count; i++)
        p.lanes[i] = lanes_open(&panels[i], lanes_max, lanes_max);
    measure(&p);
    if (!p.in_page)
        write_part(&p, out, 0, count, true);
    else if (p.drawn)
        write_part(&p, out, 0, 0, true);
    for (int i = 0; p.in_page && i < count; i++)
        write_part(&p, out, i, 1, false);
    for (int i = 0; i < count; i++)
        free(p.lanes[i].list);
    free(p.lanes);
}

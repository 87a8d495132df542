#include "client/inside/recording_svg.h"

#include <stdlib.h>
#include <string.h>

#include "client/draw/svg_style.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "client/inside/sentences.h"
#include "client/inside/stretches.h"
#include "client/memory.h"

/* All lengths are in user units, as in client/draw/svg.c. */
#define WIDTH      720
#define MARGIN     8
#define LEFT       98 /* of the lanes: room for "thread 12" */
#define RIGHT      622
#define STEP       2   /* a column of the time axis */
#define LETTER     8.8 /* the width of a letter in a lane, at its largest */
#define SMALL      11  /* the same of small text */
#define HEADING    27  /* heights of lines */
#define LINE       21
#define LANE       22
#define MIDDLE     11.0
#define BAND       44 /* the height of a band of the kernel */
#define BETWEEN    14 /* groups of lanes */
#define SAMPLE     24 /* the width of a box in the legend */
#define COLUMNS    64 /* letters in a line of small text */
#define TITLE_COLS 58
#define TICK_LEAST 56 /* between the labels of the axis */
#define QUEUE_MOST 64 /* a longer queue is not drawn to its limit */
#define NAME_LEN   64

/* How a state is drawn; without a class it is not.  What blocks is low, and
 * what has a CPU is high. */
struct look {
    const char *class;
    int height;
    bool coloured; /* in the colour of a task */
};

static const struct look client_looks[SAMPLE_APPEARANCES] = {
    [SAMPLE_CONNECTING] = {"unconnected", 5, false},
    [SAMPLE_LOST] = {"unconnected", 5, false},
    [SAMPLE_HALF_OPEN] = {"unconnected", 5, false},
    [SAMPLE_QUEUED] = {"queued", 9, false},
    [SAMPLE_UNREAD] = {"unread", 9, false},
    [SAMPLE_READ] = {"read", 9, false},
    [SAMPLE_SERVED] = {"serve", 15, true},
    [SAMPLE_CLOSED] = {"wait", 3, false},
    [SAMPLE_CONNECTED] = {"wait", 3, false},
    [SAMPLE_FAILED] = {"held", 3, false},
    [SAMPLE_CLOSING] = {"wait", 3, false},
};

static const struct look task_looks[SAMPLE_KINDS] = {
    [SAMPLE_RUNNING] = {"running", 15, true},
    [SAMPLE_READY] = {"held", 15, false},
    [SAMPLE_ACCEPTS] = {"wait", 3, false},
    [SAMPLE_RECEIVES] = {"wait", 3, false},
    [SAMPLE_SENDS] = {"work", 9, true},
    [SAMPLE_DELAYS] = {"work", 9, true},
    [SAMPLE_LOCKS] = {"held", 9, false},
    [SAMPLE_CONDITIONS] = {"wait", 3, false},
    [SAMPLE_JOINS] = {"wait", 3, false},
    [SAMPLE_WATCHES] = {"wait", 3, false},
    [SAMPLE_RINGS] = {"wait", 3, false},
    [SAMPLE_RECEIVES_LOCALLY] = {"wait", 3, false},
    [SAMPLE_PAUSES] = {"wait", 3, false},
    [SAMPLE_REAPS] = {"wait", 3, false},
    [SAMPLE_OTHER] = {"wait", 3, false},
    [SAMPLE_SLEEPS] = {"wait", 3, false},
    [SAMPLE_STOPPED] = {"held", 9, false},
    [SAMPLE_ZOMBIE] = {"unconnected", 5, false},
};

struct drawing {
    FILE *out;
    const struct recording *r;
    struct stretches_axis axis;
    struct text_scale scale; /* of times in tooltips */
    int y;                   /* everything above has been drawn */
    /* What is in the lanes: */
    bool appearances[SAMPLE_APPEARANCES];
    bool kinds[SAMPLE_KINDS];
    bool torn;
};

static double
x_of_time(const struct drawing *d, int64_t ns)
{
    return LEFT + (RIGHT - LEFT) * (double)ns / (double)d->axis.to_ns;
}

static int
x_of(int column)
{
    return LEFT + STEP * column;
}

/* Returns the hue of a row, from 1.  The first row is the server itself, which
 * leaves the first hue to its first worker. */
static int
hue_of(const struct recording *r, int row)
{
    if (r->row_count == 1)
        return 1;
    return (row + SVG_STYLE_HUES - 1) % SVG_STYLE_HUES + 1;
}

/* Writes small text at the left margin, in as many lines as it takes. */
static void
put_text(struct drawing *d, const char *text)
{
    d->y = xml_lines(d->out, "small", MARGIN, d->y, LINE, COLUMNS, text);
}

/* Begins the box of a state in a lane with this middle; hue 0 is none.  The
 * caller ends it. */
static void
begin_box(const struct drawing *d, const struct look *look, int hue, int x,
          double middle, int width)
{
    fprintf(d->out, "<rect class=\"%s", look->class);
    if (hue > 0)
        fprintf(d->out, " w%d", hue);
    fprintf(d->out, "\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%d\"", x,
            middle - look->height / 2.0, width, look->height);
}

/* Writes the end of a tooltip, which says when. */
static void
end_title(const struct drawing *d, int first, int end)
{
    int64_t span_ns = d->axis.to_ns;
    int columns = d->axis.columns;

    fprintf(d->out, "; %s to %s</title></rect>\n",
            TEXT_SCALED(&d->scale, span_ns * first / columns, false),
            TEXT_SCALED(&d->scale, span_ns * end / columns, true));
}

/* Writes a word into a stretch, if there is room for it: on a box as high as
 * the lane, or in front of a lower one. */
static void
put_word(const struct drawing *d, const struct stretch *st,
         const struct look *look, int hue, const char *word)
{
    int width = STEP * (st->end - st->first);

    if (LETTER * (double)strlen(word) + 4 > width)
        return;
    if (look->coloured && look->height > LANE / 2)
        fprintf(d->out, "<text class=\"number on%d begin\" x=\"%d\"", hue,
                x_of(st->first) + 4);
    else
        fprintf(d->out, "<text class=\"word\" x=\"%d\"",
                x_of(st->first) + width / 2);
    fputs(" y=\"14.5\">", d->out);
    xml_text(d->out, word);
    fputs("</text>\n", d->out);
}

static void
put_label(const struct drawing *d, int y, const char *label)
{
    fprintf(d->out, "<text class=\"label\" x=\"%d\" y=\"%d\">", LEFT - MARGIN,
            y);
    xml_text(d->out, label);
    fputs("</text>\n", d->out);
}

static void
begin_lane(const struct drawing *d, const char *class, const char *name,
           const char *otherwise)
{
    fprintf(d->out, "<g class=\"%s\" data-name=\"", class);
    xml_text(d->out, name);
    fprintf(d->out, "\" data-otherwise=\"%s\" transform=\"translate(0 %d)\">\n",
            otherwise, d->y);
}

/* --- clients ---------------------------------------------------------------
 */

static void
put_client_stretch(struct drawing *d, const struct stretch *st)
{
    const struct look *look = &client_looks[st->appearance];
    const char *name = sample_places[st->appearance].name;
    const char *task = st->task == NULL ? "" : d->r->rows[st->task->row].name;
    int hue = !look->coloured    ? 0
              : st->task != NULL ? hue_of(d->r, st->task->row)
                                 : 1;

    d->appearances[st->appearance] = true;
    begin_box(d, look, hue, x_of(st->first), MIDDLE,
              STEP * (st->end - st->first));
    fprintf(d->out, "><title>%s", name);
    if (*task != '\0')
        fputs(" by ", d->out);
    xml_text(d->out, task);
    end_title(d, st->first, st->end);
    put_word(d, st, look, hue,
             *task != '\0' && d->r->row_count > 1 ? task : name);
}

/* Draws a tick where the client has got an answer, and where it has ended. */
static void
put_answers(const struct drawing *d, int client)
{
    const struct recording *r = d->r;

    for (int i = 1; i < r->count; i++) {
        const struct sample_client *before =
            &r->samples[i - 1]->clients[client];
        const struct sample_client *now = &r->samples[i]->clients[client];
        double x = x_of_time(d, r->samples[i]->at_ns);

        if (before->wish == SAMPLE_ANSWER &&
            (now->wish != SAMPLE_ANSWER || now->message > before->message) &&
            now->place != SAMPLE_FAILED)
            fprintf(d->out, "<path class=\"answer\" d=\"M%.1f 2v18\"/>\n", x);
        if (now->place == SAMPLE_ENDED && before->place != SAMPLE_ENDED)
            fprintf(d->out,
                    "<path class=\"closed\" d=\"M%.1f 11h5m0 -5v10\"/>\n", x);
        if (now->place == SAMPLE_FAILED && before->place != SAMPLE_FAILED)
            fprintf(d->out,
                    "<path class=\"failed\" d=\"M%.1f 11m-4 -4l8 8m0 -8l-8 "
                    "8\"/>\n",
                    x);
    }
}

static void
put_client(struct drawing *d, int client)
{
    char name[NAME_LEN];

    snprintf(name, sizeof(name), "client %d", client + 1);
    begin_lane(d, "lane", name, "not started, or ended");
    put_label(d, 15, name);
    for (int i = 0; i < d->axis.columns;) {
        struct stretch st = stretches_of_client(&d->axis, client, i);

        if (st.sample != NULL && client_looks[st.appearance].class != NULL)
            put_client_stretch(d, &st);
        i = st.end;
    }
    put_answers(d, client);
    fputs("</g>\n", d->out);
    d->y += LANE;
}

/* --- the kernel ------------------------------------------------------------
 */

/* A value that is measured in each sample. */
struct band {
    const char *label;
    const char *meaning; /* "%d clients in the accept queue" */
    bool queue;          /* it is the accept queue; otherwise unread bytes */
    int most;            /* what the band is high enough for */
};

static int
value_of(const struct drawing *d, const struct band *b, int column)
{
    const struct sample *s = stretches_sample(&d->axis, column);

    if (s == NULL)
        return 0;
    return b->queue ? s->queue : recording_unread(d->r, s);
}

static bool
is_torn(const struct drawing *d, const struct band *b, int column)
{
    const struct sample *s = stretches_sample(&d->axis, column);

    return b->queue && s != NULL && s->torn;
}

/* Draws the values as bars, each as wide as its value lasts. */
static void
put_values(struct drawing *d, const struct band *b)
{
    int bottom = BAND - 4;

    for (int i = 0, end; i < d->axis.columns; i = end) {
        int value = value_of(d, b, i);
        bool torn = is_torn(d, b, i);
        double height = value <= 0 ? 0 : (bottom - 4.0) * value / b->most;

        for (end = i + 1; end < d->axis.columns; end++)
            if (value_of(d, b, end) != value || is_torn(d, b, end) != torn)
                break;
        if (value > 0) {
            fprintf(d->out,
                    "<rect class=\"value\" x=\"%d\" y=\"%.1f\" width=\"%d\" "
                    "height=\"%.1f\"><title>%d %s",
                    x_of(i), bottom - height, STEP * (end - i), height, value,
                    b->meaning);
            end_title(d, i, end);
        }
        if (value > 0 && STEP * (end - i) > 2 * LETTER)
            fprintf(d->out,
                    "<text class=\"word\" x=\"%d\" y=\"%d\">%d</text>\n",
                    x_of(i) + STEP * (end - i) / 2, bottom - 4, value);
        if (torn)
            fprintf(d->out, "<path class=\"torn\" d=\"M%d %dH%d\"/>\n", x_of(i),
                    bottom + 2, x_of(end));
        d->torn |= torn;
    }
}

/* Draws a tick wherever a client has found an accept queue full. */
static void
put_overflows(const struct drawing *d)
{
    for (int i = 1; i < d->r->count; i++)
        if (d->r->samples[i]->overflows > d->r->samples[i - 1]->overflows)
            fprintf(d->out,
                    "<path class=\"failed\" d=\"M%.1f 0v%d\"><title>an accept "
                    "queue of this machine was full, in the time since the "
                    "question before</title></path>\n",
                    x_of_time(d, d->r->samples[i]->at_ns), MARGIN);
}

static void
put_band(struct drawing *d, const struct band *b, const char *limit)
{
    int bottom = BAND - 4;

    begin_lane(d, "band", b->label, "0");
    put_label(d, bottom, b->label);
    fprintf(d->out, "<path class=\"grid\" d=\"M%d %dH%d\"/>\n", LEFT, bottom,
            RIGHT);
    put_values(d, b);
    if (b->most > 0)
        fprintf(d->out, "<path class=\"predicted\" d=\"M%d 4H%d\"/>\n", LEFT,
                RIGHT);
    fprintf(d->out, "<text class=\"end\" x=\"%d\" y=\"%d\">%s</text>\n",
            RIGHT + 6, b->most > 0 ? 9 : bottom, b->most > 0 ? limit : "empty");
    if (b->queue)
        put_overflows(d);
    fputs("</g>\n", d->out);
    d->y += BAND;
}

static void
put_kernel(struct drawing *d)
{
    struct band queue = {d->r->listeners > 1 ? "queues" : "queue",
                         "in the accept queue", true, 0};
    struct band unread = {"unread", "bytes that the server has not read", false,
                          0};
    int room = d->r->samples[d->r->count - 1]->room;
    char limit[NAME_LEN];

    for (int i = 0; i < d->r->count; i++) {
        const struct sample *s = d->r->samples[i];
        int bytes = recording_unread(d->r, s);

        queue.most = s->queue > queue.most ? s->queue : queue.most;
        unread.most = bytes > unread.most ? bytes : unread.most;
    }
    if (queue.most > 0 && room > queue.most && room <= QUEUE_MOST)
        queue.most = room;
    if (room == queue.most)
        snprintf(limit, sizeof(limit), "holds %d", room);
    else
        snprintf(limit, sizeof(limit), "%d of %d", queue.most, room);
    put_band(d, &queue, limit);
    snprintf(limit, sizeof(limit), "%d byte%s", unread.most,
             text_plural(unread.most));
    put_band(d, &unread, limit);
}

/* --- tasks -----------------------------------------------------------------
 */

static void
put_task_stretch(struct drawing *d, const struct stretch *st)
{
    const struct sample_task *t = st->task;
    const struct look *look = &task_looks[t->kind];
    const char *name = sample_kinds[t->kind].name;
    char words[NAME_LEN];
    int width = STEP * (st->end - st->first);
    int hue = look->coloured ? hue_of(d->r, t->row) : 0;

    snprintf(words, sizeof(words), "%s", name);
    if (t->client != SAMPLE_NOBODY)
        snprintf(words, sizeof(words), "%s, client %d%s", name, t->client + 1,
                 t->inferred ? "?" : "");
    d->kinds[t->kind] = true;
    begin_box(d, look, hue, x_of(st->first), MIDDLE, width);
    fprintf(d->out, "><title>%s", words);
    if (t->call != 0) {
        fputs(" (", d->out);
        xml_text(d->out, d->r->calls[t->call]);
        fputs(")", d->out);
    }
    end_title(d, st->first, st->end);
    if (t->client != SAMPLE_NOBODY && LETTER * (double)strlen(words) > width)
        snprintf(words, sizeof(words),
                 width >= LETTER * (double)strlen("client 10") ? "client %d"
                                                               : "%d",
                 t->client + 1);
    put_word(d, st, look, hue, words);
}

static void
put_task(struct drawing *d, int row)
{
    const struct recording_row *task = &d->r->rows[row];

    begin_lane(d, "lane", task->name, "not there");
    fprintf(d->out, "<title>process %d, thread %d</title>\n", (int)task->pid,
            (int)task->tid);
    put_label(d, 15, task->name);
    for (int i = 0; i < d->axis.columns;) {
        struct stretch st = stretches_of_task(&d->axis, row, i);

        if (st.task != NULL)
            put_task_stretch(d, &st);
        i = st.end;
    }
    fputs("</g>\n", d->out);
    d->y += LANE;
}

/* --- the whole -------------------------------------------------------------
 */

/* Draws the lanes of clients or of tasks, as many as are allowed. */
static void
put_lanes(struct drawing *d, int count, void (*put)(struct drawing *, int))
{
    char more[NAME_LEN];

    for (int i = 0; i < count && i < RECORDING_SVG_LANES_MAX; i++)
        put(d, i);
    if (count > RECORDING_SVG_LANES_MAX) {
        snprintf(more, sizeof(more), "... and %d more",
                 count - RECORDING_SVG_LANES_MAX);
        put_text(d, more);
    }
}

static void
put_axis(struct drawing *d)
{
    int64_t span_ns = d->axis.to_ns;
    int64_t step_ns = text_round_up(span_ns / (RIGHT - LEFT) * TICK_LEAST);
    struct text_scale scale = text_ticks(span_ns, step_ns);

    for (int64_t t = 0; t <= span_ns; t += step_ns)
        fprintf(d->out, "<text class=\"tick\" x=\"%.1f\" y=\"%d\">%s</text>\n",
                x_of_time(d, t), d->y + LINE - 4,
                TEXT_SCALED(&scale, t, t == 0));
    d->y += LINE;
}

/* Draws what a state looks like, and its name.  Returns where the next one
 * begins. */
static int
put_example(struct drawing *d, int x, const struct look *look, const char *name)
{
    int width = SAMPLE + 7 + SMALL * (int)strlen(name);

    if (x + width > WIDTH - MARGIN) {
        d->y += LINE;
        x = MARGIN;
    }
    begin_box(d, look, look->coloured ? 1 : 0, x, d->y + MIDDLE, SAMPLE);
    fprintf(d->out, "/>\n<text class=\"small\" x=\"%d\" y=\"%d\">%s</text>\n",
            x + SAMPLE + 7, d->y + 15, name);
    return x + width + MARGIN;
}

static void
put_legend(struct drawing *d)
{
    static const struct look torn = {"held", 1, false};
    int x = MARGIN;

    for (int i = 0; i < SAMPLE_APPEARANCES; i++)
        if (d->appearances[i])
            x = put_example(d, x, &client_looks[i], sample_places[i].name);
    for (int i = 0; i < SAMPLE_KINDS; i++)
        if (d->kinds[i])
            x = put_example(d, x, &task_looks[i], sample_kinds[i].name);
    if (d->torn)
        (void)put_example(d, x, &torn, "changed during the sample");
    d->y += LINE;
    put_text(d, "Thick: on a CPU; thin: it waits.  Colour: the task.  A tick "
                "across a client's lane is an answer.");
}

static void
put_picture(struct drawing *d, bool in_page)
{
    char words[SENTENCES_MAX];
    int top;

    d->y = MARGIN;
    if (!in_page)
        d->y = xml_lines(d->out, "title", MARGIN, d->y, HEADING, TITLE_COLS,
                         sentences_heading(words, d->r));
    top = d->y;
    put_lanes(d, d->r->clients, put_client);
    d->y += BETWEEN;
    if (!(d->r->lacks & RECORDING_QUEUES)) {
        put_kernel(d);
        d->y += BETWEEN;
    }
    put_lanes(d, d->r->row_count, put_task);
    if (in_page)
        fprintf(d->out,
                "<path id=\"now\" class=\"now\" visibility=\"hidden\" "
                "d=\"M%d %dV%d\"/>\n",
                LEFT, top, d->y);
    put_axis(d);
    put_legend(d);
    if (!in_page)
        put_text(d, sentences_notes(words, d->r));
}

void
recording_svg_draw(FILE *out, const struct recording *r, bool in_page)
{
    int64_t end_ns = r->samples[r->count - 1]->at_ns;
    struct drawing d = {
        .r = r,
        .axis = {.recording = r,
                 .to_ns = end_ns > 0 ? end_ns : 1,
                 .columns = (RIGHT - LEFT) / STEP,
                 .by_task = true},
        .scale = text_scale(end_ns, end_ns),
    };
    char title[SENTENCES_MAX];
    char data[128];
    char *body;
    char *description;
    size_t size;
    FILE *words = memory_open(&description, &size);
    struct svg_style_picture picture = {.id = "inside",
                                        .in_page = in_page,
                                        .width = WIDTH,
                                        .data = data,
                                        .title = sentences_heading(title, r)};
    char notes[SENTENCES_MAX];

    xml_text(words, sentences_notes(notes, r));
    memory_close(words);
    d.out = memory_open(&body, &picture.size);
    put_picture(&d, in_page);
    memory_close(d.out);
    snprintf(data, sizeof(data),
             " data-left=\"%d\" data-plot=\"%d\" data-span-ns=\"%lld\"", LEFT,
             RIGHT - LEFT, (long long)d.axis.to_ns);
    picture.description = description;
    picture.body = body;
    picture.height = d.y + MARGIN;
    svg_style_write(out, &picture);
    free(description);
    free(body);
}

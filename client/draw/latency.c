#include "client/draw/latency.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "client/draw/svg_style.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "client/memory.h"

#define LIMITS 20 /* columns of "200 to 500 us" and of a gap */
#define COUNT  10 /* columns of a count */

/* Returns the limit 1, 2, 5, 10, 20, ... that follows this one. */
static int64_t
limit_after(int64_t limit)
{
    int64_t power = 1;

    while (power * 10 <= limit)
        power *= 10;
    return limit == 2 * power ? 5 * power : 2 * limit;
}

/* Returns the greatest limit that is not above ns; at least 1. */
static int64_t
limit_below(int64_t ns)
{
    int64_t limit = 1;

    while (limit_after(limit) <= ns)
        limit = limit_after(limit);
    return limit;
}

/* Returns how many times there are from a limit to the next one. */
static int64_t
count_class(const struct histogram *h, int64_t limit)
{
    return histogram_below(h, limit_after(limit)) - histogram_below(h, limit);
}

/* Draws a class of times, if the greatest class has most of them. */
static void
draw_class(FILE *out, const struct histogram *h, int64_t from_ns, int64_t most,
           const struct terminal *terminal)
{
    int64_t to_ns = limit_after(from_ns);
    int64_t count = count_class(h, from_ns);
    struct text_scale scale = text_ticks(to_ns, from_ns);
    int room = terminal->width - LIMITS - COUNT - 1;
    char limits[2 * TEXT_TIME_MAX + sizeof(" to ")];

    snprintf(limits, sizeof(limits), "%s to %s",
             TEXT_SCALED(&scale, from_ns, false),
             TEXT_SCALED(&scale, to_ns, true));
    fprintf(out, "%*s  ", LIMITS - 2, limits);
    if (count > 0 && room > 0)
        text_bar(out, count, most, room, terminal->utf8);
    fprintf(out, " %" PRId64 "\n", count);
}

void
latency_draw(FILE *out, const struct histogram *h,
             const struct terminal *terminal)
{
    int64_t first_ns = limit_below(h->min_ns);
    int64_t most = 1;

    if (h->count == 0)
        return;
    for (int64_t t = first_ns; t <= h->max_ns; t = limit_after(t))
        if (count_class(h, t) > most)
            most = count_class(h, t);
    for (int64_t t = first_ns; t <= h->max_ns; t = limit_after(t))
        draw_class(out, h, t, most, terminal);
}

/* The picture.  All lengths are in user units. */
#define WIDTH    720
#define MARGIN   8
#define LEFT     20
#define RIGHT    700
#define TITLE    60 /* columns */
#define LINE     22
#define HEIGHT   200 /* of the highest bar */
#define BARS     8   /* per doubling of the time */
#define BARS_MAX 400

struct chart {
    FILE *out;
    const struct histogram *h;
    double first, last; /* binary logarithms of the ends of the axis */
    int top, bottom;
};

static double
x_of(const struct chart *c, double ns)
{
    return LEFT + (RIGHT - LEFT) * (log2(ns) - c->first) / (c->last - c->first);
}

static void
put_bars(const struct chart *c)
{
    int64_t counts[BARS_MAX];
    int bars = (int)((c->last - c->first) * BARS + 0.5);
    int64_t most = 1;

    for (int i = 0; i < bars && i < BARS_MAX; i++) {
        double from_ns = exp2(c->first + (double)i / BARS);
        double to_ns = exp2(c->first + (double)(i + 1) / BARS);

        counts[i] = histogram_below(c->h, (int64_t)to_ns) -
                    histogram_below(c->h, (int64_t)from_ns);
        most = counts[i] > most ? counts[i] : most;
    }
    for (int i = 0; i < bars && i < BARS_MAX; i++) {
        double x = LEFT + (RIGHT - LEFT) * (double)i / bars;
        double height = (double)counts[i] * HEIGHT / (double)most;
        double ns = exp2(c->first + (double)i / BARS);

        if (counts[i] == 0)
            continue;
        height = height < 1 ? 1 : height; /* a single one can be seen */
        fprintf(c->out,
                "<rect class=\"serve w1\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                "height=\"%.2f\"><title>%" PRId64 " from %s to %s</title>"
                "</rect>\n",
                x, c->bottom - height, (RIGHT - LEFT) / (double)bars - 0.5,
                height, counts[i], TEXT_TIME((int64_t)ns),
                TEXT_TIME((int64_t)(ns * exp2(1.0 / BARS))));
    }
}

/* Draws a line through the bars, and what it is above it. */
static void
put_line(const struct chart *c, const char *what, int64_t ns, int row)
{
    double x = x_of(c, (double)(ns > 0 ? ns : 1));
    int y = c->top - 2 * LINE + row * LINE;

    fprintf(c->out,
            "<path class=\"predicted\" d=\"M%.2f %dV%d\"/>\n"
            "<text class=\"expected\" x=\"%.2f\" y=\"%d\">%s %s</text>\n",
            x, y + 4, c->bottom,
            x < LEFT + 60    ? LEFT + 60.0
            : x > RIGHT - 60 ? RIGHT - 60.0
                             : x,
            y, what, TEXT_TIME(ns));
}

static void
put_axis(const struct chart *c)
{
    double before = LEFT - 100;

    for (int64_t t = limit_below((int64_t)exp2(c->first));
         (double)t <= exp2(c->last); t = limit_after(t)) {
        struct text_scale scale = text_ticks(t, t);
        double x = x_of(c, (double)t);

        if (x < LEFT || x > RIGHT || x - before < 70)
            continue;
        fprintf(c->out,
                "<path d=\"M%.2f %dv4\"/>\n"
                "<text class=\"tick\" x=\"%.2f\" y=\"%d\">%s</text>\n",
                x, c->bottom, x, c->bottom + LINE,
                TEXT_SCALED(&scale, t, true));
        before = x;
    }
    fprintf(c->out, "<path d=\"M%d %dH%d\"/>\n", LEFT, c->bottom, RIGHT);
}

void
latency_svg(FILE *out, const struct histogram *h, const char *title)
{
    char description[256];
    struct svg_style_picture picture = {
        .id = "latency",
        .width = WIDTH,
        .data = "",
        .title = "How long answers took",
        .description = description,
    };
    struct chart c = {.h = h};
    char *body;

    c.first =
        floor(log2((double)(h->min_ns > 0 ? h->min_ns : 1)) * BARS) / BARS;
    c.last = (floor(log2((double)(h->max_ns > 0 ? h->max_ns : 1)) * BARS) + 1) /
             BARS;
    c.out = memory_open(&body, &picture.size);
    c.top = xml_lines(c.out, "title", MARGIN, MARGIN, LINE, TITLE, title) +
            4 * LINE;
    c.bottom = c.top + HEIGHT;
    snprintf(description, sizeof(description),
             "%" PRId64 " answers; median %s, longest %s.", h->count,
             TEXT_TIME(histogram_quantile(h, 500000)), TEXT_TIME(h->max_ns));
    if (h->count > 0) {
        put_bars(&c);
        put_line(&c, "median", histogram_quantile(h, 500000), 1);
        if (histogram_carries(h, 990000))
            put_line(&c, "p99", histogram_quantile(h, 990000), 0);
        put_line(&c, "longest", h->max_ns, 1);
        put_axis(&c);
    }
    memory_close(c.out);
    picture.body = body;
    picture.height = c.bottom + LINE + MARGIN;
    svg_style_write(out, &picture);
    free(body);
}

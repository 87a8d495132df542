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
#define LEFT     32
#define RIGHT    688
#define TITLE    60 /* columns */
#define LINE     22
#define HEIGHT   200 /* of the highest bar */
#define BARS     8   /* per doubling of the time */
#define BARS_MAX 400
#define TICK_MIN 56 /* for the time at a tick */

struct chart {
    FILE *out;
    const struct histogram *h;
    int64_t from_ns, to_ns; /* the ends of the axis, */
    double first, last;     /* and their binary logarithms */
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
    double each = (c->last - c->first) / bars; /* about 1.0 / BARS */
    int64_t most = 1;

    for (int i = 0; i < bars && i < BARS_MAX; i++) {
        double from_ns = exp2(c->first + i * each);
        double to_ns = exp2(c->first + (i + 1) * each);

        counts[i] = histogram_below(c->h, (int64_t)to_ns) -
                    histogram_below(c->h, (int64_t)from_ns);
        most = counts[i] > most ? counts[i] : most;
    }
    for (int i = 0; i < bars && i < BARS_MAX; i++) {
        double x = LEFT + (RIGHT - LEFT) * (double)i / bars;
        double height = (double)counts[i] * HEIGHT / (double)most;
        double ns = exp2(c->first + i * each);

        if (counts[i] == 0)
            continue;
        height = height < 1 ? 1 : height; /* a single one can be seen */
        fprintf(c->out,
                "<rect class=\"serve w1\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                "height=\"%.2f\"><title>%" PRId64 " from %s to %s</title>"
                "</rect>\n",
                x, c->bottom - height, (RIGHT - LEFT) / (double)bars - 0.5,
                height, counts[i], TEXT_TIME((int64_t)ns),
                TEXT_TIME((int64_t)(ns * exp2(each))));
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

/* Draws a tick at 1, 2, 5, 10, 20 ... units of time, with its time if there is
 * room for all of them; otherwise only 1, 10 ... have one. */
static void
put_axis(const struct chart *c)
{
    double octave = (RIGHT - LEFT) / (c->last - c->first);
    int64_t power = 1;

    for (int64_t t = c->from_ns; t <= c->to_ns; t = limit_after(t)) {
        struct text_scale scale = text_ticks(t, t);
        double x = x_of(c, (double)t);

        while (power * 10 <= t)
            power *= 10;
        fprintf(c->out, "<path d=\"M%.2f %dv4\"/>\n", x, c->bottom);
        if (octave >= TICK_MIN || t == power)
            fprintf(c->out,
                    "<text class=\"tick\" x=\"%.2f\" y=\"%d\">%s</text>\n", x,
                    c->bottom + LINE, TEXT_SCALED(&scale, t, true));
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

    c.from_ns = limit_below(h->min_ns);
    c.to_ns = limit_after(limit_below(h->max_ns));
    c.first = log2((double)c.from_ns);
    c.last = log2((double)c.to_ns);
    c.out = memory_open(&body, &picture.size);
    c.top = xml_lines(c.out, "title", MARGIN, MARGIN, LINE, TITLE, title);
    fprintf(c.out,
            "<text class=\"small\" x=\"%d\" y=\"%d\">height: how many of the "
            "%" PRId64 " answers took so long</text>\n",
            MARGIN, c.top + LINE - MARGIN, h->count);
    c.top += 5 * LINE;
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

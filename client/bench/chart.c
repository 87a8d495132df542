#include "client/bench/chart.h"

#include <math.h>

#include "client/draw/svg_style.h"
#include "client/draw/xml.h"

/* All lengths are in user units. */
#define WIDTH       720
#define HEIGHT      400
#define LEFT        64 /* of the plot */
#define RIGHT       560
#define TOP         56
#define BOTTOM      336
#define LABEL_LEAST 19 /* from one name at the end of a line to the next */

/* The colours of svg_style in their order, each with a pattern of its own, so
 * that lines differ in more than their colours. */
static const char chart_style[] =
    ".timelines polyline{fill:none;stroke-width:2.5;stroke-linejoin:round}\n"
    ".timelines .s1{stroke:#0072b2}.timelines .s2{stroke:#d55e00;"
    "stroke-dasharray:9 3}.timelines .s3{stroke:#4797c4;stroke-dasharray:3 3}\n"
    ".timelines .s4{stroke:#746e1b;stroke-dasharray:12 3 3 3}"
    ".timelines .s5{stroke:#c1729e;stroke-dasharray:6 6}"
    ".timelines .s6{stroke:#009e73;stroke-dasharray:2 5}\n"
    ".timelines .s7{stroke:#3a3f45;stroke-dasharray:14 6}"
    ".timelines .s8{stroke:#c28500;stroke-dasharray:6 2 2 2 2 2}\n"
    ".timelines .axis{text-anchor:end}.timelines .middle{text-anchor:middle}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".timelines .s1{stroke:#4581b8}.timelines .s2{stroke:#d66830}"
    ".timelines .s3{stroke:#56b4e9}.timelines .s4{stroke:#f0e442}\n"
    ".timelines .s5{stroke:#cc79a7}.timelines .s6{stroke:#009e73}"
    ".timelines .s7{stroke:#c9ced6}.timelines .s8{stroke:#e69f00}\n"
    "}\n";

struct point {
    int connections;
    double us; /* CPU time per message */
    double x, y;
};

struct line {
    const char *label;
    struct point points[COSTS_LOADS_MAX];
    int count;
};

struct chart {
    struct line lines[COSTS_ROWS_MAX]; /* with at least two points each */
    int count;
    int busy;              /* connections that are not idle */
    double x0, x1, y0, y1; /* ends of the axes, as powers of ten */
};

/* Tells whether the chart shows a load, if last is the last load. */
static bool
is_shown(const struct costs_load *load, const struct costs_load *last)
{
    return load->plan.clients == last->plan.clients &&
           load->plan.pipeline == last->plan.pipeline &&
           load->plan.per_connection == last->plan.per_connection;
}

int
chart_points(const struct costs_load *loads, int count)
{
    int points = 0;

    for (int i = 0; i < count; i++)
        points += is_shown(&loads[i], &loads[count - 1]);
    return points;
}

/* Returns the line of a row, without places. */
static struct line
make_line(const struct costs *c, int row)
{
    const struct costs_load *last = &c->loads[c->load_count - 1];
    struct line line = {.label = c->rows[row].label};

    for (int load = 0; load < c->load_count; load++) {
        struct costs_median m = costs_median(c, row, load, COSTS_OF_SERVER);
        const struct plan *plan = &c->loads[load].plan;

        if (is_shown(&c->loads[load], last) && m.count > 0)
            line.points[line.count++] = (struct point){
                .connections = plan->clients + plan->idle, .us = m.value};
    }
    return line;
}

static const struct point *
last_point(const struct line *line)
{
    return &line->points[line->count - 1];
}

static double
x_of(const struct chart *chart, double connections)
{
    return LEFT + (RIGHT - LEFT) * (log10(connections) - chart->x0) /
                      (chart->x1 - chart->x0);
}

static double
y_of(const struct chart *chart, double us)
{
    return BOTTOM -
           (BOTTOM - TOP) * (log10(us) - chart->y0) / (chart->y1 - chart->y0);
}

/* Widens the axes so that a point lies between their ends. */
static void
include(struct chart *chart, const struct point *p)
{
    chart->x0 = fmin(chart->x0, log10(p->connections));
    chart->x1 = fmax(chart->x1, log10(p->connections));
    chart->y0 = fmin(chart->y0, floor(log10(p->us)));
    chart->y1 = fmax(chart->y1, ceil(log10(p->us)));
}

/* Gives every point its place. */
static void
place_points(struct chart *chart)
{
    for (int i = 0; i < chart->count; i++)
        for (int k = 0; k < chart->lines[i].count; k++)
            include(chart, &chart->lines[i].points[k]);
    chart->y1 = fmax(chart->y1, chart->y0 + 1);
    for (int i = 0; i < chart->count; i++)
        for (int k = 0; k < chart->lines[i].count; k++) {
            struct point *p = &chart->lines[i].points[k];

            p->x = x_of(chart, p->connections);
            p->y = y_of(chart, p->us);
        }
}

/* Writes a label at the place where its line ends, or below the label before
 * it, if they would overlap. */
static void
draw_labels(FILE *out, const struct chart *chart)
{
    const struct line *sorted[COSTS_ROWS_MAX];
    double y = 0;

    for (int i = 0; i < chart->count; i++) {
        const struct line *line = &chart->lines[i];
        int k = i;

        for (; k > 0 && last_point(sorted[k - 1])->y > last_point(line)->y; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = line;
    }
    for (int i = 0; i < chart->count; i++) {
        const struct point *p = last_point(sorted[i]);

        y = i > 0 ? fmax(p->y, y + LABEL_LEAST) : p->y;
        fprintf(out, "<text class=\"end\" x=\"%.2f\" y=\"%.2f\">", p->x + 10,
                y + 4);
        xml_text(out, sorted[i]->label);
        fprintf(out, " %.3g</text>\n", p->us);
    }
}

static void
draw_axes(FILE *out, const struct costs *c, const struct chart *chart)
{
    /* Lines at powers of ten alone would be too far apart. */
    static const int steps[] = {1, 2, 5};
    const struct costs_load *last = &c->loads[c->load_count - 1];

    for (int power = (int)chart->y0; power <= (int)chart->y1; power++)
        for (int i = 0; i < 3; i++) {
            double us = steps[i] * pow(10, power);

            if (log10(us) > chart->y1 + 1e-9)
                break;
            fprintf(out,
                    "<path class=\"grid\" d=\"M%d %.2fH%d\"/>\n"
                    "<text class=\"small axis\" x=\"%d\" y=\"%.2f\">%g"
                    "</text>\n",
                    LEFT, y_of(chart, us), RIGHT, LEFT - 8, y_of(chart, us) + 4,
                    us);
        }
    for (int load = 0; load < c->load_count; load++) {
        int n = c->loads[load].plan.clients + c->loads[load].plan.idle;

        if (is_shown(&c->loads[load], last))
            fprintf(out,
                    "<path class=\"grid\" d=\"M%.2f %dV%d\"/>\n"
                    "<text class=\"small middle\" x=\"%.2f\" y=\"%d\">%d"
                    "</text>\n",
                    x_of(chart, n), TOP, BOTTOM, x_of(chart, n), BOTTOM + 19,
                    n);
    }
    fprintf(out,
            "<text class=\"small middle\" x=\"%d\" y=\"%d\">connections, of "
            "which %d are busy</text>\n",
            (LEFT + RIGHT) / 2, BOTTOM + 42, chart->busy);
}

static void
draw_line(FILE *out, const struct line *line, int hue)
{
    fputs("<polyline data-server=\"", out);
    xml_text(out, line->label);
    fputs("\" data-connections=\"", out);
    for (int i = 0; i < line->count; i++)
        fprintf(out, "%s%d", i > 0 ? " " : "", line->points[i].connections);
    fputs("\" data-us=\"", out);
    for (int i = 0; i < line->count; i++)
        fprintf(out, "%s%.3f", i > 0 ? " " : "", line->points[i].us);
    fprintf(out, "\" class=\"s%d\" points=\"", hue);
    for (int i = 0; i < line->count; i++)
        fprintf(out, "%s%.2f,%.2f", i > 0 ? " " : "", line->points[i].x,
                line->points[i].y);
    fputs("\"/>\n", out);
    for (int i = 0; i < line->count; i++)
        fprintf(out,
                "<circle class=\"w%d\" cx=\"%.2f\" cy=\"%.2f\" r=\"3.5\"/>\n",
                hue, line->points[i].x, line->points[i].y);
}

/* Begins the picture, with a description for people who do not see it. */
static void
begin(FILE *out, const struct chart *chart)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timelines\" "
            "role=\"img\" aria-labelledby=\"chart-title chart-desc\" "
            "viewBox=\"0 0 %d %d\" width=\"100%%\">\n"
            "<title id=\"chart-title\">What a message costs a server</title>\n"
            "<desc id=\"chart-desc\">CPU time of the server per message, in "
            "microseconds, against the number of open connections, of which "
            "only %d are busy; both axes are logarithmic.",
            WIDTH, HEIGHT, chart->busy);
    for (int i = 0; i < chart->count; i++) {
        fputc(' ', out);
        xml_text(out, chart->lines[i].label);
        fprintf(out, ": %.3g at the end.", last_point(&chart->lines[i])->us);
    }
    fprintf(out,
            "</desc>\n<style>\n%s%s</style>\n"
            "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n"
            "<text class=\"heading\" x=\"8\" y=\"24\">CPU time of the server, "
            "microseconds per message</text>\n",
            svg_style_style, chart_style, WIDTH, HEIGHT);
}

bool
chart_draw(FILE *out, const struct costs *c)
{
    struct chart chart = {.busy = c->loads[c->load_count - 1].plan.clients,
                          .x0 = INFINITY,
                          .x1 = -INFINITY,
                          .y0 = INFINITY,
                          .y1 = -INFINITY};

    for (int row = 0; row < c->row_count; row++) {
        struct line line = make_line(c, row);

        if (line.count > 1)
            chart.lines[chart.count++] = line;
    }
    if (chart.count == 0)
        return false;
    place_points(&chart);
    begin(out, &chart);
    draw_axes(out, c, &chart);
    for (int i = 0; i < chart.count; i++)
        draw_line(out, &chart.lines[i], i % SVG_STYLE_HUES + 1);
    draw_labels(out, &chart);
    fputs("</svg>\n", out);
    return true;
}

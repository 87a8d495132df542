#include "client/bench/chart.h"

#include <math.h>
#include <string.h>

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
#define TEXT_MAX    256

/* Those of ink, in its order, and a pattern of their own for each, so that no
 * line is known by its colour alone. */
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

/* The ends of the axes, as powers of ten. */
struct axes {
    double x0, x1, y0, y1;
};

struct line {
    int row;
    double y; /* of its name */
};

/* Tells whether the load is one of those that are drawn: the last of them, and
 * what differs from it in idle connections only. */
static bool
is_drawn(const struct rates *r, int load)
{
    const struct plan *last = &r->loads[r->load_count - 1].plan;
    const struct plan *p = &r->loads[load].plan;

    return p->clients == last->clients && p->pipeline == last->pipeline &&
           p->per_connection == last->per_connection;
}

int
chart_points(const struct rates *r)
{
    int count = 0;

    for (int load = 0; load < r->load_count; load++)
        count += is_drawn(r, load);
    return count;
}

static int
connections(const struct rates *r, int load)
{
    return r->loads[load].plan.clients + r->loads[load].plan.idle;
}

/* Returns how many points a row has. */
static int
points(const struct rates *r, int row)
{
    int count = 0;

    for (int load = 0; load < r->load_count; load++)
        count += is_drawn(r, load) &&
                 rates_cost(r, &r->rows[row].server, load).count > 0;
    return count;
}

bool
chart_has_lines(const struct rates *r)
{
    for (int row = 0; row < r->row_count; row++)
        if (points(r, row) > 1)
            return true;
    return false;
}

static double
x_of(const struct axes *a, double connections)
{
    return LEFT +
           (RIGHT - LEFT) * (log10(connections) - a->x0) / (a->x1 - a->x0);
}

static double
y_of(const struct axes *a, double us)
{
    return BOTTOM - (BOTTOM - TOP) * (log10(us) - a->y0) / (a->y1 - a->y0);
}

/* Finds axes that all points lie in. */
static struct axes
find_axes(const struct rates *r)
{
    struct axes a = {.x0 = 9, .x1 = 0, .y0 = 9, .y1 = -9};

    for (int row = 0; row < r->row_count; row++)
        for (int load = 0; load < r->load_count; load++) {
            struct rates_middle m = rates_cost(r, &r->rows[row].server, load);
            double x = log10(connections(r, load));

            if (!is_drawn(r, load) || m.count == 0 || points(r, row) < 2)
                continue;
            a.x0 = x < a.x0 ? x : a.x0;
            a.x1 = x > a.x1 ? x : a.x1;
            a.y0 = floor(log10(m.value)) < a.y0 ? floor(log10(m.value)) : a.y0;
            a.y1 = ceil(log10(m.value)) > a.y1 ? ceil(log10(m.value)) : a.y1;
        }
    if (a.y1 <= a.y0)
        a.y1 = a.y0 + 1;
    return a;
}

static void
draw_axes(FILE *out, const struct rates *r, const struct axes *a)
{
    /* Lines at 1, 2 and 5 of each power of ten, or they would be too far
     * apart. */
    static const int steps[] = {1, 2, 5};

    for (int power = (int)a->y0; power <= (int)a->y1; power++)
        for (int i = 0; i < 3; i++) {
            double us = steps[i] * pow(10, power);

            if (log10(us) > a->y1 + 1e-9)
                break;
            fprintf(out, "<path class=\"grid\" d=\"M%d %.2fH%d\"/>\n", LEFT,
                    y_of(a, us), RIGHT);
            fprintf(
                out,
                "<text class=\"small axis\" x=\"%d\" y=\"%.2f\">%g</text>\n",
                LEFT - 8, y_of(a, us) + 4, us);
        }
    for (int load = 0; load < r->load_count; load++) {
        int n = connections(r, load);

        if (!is_drawn(r, load))
            continue;
        fprintf(out, "<path class=\"grid\" d=\"M%.2f %dV%d\"/>\n", x_of(a, n),
                TOP, BOTTOM);
        fprintf(out,
                "<text class=\"small middle\" x=\"%.2f\" y=\"%d\">%d</text>\n",
                x_of(a, n), BOTTOM + 19, n);
    }
    fprintf(out,
            "<text class=\"small middle\" x=\"%d\" y=\"%d\">connections, of "
            "which %d are busy</text>\n",
            (LEFT + RIGHT) / 2, BOTTOM + 42,
            r->loads[r->load_count - 1].plan.clients);
}

static void
draw_line(FILE *out, const struct rates *r, const struct axes *a, int row,
          int number)
{
    char us[TEXT_MAX] = "";
    char x[TEXT_MAX] = "";
    char places[TEXT_MAX] = "";
    size_t u = 0;
    size_t c = 0;
    size_t p = 0;

    for (int load = 0; load < r->load_count; load++) {
        struct rates_middle m = rates_cost(r, &r->rows[row].server, load);
        int n = connections(r, load);

        if (!is_drawn(r, load) || m.count == 0)
            continue;
        u += (size_t)snprintf(us + u, sizeof(us) - u, "%s%.3f",
                              u > 0 ? " " : "", m.value);
        c +=
            (size_t)snprintf(x + c, sizeof(x) - c, "%s%d", c > 0 ? " " : "", n);
        p += (size_t)snprintf(places + p, sizeof(places) - p, "%s%.2f,%.2f",
                              p > 0 ? " " : "", x_of(a, n), y_of(a, m.value));
    }
    fputs("<polyline data-server=\"", out);
    xml_text(out, r->rows[row].label);
    fprintf(out,
            "\" data-connections=\"%s\" data-us=\"%s\" class=\"s%d\" "
            "points=\"%s\"/>\n",
            x, us, number % SVG_STYLE_HUES + 1, places);
    for (int load = 0; load < r->load_count; load++) {
        struct rates_middle m = rates_cost(r, &r->rows[row].server, load);

        if (is_drawn(r, load) && m.count > 0)
            fprintf(out,
                    "<circle class=\"w%d\" cx=\"%.2f\" cy=\"%.2f\" "
                    "r=\"3.5\"/>\n",
                    number % SVG_STYLE_HUES + 1, x_of(a, connections(r, load)),
                    y_of(a, m.value));
    }
}

/* Returns the last load that a row has been measured under. */
static int
last_load(const struct rates *r, int row)
{
    int last = 0;

    for (int load = 0; load < r->load_count; load++)
        if (is_drawn(r, load) &&
            rates_cost(r, &r->rows[row].server, load).count > 0)
            last = load;
    return last;
}

/* Writes the names, each where its line ends, but not over one another. */
static void
draw_names(FILE *out, const struct rates *r, const struct axes *a)
{
    struct line lines[RATES_ROWS_MAX];
    int count = 0;

    for (int row = 0; row < r->row_count; row++) {
        struct line line = {.row = row};
        int load = last_load(r, row);
        int i = count;

        if (points(r, row) < 2)
            continue;
        line.y = y_of(a, rates_cost(r, &r->rows[row].server, load).value);
        for (; i > 0 && lines[i - 1].y > line.y; i--)
            lines[i] = lines[i - 1];
        lines[i] = line;
        count++;
    }
    for (int i = 0; i < count; i++) {
        int load = last_load(r, lines[i].row);

        if (i > 0 && lines[i].y < lines[i - 1].y + LABEL_LEAST)
            lines[i].y = lines[i - 1].y + LABEL_LEAST;
        fprintf(out, "<text class=\"end\" x=\"%.2f\" y=\"%.2f\">",
                x_of(a, connections(r, load)) + 10, lines[i].y + 4);
        xml_text(out, r->rows[lines[i].row].label);
        fprintf(out, " %.3g</text>\n",
                rates_cost(r, &r->rows[lines[i].row].server, load).value);
    }
}

void
chart_draw(FILE *out, const struct rates *r)
{
    struct axes a = find_axes(r);
    int number = 0;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timelines\" "
            "role=\"img\" aria-labelledby=\"chart-title chart-desc\" "
            "viewBox=\"0 0 %d %d\" width=\"100%%\">\n",
            WIDTH, HEIGHT);
    fprintf(out,
            "<title id=\"chart-title\">What a message costs a server</title>\n"
            "<desc id=\"chart-desc\">CPU time of the server a message, in "
            "microseconds, against the number of open connections, of which "
            "only %d are busy; both axes are logarithmic.",
            r->loads[r->load_count - 1].plan.clients);
    for (int row = 0; row < r->row_count; row++)
        if (points(r, row) > 1) {
            fputc(' ', out);
            xml_text(out, r->rows[row].label);
            fprintf(
                out, ": %.3g at the end.",
                rates_cost(r, &r->rows[row].server, last_load(r, row)).value);
        }
    fprintf(out, "</desc>\n<style>\n%s%s</style>\n", svg_style_style,
            chart_style);
    fprintf(out, "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n", WIDTH,
            HEIGHT);
    fputs("<text class=\"heading\" x=\"8\" y=\"24\">CPU time of the server, "
          "microseconds a message</text>\n",
          out);
    draw_axes(out, r, &a);
    for (int row = 0; row < r->row_count; row++)
        if (points(r, row) > 1)
            draw_line(out, r, &a, row, number++);
    draw_names(out, r, &a);
    fputs("</svg>\n", out);
}

/* Pictures, and a page, drawn from records made by hand and read back: every
 * client has its lane, every bar lies where its times say, and nothing in a
 * string becomes markup. */

#include "client/draw/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/compare/page.h"
#include "client/draw/svg_style.h"
#include "client/draw/xml.h"
#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

#define NEAR  0.011 /* two numbers of two decimals */
#define LARGE (4L * 1024 * 1024)
#define APART 13 /* distance in CIE Lab of two colours that are not alike */

/* Three clients and two workers, two messages of 100 ms each; worker 4712
 * serves the third client after the second. */
static struct record
pool(void)
{
    struct record r = new_record(3, 2);

    for (int i = 0; i < 3; i++) {
        int64_t from_ns = i < 2 ? 0 : 200 * MS;
        int id = i == 0 ? 4711 : 4712;

        add_answer(&r, i, 0, from_ns + 100 * MS);
        add_answer(&r, i, from_ns + 100 * MS, from_ns + 200 * MS);
        add_service(&r, i, 0, from_ns, from_ns + 100 * MS, id);
        add_service(&r, i, 1, from_ns + 100 * MS, from_ns + 200 * MS, id);
        finish(&r, i, from_ns + 200 * MS, RECORD_CLOSED);
    }
    r.served_at_once = 2;
    return r;
}

/* Returns the picture, which the caller frees. */
static char *
draw(const struct panel *panels, int count, const char *title)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    svg_draw(out, panels, count, title);
    fclose(out);
    return text;
}

static int
count_of(const char *text, const char *what)
{
    int count = 0;

    while ((text = strstr(text, what)) != NULL) {
        count++;
        text += strlen(what);
    }
    return count;
}

/* Returns what follows a mark; fails the test if the mark is not there. */
static const char *
after(const char *text, const char *mark)
{
    const char *at = text != NULL ? strstr(text, mark) : NULL;

    CHECK(at != NULL);
    return at != NULL ? at + strlen(mark) : "";
}

static double
number_after(const char *text, const char *mark)
{
    return strtod(after(text, mark), NULL);
}

/* Returns where a time lies, computed as svg.h says. */
static double
place(const char *svg, int64_t ns)
{
    return number_after(svg, "data-left=\"") +
           number_after(svg, "data-plot=\"") * (double)ns /
               number_after(svg, "data-span-ns=\"");
}

/* Checks the first rectangle of a class that follows a place in the picture. */
static void
check_bar(const char *svg, const char *from, const char *class,
          int64_t began_ns, int64_t ended_ns)
{
    const char *bar = after(from, class);
    double x = number_after(bar, " x=\"");
    double width = number_after(bar, " width=\"");

    CHECK(fabs(x - place(svg, began_ns)) < NEAR);
    CHECK(fabs(x + width - place(svg, ended_ns)) < NEAR);
}

static void
test_pool(void)
{
    struct record r = pool();
    struct figures f;
    struct panel panel = panel_of(&r, &f, "prefork -w 2");
    char *svg = draw(&panel, 1, "");

    CHECK(strncmp(svg, "<?xml", 5) == 0);
    CHECK(number_after(svg, " width=\"") == 720);
    CHECK(number_after(svg, " height=\"") ==
          number_after(svg, "viewBox=\"0 0 720 "));
    CHECK(count_of(svg, "class=\"lane\"") == 3);
    CHECK(count_of(svg, "class=\"worker-lane\"") == 2);
    CHECK(strstr(svg, "data-client=\"3\" data-end-s=\"0.400000\"") != NULL);
    CHECK(strstr(svg, "data-model=\"prefork -w 2\"") != NULL);
    check_bar(svg, after(svg, "data-client=\"3\""), "\"wait\"", 0, 200 * MS);
    check_bar(svg, after(svg, "data-client=\"3\""), "\"serve w2\"", 200 * MS,
              300 * MS);
    check_bar(svg, after(svg, "data-client=\"1\""), "\"serve w1\"", 0,
              100 * MS);
    check_bar(svg, after(svg, "message 1: "), "\"serve w1\"", 100 * MS,
              200 * MS);
    CHECK(fabs(number_after(strstr(svg, "data-client=\"3\""),
                            "class=\"answer\" d=\"M") -
               place(svg, 300 * MS)) < NEAR);
    /* The lane of a client has the number of its worker, and vice versa. */
    CHECK(count_of(strstr(svg, "data-client=\"3\""), ">2</text>") >= 1);
    CHECK(strstr(svg, "<title>worker 2 (4712)</title>") != NULL);
    CHECK(strstr(strstr(svg, "data-worker=\"2\""), ">3</text>") != NULL);
    CHECK(strstr(svg,
                 "client 3, message 1: sent 0.0 ms, served 200.0 to "
                 "300.0 ms by worker 2 (4712), answered 300.0 ms") != NULL);
    CHECK(strstr(svg, "serves 2 at once, all done after 400 ms") != NULL);
    CHECK(strstr(svg, "as the server logged it") != NULL);
    CHECK(strstr(svg, "fastest answer") == NULL);
    free(svg);
    record_close(&r);
}

/* A long wait says where it is; a short one has no room for that. */
static void
test_words(void)
{
    struct record r = pool();
    struct figures f;
    struct panel panel;
    char *svg;

    add_look(&r, 2, 1 * MS, KERNEL_QUEUED);
    add_look(&r, 2, 190 * MS, KERNEL_UNREAD);
    panel = panel_of(&r, &f, "");
    svg = draw(&panel, 1, "");
    CHECK(count_of(svg, "<text class=\"word\"") == 1);
    CHECK(count_of(svg, ">accept queue</text>") == 1);
    CHECK(strstr(svg, ">not read</text>") == NULL);
    free(svg);
    record_close(&r);
}

/* The same times without a log: no worker, and service is an estimate. */
static void
test_estimate(void)
{
    struct record r = pool();
    struct figures f;
    struct panel panel;
    char *svg;

    record_close_services(&r);
    panel = panel_of(&r, &f, "");
    svg = draw(&panel, 1, NULL);
    CHECK(strncmp(svg, "<svg ", 5) == 0);
    CHECK(count_of(svg, "class=\"lane\"") == 3);
    CHECK(count_of(svg, "class=\"worker-lane\"") == 0);
    check_bar(svg, after(svg, "data-client=\"3\""), "\"wait\"", 0, 200 * MS);
    check_bar(svg, after(svg, "data-client=\"3\""), "\"serve w1\"", 200 * MS,
              300 * MS);
    CHECK(strstr(svg, "taken as the fastest answer, 100 ms") != NULL);
    CHECK(strstr(svg, "as the server logged it") == NULL);
    free(svg);
    record_close(&r);
}

/* An answer that the client sees late: that time is not drawn, and the legend
 * does not explain it. */
static void
test_late(void)
{
    struct record r = new_record(1, 1);
    struct figures f;
    struct panel panel;
    char *svg;

    add_answer(&r, 0, 0, 200 * MS);
    add_service(&r, 0, 0, 0, 100 * MS, 4711);
    finish(&r, 0, 200 * MS, RECORD_CLOSED);
    panel = panel_of(&r, &f, "");
    svg = draw(&panel, 1, "");
    CHECK(count_of(svg, "<rect class=\"serve") == 2); /* the legend has one */
    free(svg);
    record_close(&r);
}

/* All panels have one axis, which has room for guesses and predictions. */
static void
test_expected(void)
{
    struct record r = pool();
    struct figures f;
    struct panel panels[2];
    char *svg;
    char *again;

    panels[0] = panel_of(&r, &f, "one");
    panels[1] = panel_of(&r, &f, "two");
    panels[0].predicted_ns = 400 * MS;
    panels[0].formula = "ceil(3 / 2) x 2 x 100 ms = 400 ms";
    panels[1].guess_ns = 900 * MS;
    svg = draw(panels, 2, "two runs");
    CHECK(count_of(svg, "class=\"panel\"") == 2);
    /* A guess is drawn up to twice the longest run. */
    CHECK((int64_t)number_after(svg, "data-span-ns=\"") == 800 * MS);
    CHECK(fabs(number_after(svg, "class=\"predicted\" d=\"M") -
               place(svg, 400 * MS)) < NEAR);
    CHECK(fabs(number_after(svg, "class=\"guess\" d=\"M") -
               place(svg, 800 * MS)) < NEAR);
    CHECK(count_of(svg, ">predicted 400 ms<") == 1);
    CHECK(count_of(svg, ">you said 900 ms<") == 1);
    CHECK(strstr(svg, "predicted: ceil(3 / 2) x 2 x 100 ms = 400 ms") != NULL);
    CHECK(strstr(svg, ">two runs</text>") != NULL);
    again = draw(panels, 2, "two runs");
    CHECK(strcmp(svg, again) == 0);
    free(again);
    free(svg);
    record_close(&r);
}

/* The axis ends where the slowest whole run ends; another one goes on behind
 * it, as an arrow says. */
static void
test_cut(void)
{
    struct record r = pool();
    struct record late = new_record(1, 1);
    struct figures f;
    struct figures g;
    struct panel panels[2] = {panel_of(&r, &f, "whole")};
    char *svg;

    late.clients[0].started_ns = late.clients[0].connected_ns = 0;
    late.clients[0].sent = 1;
    finish(&late, 0, 9000 * MS, RECORD_FAILED);
    panels[1] = panel_of(&late, &g, "late");
    panels[1].failure = "gave up";
    svg = draw(panels, 2, "two");
    CHECK((int64_t)number_after(svg, "data-span-ns=\"") == 400 * MS);
    CHECK(count_of(svg, "h9m-5 -5l5 5 -5 5") == 1);
    CHECK(strstr(svg, ">9.00 s</text>") != NULL);
    free(svg);
    svg = draw(&panels[1], 1, "one");
    CHECK((int64_t)number_after(svg, "data-span-ns=\"") == 9000 * MS);
    free(svg);
    record_close(&late);
    record_close(&r);
}

static void
test_escaping(void)
{
    struct record r = pool();
    struct figures f;
    struct panel panel = panel_of(&r, &f, "a<b>&\"c\"\x01\xff\u00fc");
    char *svg;

    panel.failure = "it said <no>";
    svg = draw(&panel, 1, "<script>");
    CHECK(strstr(svg, "data-model=\"a&lt;b&gt;&amp;&quot;c&quot;"
                      "\ufffd\ufffd\u00fc\"") != NULL);
    CHECK(strstr(svg, "failed: it said &lt;no&gt;") != NULL);
    CHECK(strstr(svg, "<script>") == NULL);
    CHECK(strstr(svg, "<no>") == NULL);
    free(svg);
    record_close(&r);

    CHECK(xml_character("", 0) == 0);
    CHECK(xml_character("x", 1) == 1);
    CHECK(xml_character("\u00fc", 2) == 2);
    CHECK(xml_character("\u00fc", 1) == 0);
    CHECK(xml_character("\u2501", 3) == 3);
    CHECK(xml_character("\xf0\x9f\x99\x82", 4) == 4);
    CHECK(xml_character("\xc0\x80", 2) == 0);
    CHECK(xml_character("\xed\xa0\x80", 3) == 0);
    CHECK(xml_character("\xf4\x90\x80\x80", 4) == 0);
    CHECK(xml_character("\xef\xbf\xbf", 3) == 0);
    CHECK(xml_character("\x1b", 1) == 0);
}

/* A client that failed, one that vanished and one that has not ended; and a
 * server that did not start. */
static void
test_trouble(void)
{
    struct record whole = pool();
    struct record none = new_record(3, 2);
    struct figures f;
    struct figures f_none;
    struct panel panels[2];
    char *svg;

    finish(&whole, 0, 200 * MS, RECORD_VANISHED);
    whole.clients[1].end.fault = RECORD_CLOSED_EARLY;
    finish(&whole, 1, 200 * MS, RECORD_FAILED);
    whole.clients[2].end.outcome = RECORD_OPEN;
    whole.clients[2].ended_ns = RECORD_NEVER;
    whole.clients[2].answered = 1;
    panels[0] = panel_of(&whole, &f, "ill");
    panels[1] = panel_of(&none, &f_none, "absent");
    panels[1].failure = "cannot listen";
    svg = draw(panels, 2, "");
    CHECK(count_of(svg, "class=\"lane\"") == 3);
    CHECK(count_of(svg, "class=\"vanished\"") == 2); /* the legend has one */
    CHECK(count_of(svg, "class=\"failed\"") == 2);
    CHECK(strstr(svg, "<title>client 2: the server closed after") != NULL);
    CHECK(strstr(svg, "data-client=\"3\" data-end-s=\"\"") != NULL);
    /* A message without an answer is in service until the run ends. */
    check_bar(svg, after(after(svg, "data-client=\"3\""), "class=\"number"),
              "\"serve w2\"", 300 * MS, 400 * MS);
    CHECK(strstr(svg, "with 1 client left, 1 client failed") != NULL);
    CHECK(count_of(svg, ">failed: cannot listen<") == 1);
    CHECK(strstr(svg, "absent: failed: cannot listen.") != NULL);
    free(svg);
    finish(&whole, 2, 400 * MS, RECORD_CLOSED);
    panels[0] = panel_of(&whole, &f, "ill");
    svg = draw(panels, 1, "");
    CHECK(strstr(svg, ", ended after 400 ms, 1 client failed") != NULL);
    free(svg);
    record_close(&whole);
    record_close(&none);
}

/* A hundred clients with a thousand short messages each.  Two messages in a row
 * are never served by the same worker, and there is a pause between them. */
static void
test_many(void)
{
    struct record r = new_record(100, 1000);
    struct figures f;
    struct panel panel;
    char *svg;

    for (int i = 0; i < 100; i++) {
        for (int j = 0; j < 1000; j++) {
            add_answer(&r, i, j * 10 * MS, j * 10 * MS + MS);
            add_service(&r, i, j, j * 10 * MS, j * 10 * MS + MS, 1 + j % 50);
        }
        finish(&r, i, 10000 * MS, RECORD_CLOSED);
    }
    panel = panel_of(&r, &f, "many");
    svg = draw(&panel, 1, "");
    CHECK(count_of(svg, "class=\"lane\"") == 100);
    CHECK(count_of(svg, "class=\"worker-lane\"") == 50);
    CHECK((long)strlen(svg) < LARGE);
    CHECK(strstr(svg, "messages 1 to ") != NULL);
    free(svg);
    record_close(&r);
}

/* More clients than lanes: those that ended first and last. */
static void
test_more(void)
{
    struct record r = new_record(SVG_LANES_MAX + 1, 1);
    struct figures f;
    struct panel panel;
    char *svg;

    for (int i = 0; i <= SVG_LANES_MAX; i++) {
        add_answer(&r, i, 0, (i + 1) * 10 * MS);
        finish(&r, i, (i + 1) * 10 * MS, RECORD_CLOSED);
    }
    panel = panel_of(&r, &f, "");
    svg = draw(&panel, 1, "");
    CHECK(count_of(svg, "class=\"lane\"") == 16);
    CHECK(strstr(svg, "... 185 more ended in between") != NULL);
    free(svg);
    record_close(&r);
}

/* A page about one server; its log is longer than what the page shows. */
static void
test_page(void)
{
    struct trial trial = {
        .label = "mine <1>",
        .command = "./mine --a \"b\"",
        .record = pool(),
        .predicted_ns = 400 * MS,
        .guess_ns = RECORD_NEVER,
        .formula = "",
    };
    struct panel panel;
    struct page page = {"compare a&b", "2 cores",      "3 clients", &trial, 1,
                        &panel,        {"today", 0, 0}};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&trial.log, &size);

    if (out == NULL)
        abort();
    trial.figures = figures_compute(&trial.record);
    for (int i = 1; i <= PAGE_LINES_MAX + 5; i++)
        fprintf(out, "line <%d>\n", i);
    fclose(out);
    out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    panel = panel_alone(&trial.record, &trial.figures);
    panel.title = trial.label;
    page_write(out, &page);
    fclose(out);
    /* The legend and the panel; there is nothing to conclude from one. */
    CHECK(count_of(text, "<svg ") == 2);
    CHECK(count_of(text, "In short") == 0);
    CHECK(count_of(text, "<table ") == 1);
    CHECK(count_of(text, "<details>") == 1);
    CHECK(count_of(text, "line &lt;") == PAGE_LINES_MAX);
    CHECK(strstr(text, ">5 more lines left out<") != NULL);
    CHECK(strstr(text, "<summary>mine &lt;1&gt;<") != NULL);
    CHECK(strstr(text, "<code>./mine --a &quot;b&quot;<") != NULL);
    CHECK(strstr(text, "<code>compare a&amp;b<") != NULL);
    CHECK(strstr(text, ">on 2 cores<") != NULL);
    CHECK(count_of(text, "\n2,") >= 5); /* of its messages, from CSV */
    CHECK(count_of(text, "<script") == 1);
    free(text);
    free(trial.log);
    record_close(&trial.record);
}

/* No panel, and a run without a length, must not divide by zero. */
static void
test_empty(void)
{
    struct record r = new_record(2, 0);
    struct figures f;
    struct panel panel;

    r.ended_ns = 0;
    r.clients[0].started_ns = 0;
    panel = panel_of(&r, &f, "");
    free(draw(&panel, 1, ""));
    free(draw(&panel, 0, ""));
    record_close(&r);
}

/* Reads the first colour that text gives to a class: linear red, green and
 * blue. */
static void
read_colour(const char *text, const char *class, double rgb[3])
{
    unsigned value = 0;
    char key[32];

    snprintf(key, sizeof(key), ".%s{fill:#", class);
    text = strstr(text, key);
    if (text == NULL || sscanf(text + strlen(key), "%6x", &value) != 1)
        abort();
    for (int i = 0; i < 3; i++)
        rgb[i] =
            pow(((value >> (16 - 8 * i) & 0xff) / 255.0 + 0.055) / 1.055, 2.4);
}

static double
luminance(const double rgb[3])
{
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

/* Returns the distance of two colours for readers who see them through this
 * matrix. */
static double
distance(double matrix[3][3], const double a[3], const double b[3])
{
    static const double to_xyz[3][3] = {{0.4339, 0.3762, 0.1899},
                                        {0.2127, 0.7152, 0.0722},
                                        {0.0178, 0.1095, 0.8728}};
    const double *colours[2] = {a, b};
    double root[2][3];

    for (int c = 0; c < 2; c++)
        for (int i = 0; i < 3; i++) {
            double sum = 0;

            for (int j = 0; j < 3; j++) {
                const double *row = matrix[j];
                double seen = row[0] * colours[c][0] + row[1] * colours[c][1] +
                              row[2] * colours[c][2];

                sum += to_xyz[i][j] * fmin(fmax(seen, 0), 1);
            }
            root[c][i] = cbrt(sum);
        }
    for (int i = 0; i < 3; i++)
        root[0][i] -= root[1][i];
    return sqrt(pow(116 * root[0][1], 2) +
                pow(500 * (root[0][0] - root[0][1]), 2) +
                pow(200 * (root[0][1] - root[0][2]), 2));
}

/* With each kind of colour vision, the hues of the workers and of waiting are
 * not alike, and each has a contrast of 3 to 1 to the background. */
static void
test_colours(void)
{
    /* Usual colour vision; protanopia, deuteranopia and tritanopia (Machado
     * 2009). */
    static double eyes[][3][3] = {
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{.152, 1.053, -.205}, {.115, .786, .099}, {-.004, -.048, 1.052}},
        {{.367, .861, -.228}, {.280, .673, .047}, {-.012, .043, .969}},
        {{1.256, -.077, -.179}, {-.078, .931, .148}, {.005, .691, .304}},
    };
    const char *light = svg_style_style;
    const char *themes[] = {light, strstr(light, "prefers-color-scheme:dark")};

    for (int t = 0; t < 2; t++) {
        double hues[SVG_STYLE_HUES + 1][3];
        double back[3];

        read_colour(themes[t], "back", back);
        read_colour(themes[t], t == 0 ? "leaving" : "value",
                    hues[SVG_STYLE_HUES]);
        for (int i = 0; i < SVG_STYLE_HUES; i++)
            read_colour(themes[t], (char[]){'w', (char)('1' + i), '\0'},
                        hues[i]);
        for (int i = 0; i <= SVG_STYLE_HUES; i++) {
            double light_of = luminance(hues[i]) + 0.05;
            double light_of_back = luminance(back) + 0.05;

            CHECK(fmax(light_of / light_of_back, light_of_back / light_of) >=
                  3);
            for (int j = 0; j < i; j++)
                for (size_t e = 0; e < sizeof(eyes) / sizeof(*eyes); e++)
                    CHECK(distance(eyes[e], hues[i], hues[j]) > APART);
        }
    }
}

int
main(void)
{
    test_colours();
    test_pool();
    test_words();
    test_estimate();
    test_late();
    test_expected();
    test_cut();
    test_escaping();
    test_trouble();
    test_many();
    test_more();
    test_page();
    test_empty();
    return check_done();
}

/* The picture of all servers, drawn from records made by hand and read back:
 * everything lies inside its box, nothing lies on anything else, and bars are
 * as long as their times say. */

#include "client/draw/conclusion.h"
#include "client/draw/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/memory.h"
#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

#define WIDTH      720
#define HEIGHT_MAX 470 /* of seven servers */
#define PLOT       310.0
#define CUT        1.0
#define NEAR       0.011 /* two numbers of two decimals */
#define MODELS     7
#define RECTS_MAX  64

struct rect {
    bool serve;
    double x, y, width, height;
};

/* Each client is served for 100 ms after the one before it. */
static struct record
one_by_one(int clients)
{
    struct record r = new_record(clients, 1);

    for (int i = 0; i < clients; i++) {
        int64_t ns = i * 100 * MS;

        add_answer(&r, i, 0, ns + 100 * MS);
        add_service(&r, i, 0, ns, ns + 100 * MS, 4711);
        finish(&r, i, ns + 100 * MS, RECORD_CLOSED);
    }
    r.served_at_once = 1;
    return r;
}

/* Returns the picture, which the caller frees. */
static char *
draw(const struct panel *panels, int count, const char *title)
{
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    front_draw(out, panels, count, title);
    memory_close(out);
    return text;
}

/* Returns the rows in so many columns as text, which the caller frees. */
static char *
draw_rows(const struct panel *panels, int count, int columns)
{
    const struct terminal terminal = {.width = columns};
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    conclusion_draw_rows(out, panels, count, &terminal);
    memory_close(out);
    return text;
}

static int
count_of(const char *text, const char *what)
{
    int count = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        count++;
    return count;
}

static double
number_after(const char *text, const char *mark)
{
    const char *at = strstr(text, mark);

    CHECK(at != NULL);
    return at != NULL ? strtod(at + strlen(mark), NULL) : 0;
}

/* Reads the bars of the rows; the legend comes before them. */
static int
read_rects(struct rect rects[RECTS_MAX], const char *svg)
{
    const char *at = strstr(svg, "class=\"row\"");
    int count = 0;

    while (at != NULL && (at = strstr(at, "<rect ")) != NULL &&
           count < RECTS_MAX) {
        rects[count++] = (struct rect){
            strncmp(at, "<rect class=\"serve", 18) == 0,
            number_after(at, " x=\""),
            number_after(at, " y=\""),
            number_after(at, " width=\""),
            number_after(at, " height=\""),
        };
        at++;
    }
    return count;
}

static bool
touch(const struct rect *a, const struct rect *b)
{
    return a->x < b->x + b->width - NEAR && b->x < a->x + a->width - NEAR &&
           a->y < b->y + b->height - NEAR && b->y < a->y + a->height - NEAR;
}

/* Seven servers, of which no two have the same picture. */
static void
test_box(void)
{
    struct record records[MODELS];
    struct figures figures[MODELS];
    struct panel panels[MODELS];
    struct rect rects[RECTS_MAX];
    char *svg;
    double height;
    int count;

    for (int i = 0; i < MODELS; i++) {
        records[i] = one_by_one(1 + i % 6);
        records[i].served_at_once = i + 1;
        panels[i] = panel_of(&records[i], &figures[i], "server");
    }
    svg = draw(panels, MODELS, "seven servers");
    height = number_after(svg, " height=\"");
    CHECK(number_after(svg, " width=\"") == WIDTH);
    CHECK(height <= HEIGHT_MAX);
    CHECK(number_after(svg, "viewBox=\"0 0 720 ") == height);
    CHECK(count_of(svg, "class=\"row\"") == MODELS);
    CHECK(count_of(svg, "prefers-color-scheme") == 1);
    count = read_rects(rects, svg);
    CHECK(count == 1 + 3 + 5 + 7 + 9 + 11 + 1);
    for (int i = 0; i < count; i++) {
        CHECK(rects[i].x >= 0 && rects[i].x + rects[i].width <= WIDTH);
        CHECK(rects[i].y >= 0 && rects[i].y + rects[i].height <= height);
        for (int j = 0; j < i; j++)
            CHECK(!touch(&rects[i], &rects[j]));
    }
    free(svg);
    for (int i = 0; i < MODELS; i++)
        record_close(&records[i]);
}

/* Two clients: a row, letter for letter. */
static void
test_row(void)
{
    static const char row[] =
        "<g class=\"row\" data-model=\"a&lt;b\">\n"
        "<title>a&lt;b: serves 1 at once, all done after 200 ms, longest wait "
        "200 ms</title>\n";
    struct record r = one_by_one(2);
    struct figures f;
    struct panel panel = panel_of(&r, &f, "a<b");
    struct rect rects[RECTS_MAX] = {{.serve = false}};
    char *svg = draw(&panel, 1, "<title>");

    CHECK(strstr(svg, row) != NULL);
    CHECK(strstr(svg, ">&lt;title&gt;</text>") != NULL);
    CHECK(count_of(svg, ">serves 1 at once</text>") == 1);
    CHECK(count_of(svg, ">200 ms</text>") == 2);
    CHECK(read_rects(rects, svg) == 3);
    CHECK(rects[0].serve && !rects[1].serve && rects[2].serve);
    CHECK(fabs(rects[0].width - (PLOT / 2 - CUT)) < NEAR);
    CHECK(fabs(rects[1].width - PLOT / 2) < NEAR);
    CHECK(fabs(rects[1].x - rects[0].x) < NEAR);
    CHECK(fabs(rects[2].x - (rects[0].x + PLOT / 2)) < NEAR);
    CHECK(rects[0].height > 2 * rects[1].height);
    CHECK(fabs(rects[1].y + rects[1].height / 2 -
               (rects[2].y + rects[2].height / 2)) < NEAR);
    /* The name stands just above the middle of the two lanes. */
    CHECK(fabs((rects[0].y + rects[0].height / 2 + rects[1].y +
                rects[1].height / 2) /
                   2 -
               3 - number_after(strstr(svg, "class=\"row\""), " y=\"")) < NEAR);
    free(svg);
    record_close(&r);
}

/* Many short services are drawn as one.  While an answer is on its way, its
 * client is neither served nor waiting.  A message that gets no answer waits up
 * to the end of the picture. */
static void
test_spans(void)
{
    struct record r = new_record(3, 1000);
    struct figures f;
    struct panel panel;
    struct rect rects[RECTS_MAX];
    char *svg;

    for (int i = 0; i < 1000; i++) {
        int64_t ns = i * MS / 10;

        add_answer(&r, 0, ns, ns + MS / 10);
        add_service(&r, 0, i, ns, ns + MS / 10, 4711);
    }
    add_answer(&r, 1, 0, 200 * MS);
    add_service(&r, 1, 0, 0, 100 * MS, 4711);
    add_answer(&r, 2, 0, 400 * MS);
    r.clients[2].answered = 0;
    for (int i = 0; i < 3; i++)
        finish(&r, i, 400 * MS, RECORD_CLOSED);
    panel = panel_of(&r, &f, "spans");
    f.all_done_ns = 200 * MS;
    svg = draw(&panel, 1, "spans");
    CHECK(read_rects(rects, svg) == 3);
    CHECK(fabs(rects[0].width - (PLOT / 2 - CUT)) < NEAR);
    CHECK(fabs(rects[1].width - (PLOT / 2 - CUT)) < NEAR);
    CHECK(fabs(rects[2].width - PLOT) < NEAR);
    free(svg);
    record_close(&r);
}

/* Neighbours with the same picture share a row, but not a failed one. */
static void
test_shared(void)
{
    struct record r = one_by_one(2);
    struct figures f;
    struct figures several;
    struct panel panels[3];
    char *svg;

    panels[0] = panel_of(&r, &f, "select");
    panels[1] = panel_of(&r, &f, "poll");
    panels[2] = panel_of(&r, &f, "ill");
    several = f;
    several.at_once = 2;
    panels[2].failure = "cannot <listen>";
    svg = draw(panels, 3, "");
    CHECK(count_of(svg, "class=\"row\"") == 2);
    CHECK(count_of(svg, ">select, poll</text>") == 1);
    CHECK(count_of(svg, ">cannot &lt;listen&gt;</text>") == 1);
    CHECK(strstr(svg, "poll: serves 1 at once, all done after 200 ms") != NULL);
    free(svg);
    panels[0].figures = &several;
    svg = draw(panels, 2, ""); /* another number at once */
    CHECK(count_of(svg, "class=\"row\"") == 2);
    free(svg);
    svg = draw(panels, 0, "");
    CHECK(count_of(svg, "class=\"grid\"") == 0);
    free(svg);
    svg = draw(&panels[2], 1, "");
    CHECK(count_of(svg, "<rect class=\"serve") == 1); /* of the legend */
    free(svg);
    record_close(&r);
}

/* If names do not fit into the row that they share, they stand below the rows.
 */
static void
test_names(void)
{
    static const char *const names[] = {"a-loop", "another-loop",
                                        "one-more-loop"};
    struct record r = one_by_one(2);
    struct figures f;
    struct panel panels[3];
    char *text;

    for (int i = 0; i < 3; i++)
        panels[i] = panel_of(&r, &f, names[i]);
    text = draw_rows(panels, 3, 70);
    CHECK(strstr(text, "\na-loop and 2 more  ") != NULL);
    CHECK(strstr(text, "\na-loop and 2 more: another-loop, one-more-loop\n") !=
          NULL);
    free(text);
    panels[0].title = "a-loop-with-a-name";
    text = draw_rows(panels, 3, 70);
    CHECK(strstr(text, "\na-loop-with-a-name  ") != NULL);
    free(text);
    panels[0].title = "a";
    panels[1].title = "b";
    text = draw_rows(panels, 2, 70);
    CHECK(strstr(text, "\na, b ") != NULL && strstr(text, "a, b:") == NULL);
    free(text);
    record_close(&r);
}

/* In a narrow row no blanks follow the time, not even if the server was done
 * too soon to have a height. */
static void
test_narrow(void)
{
    struct record records[2] = {one_by_one(60), new_record(1, 1)};
    struct figures figures[2];
    struct panel panels[2];
    char *text;

    add_answer(&records[1], 0, 0, 2 * MS);
    add_service(&records[1], 0, 0, MS, 2 * MS, 4711);
    finish(&records[1], 0, 2 * MS, RECORD_CLOSED);
    panels[0] = panel_of(&records[0], &figures[0], "slow");
    panels[1] = panel_of(&records[1], &figures[1], "quick");
    text = draw_rows(panels, 2, 40);
    CHECK(strstr(text, "\nquick  ") != NULL);
    CHECK(strstr(text, " \n") == NULL);
    free(text);
    record_close(&records[0]);
    record_close(&records[1]);
}

/* Many clients, and all rows of a page, have a height. */
static void
test_heights(void)
{
    struct record many = one_by_one(FRONT_LANES_MAX + 1);
    struct record two = one_by_one(2);
    struct record three = new_record(3, 1);
    struct figures f;
    struct panel panel = panel_of(&many, &f, "many");
    char *svg = draw(&panel, 1, "");

    CHECK(count_of(svg, "<rect class=\"serve") == 0);
    CHECK(count_of(svg, "<path class=\"heights") == 1);
    free(svg);
    panel = panel_of(&two, &f, "two");
    svg = draw(&panel, 1, NULL);
    CHECK(strncmp(svg, "<svg ", 5) == 0);
    CHECK(count_of(svg, "<style>") == 0);
    /* One client is served all the time: a single step. */
    CHECK(strstr(svg,
                 "<path class=\"heights w1\" d=\"M230 100H230V56.00H540V100z"
                 "\"/>") != NULL);
    free(svg);
    /* Two of three are served until 200 ms, for more than half of a column. */
    for (int i = 0; i < 3; i++) {
        add_answer(&three, i, 0, i < 2 ? 200 * MS : 300 * MS);
        add_service(&three, i, 0, i < 2 ? 0 : 200 * MS,
                    i < 2 ? 200 * MS : 300 * MS, 4711 + i);
        finish(&three, i, 300 * MS, RECORD_CLOSED);
    }
    three.served_at_once = 2;
    panel = panel_of(&three, &f, "three");
    svg = draw(&panel, 1, NULL);
    CHECK(strstr(svg, "d=\"M230 100H230V56.00H437V78.00H540V100z\"") != NULL);
    free(svg);
    record_close(&many);
    record_close(&two);
    record_close(&three);
}

/* A server may be too quick to see how many it serves at once. */
static void
test_unknown_at_once(void)
{
    struct record records[2] = {one_by_one(1), one_by_one(3)};
    struct figures figures[2];
    struct panel panels[2];
    char sentence[CONCLUSION_SENTENCE_MAX];

    panels[0] = panel_of(&records[0], &figures[0], "quick");
    panels[1] = panel_of(&records[1], &figures[1], "slow");
    figures[0].at_once = -1;
    conclusion_sentence(sentence, panels, 2);
    CHECK(strcmp(sentence, "quick is done 3.0 times sooner than slow, which "
                           "serves 1 at once.") == 0);
    figures[0].at_once = 1;
    figures[1].at_once = -1;
    conclusion_sentence(sentence, panels, 2);
    CHECK(strcmp(sentence, "quick serves 1 at once and is done 3.0 times "
                           "sooner than slow.") == 0);
    record_close(&records[0]);
    record_close(&records[1]);
}

/* A run in which compare itself was stopped says nothing about its server. */
static void
test_stopped(void)
{
    struct record records[3] = {one_by_one(1), one_by_one(3), one_by_one(2)};
    struct figures figures[3];
    struct panel panels[3];
    char sentence[CONCLUSION_SENTENCE_MAX];

    panels[0] = panel_of(&records[0], &figures[0], "quick");
    panels[1] = panel_of(&records[1], &figures[1], "stopped");
    panels[2] = panel_of(&records[2], &figures[2], "slow");
    records[1].stopped_ns = 2 * CLOCK_S;
    conclusion_sentence(sentence, panels, 2);
    CHECK(strcmp(sentence, "stopped cannot be compared, because compare did "
                           "not run for 2.00 s during the measurement.") == 0);
    conclusion_sentence(sentence, panels, 3);
    CHECK(strcmp(sentence,
                 "stopped cannot be compared, because compare did "
                 "not run for 2.00 s during the measurement. quick serves 1 at "
                 "once and is done 2.0 times sooner than slow, which "
                 "serves 1 at once.") == 0);
    for (int i = 0; i < 3; i++)
        record_close(&records[i]);
}

int
main(void)
{
    test_box();
    test_row();
    test_spans();
    test_shared();
    test_names();
    test_narrow();
    test_heights();
    test_unknown_at_once();
    test_stopped();
    return check_done();
}

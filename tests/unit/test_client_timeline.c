/* Timelines drawn from records made by hand, compared letter by letter. */

#include "client/draw/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

/* Three clients, one after another, two messages of 300 ms each. */
static struct record
queue(void)
{
    struct record r = new_record(3, 2);

    for (int i = 0; i < 3; i++) {
        add_answer(&r, i, 0, (2 * i + 1) * 300 * MS);
        add_answer(&r, i, (2 * i + 1) * 300 * MS, (2 * i + 2) * 300 * MS);
        finish(&r, i, (2 * i + 2) * 300 * MS, RECORD_CLOSED);
    }
    return r;
}

/* Draws a record and frees it.  Returns the picture, which the caller frees. */
static char *
draw(struct record *r, const struct terminal *terminal)
{
    struct figures f;
    struct panel panel = panel_of(r, &f, "");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    timeline_draw(out, &panel, 1, terminal, 0);
    fclose(out);
    record_close(r);
    return text;
}

static void
expect(struct record r, struct terminal terminal, const char *expected)
{
    char *text = draw(&r, &terminal);

    CHECK(strcmp(text, expected) == 0);
    if (strcmp(text, expected) != 0)
        printf("drawn:\n%s", text);
    free(text);
}

/* Each line of a picture is one line here, so that it looks as it is drawn. */
/* clang-format off */

static void
test_ascii(void)
{
    struct terminal terminal = {.width = 80};

    expect(queue(), terminal,
". waiting  = being served  o answer  | closed\n"
"service taken as the fastest answer, 300 ms   blank: no message outstanding\n"
"client  0 s            0.5             1.0            1.5          first     all\n"
"     1  =========o========o|                                        0.30  0.60 s\n"
"     2  ...................=========o========o|                     0.90  1.20 s\n"
"     3  .....................................=========o========o|   1.50  1.80 s\n");
}

static void
test_utf8(void)
{
    struct terminal terminal = {.width = 80, .utf8 = true};

    expect(queue(), terminal,
"┄ waiting  ━ being served  ● answer  ┤ closed\n"
"service taken as the fastest answer, 300 ms   blank: no message outstanding\n"
"client  0 s            0.5             1.0            1.5          first     all\n"
"     1  ━━━━━━━━━●━━━━━━━━●┤                                        0.30  0.60 s\n"
"     2  ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄━━━━━━━━━●━━━━━━━━●┤                     0.90  1.20 s\n"
"     3  ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄━━━━━━━━━●━━━━━━━━●┤   1.50  1.80 s\n");
}

static void
test_narrow(void)
{
    struct terminal terminal = {.width = 50};

    expect(queue(), terminal,
". waiting  = being served  o answer  | closed\n"
"service taken as the fastest answer, 300 ms\n"
"blank: no message outstanding\n"
"    0 s         0.5          1.0         1.5\n"
" 1  =======o=======o|\n"
" 2  ...............=======o=======o|\n"
" 3  ..............................=======o======o|\n"
"client  first     all\n"
"     1   0.30  0.60 s\n"
"     2   0.90  1.20 s\n"
"     3   1.50  1.80 s\n");
    /* Text that is longer than a line is broken, so that the terminal does not
     * break it. */
    terminal.width = 40;
    expect(queue(), terminal,
". waiting  = being served  o answer\n"
"| closed\n"
"service taken as the fastest answer, 300\n"
"ms   blank: no message outstanding\n"
"    0 s      0.5       1.0       1.5\n"
" 1  =====o=====o|\n"
" 2  ............=====o=====o|\n"
" 3  .......................======o====o|\n"
"client  first     all\n"
"     1   0.30  0.60 s\n"
"     2   0.90  1.20 s\n"
"     3   1.50  1.80 s\n");
    terminal.width = 39;
    expect(queue(), terminal,
"no timeline: it needs 40 columns, not 39\n"
"client  first     all\n"
"     1   0.30  0.60 s\n"
"     2   0.90  1.20 s\n"
"     3   1.50  1.80 s\n");
}

static void
test_colour(void)
{
    struct terminal terminal = {.width = 60, .colour = true};
    struct record r = new_record(1, 1);

    add_answer(&r, 0, 0, 500 * MS);
    finish(&r, 0, 1000 * MS, RECORD_CLOSED);
    expect(r, terminal,
"_ waiting for the close  \033[32m=\033[0m being served  \033[1mo\033[0m answer  | closed\n"
"service taken as the fastest answer, 500 ms\n"
"blank: no message outstanding\n"
"client  0 s               0.5                  first     all\n"
"     1  \033[32m==================\033[0m\033[1mo\033[0m________________|    0.50  1.00 s\n");
}

/* A client that thinks and vanishes, one with two answers in one letter, one
 * that fails, one without a connection, and one that was stopped. */
static void
test_marks(void)
{
    struct terminal terminal = {.width = 80};
    struct record r = new_record(5, 3);

    add_answer(&r, 0, 0, 100 * MS);
    add_answer(&r, 0, 300 * MS, 400 * MS);
    finish(&r, 0, 450 * MS, RECORD_VANISHED);
    add_answer(&r, 1, 0, 100 * MS);
    add_answer(&r, 1, 0, 300 * MS);
    add_answer(&r, 1, 0, 301 * MS);
    finish(&r, 1, 301 * MS, RECORD_CLOSED);
    add_answer(&r, 2, 0, 250 * MS);
    r.clients[2].sent = 3;
    record_message(&r, 2, 1)->sent_ns = 300 * MS;
    record_message(&r, 2, 2)->sent_ns = 350 * MS;
    finish(&r, 2, 600 * MS, RECORD_FAILED);
    r.clients[3].started_ns = 0;
    finish(&r, 3, 1000 * MS, RECORD_FAILED);
    r.clients[4].started_ns = 0;
    r.clients[4].connected_ns = 200 * MS;
    r.clients[4].sent = 1;
    record_message(&r, 4, 0)->sent_ns = 200 * MS;
    expect(r, terminal,
". waiting  ' not connected  = being served  - no answer  o answer\n"
"O several answers  | closed  x vanished  X failed\n"
"service taken as the fastest answer, 100 ms   blank: no message outstanding\n"
"client  0 s        0.2        0.4        0.6        0.8            first     all\n"
"     1  =====o           =====o  x                                  0.10  0.45 s\n"
"     2  =====o.....=====O|                                          0.10  0.30 s\n"
"     3  ........======o  ----------------X                          0.25  0.60 s\n"
"     4  '''''''''''''''''''''''''''''''''''''''''''''''''''''''X       -  1.00 s\n"
"     5  '''''''''''---------------------------------------------       -       -\n");
}

static struct record
many(int clients)
{
    struct record r = new_record(clients, 1);

    /* The first to start is the last to end. */
    for (int i = 0; i < clients; i++) {
        add_answer(&r, i, 0, (clients - i) * 10 * MS);
        finish(&r, i, (clients - i) * 10 * MS, RECORD_CLOSED);
    }
    return r;
}

static void
test_many(void)
{
    struct terminal terminal = {.width = 60, .height = 15}; /* 5 lanes */
    struct record r = many(100);
    char *text;
    int lines = 0;

    expect(many(100), terminal,
". waiting  = being served  o answer  | closed\n"
"service taken as the fastest answer, 10.0 ms\n"
"blank: no message outstanding\n"
"client  0 s              0.5                  first      all\n"
"   100  o|                                    0.010  0.010 s\n"
"    99  o|                                    0.020  0.020 s\n"
"        ... 96 more ended in between\n"
"     2  ..................................o|  0.990  0.990 s\n"
"     1  ..................................o|  1.000  1.000 s\n");

    terminal.height = 0;
    terminal.width = 80;
    text = draw(&r, &terminal);
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    CHECK(lines == 2 + 1 + 8 + 1 + 8);
    CHECK(strstr(text, "... 84 more ended in between") != NULL);
    free(text);
}

/* Two workers.  The first serves two clients in turn, with pauses that are
 * shorter than a column.  The second first serves each of two clients for so
 * short a time that their numbers have no room, and has a longer pause. */
static void
test_workers(void)
{
    static const struct {
        int client, worker;
        int64_t began_ms, ended_ms;
    } services[] = {
        {0, 7, 0, 190}, {1, 7, 210, 390}, {1, 7, 410, 600},  {0, 7, 600, 800},
        {2, 8, 0, 20},  {3, 8, 20, 40},   {2, 8, 100, 1000},
    };
    struct terminal terminal = {.width = 60};
    struct record r = new_record(4, 2);
    char *text;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        int client = services[i].client;
        int64_t began_ns = services[i].began_ms * MS;
        int64_t ended_ns = services[i].ended_ms * MS;

        add_answer(&r, client, began_ns, ended_ns);
        add_service(&r, client, r.clients[client].sent - 1, began_ns, ended_ns,
                    services[i].worker);
    }
    for (int i = 0; i < 4; i++)
        finish(&r, i, 1000 * MS, RECORD_CLOSED);
    text = draw(&r, &terminal);
    CHECK(strstr(text,
"worker  and the clients it serves\n"
"     1  1======2=============1======\n"
"     2  =  3===============================\n") != NULL);
    if (strstr(text, "1======2=============1") == NULL)
        printf("drawn:\n%s", text);
    free(text);
}

static void
test_lanes(void)
{
    CHECK(timeline_lanes(80, 0) == 20);
    CHECK(timeline_lanes(80, 50) == 20);
    CHECK(timeline_lanes(80, 24) == 16);
    CHECK(timeline_lanes(70, 24) == 14);
    CHECK(timeline_lanes(50, 24) == 6);
    CHECK(timeline_lanes(30, 24) == 14);
    CHECK(timeline_lanes(80, 5) == 3);
}

/* The kernel has told where the clients waited; one has no answer yet. */
static void
test_looks(void)
{
    struct terminal terminal = {.width = 80};
    struct record r = new_record(3, 1);

    add_answer(&r, 0, 0, 1000 * MS);
    add_answer(&r, 1, 500 * MS, 600 * MS);
    r.clients[2].started_ns = r.clients[2].connected_ns = 0;
    r.clients[2].sent = 1;
    record_message(&r, 2, 0)->sent_ns = 0;
    add_look(&r, 0, 100 * MS, KERNEL_QUEUED);
    add_look(&r, 0, 300 * MS, KERNEL_UNREAD);
    add_look(&r, 0, 600 * MS, KERNEL_READ);
    add_look(&r, 2, 100 * MS, KERNEL_NOWHERE);
    add_look(&r, 2, 400 * MS, KERNEL_QUEUED);
    add_look(&r, 2, 700 * MS, KERNEL_READ);
    finish(&r, 0, 1000 * MS, RECORD_CLOSED);
    finish(&r, 1, 600 * MS, RECORD_CLOSED);
    r.ended_ns = 1000 * MS;
    r.look_ns = 100 * MS;
    expect(r, terminal,
"' not connected  : in the accept queue  + accepted, not read  * read, waiting\n"
"= being served  - no answer  o answer  | closed\n"
"service taken as the fastest answer, 100 ms\n"
"waiting: the kernel was asked every 100 ms   blank: no message outstanding\n"
"client  0 s        0.2        0.4        0.6        0.8            first     all\n"
"     1  :::::::::::::::::+++++++++++++++++****************=====o|   1.00  1.00 s\n"
"     2                              =====o|                         0.60  0.60 s\n"
"     3  '''''''''''''''''''''':::::::::::::::::-----------------       -       -\n");
}

/* Nothing to draw, and a run without a length, must not divide by zero. */
static void
test_empty(void)
{
    struct terminal terminal = {.width = 80};
    struct record r = new_record(2, 0);

    r.ended_ns = 0;
    expect(r, terminal,
"= being served  o answer  | closed\n"
"blank: no message outstanding\n"
"client  0 us                                                          first  all\n"
"     1                                                                    -    -\n"
"     2                                                                    -    -\n");
}

/* clang-format on */

int
main(void)
{
    test_ascii();
    test_utf8();
    test_narrow();
    test_colour();
    test_marks();
    test_many();
    test_looks();
    test_workers();
    test_lanes();
    test_empty();
    return check_done();
}

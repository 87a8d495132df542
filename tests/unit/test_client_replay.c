/* What the sentences of a replay are made from: where clients are at a step. */

#include <stdlib.h>
#include <string.h>

#include "client/draw/replay.h"
#include "client/memory.h"
#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

/* Returns the steps of a run of one panel; the caller frees them. */
static char *
steps_of(const struct record *r, int64_t span_ns)
{
    struct figures figures = figures_compute(r);
    struct panel panel = panel_alone(r, &figures);
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    replay_write_steps(out, &panel, span_ns);
    memory_close(out);
    return text;
}

/* Two clients that are served one after another, and one that fails. */
static void
test_counts(void)
{
    struct record r = new_record(3, 1);
    char *steps;

    add_answer(&r, 0, 0, 100 * MS);
    add_answer(&r, 1, 0, 200 * MS);
    add_service(&r, 0, 0, 0, 100 * MS, 7);
    add_service(&r, 1, 0, 100 * MS, 200 * MS, 7);
    for (int i = 0; i < 2; i++) {
        r.clients[i].end.outcome = RECORD_CLOSED;
        r.clients[i].ended_ns = (i + 1) * 100 * MS;
    }
    r.clients[2].started_ns = 0;
    r.clients[2].ended_ns = 50 * MS;
    r.clients[2].end.outcome = RECORD_FAILED;
    r.ended_ns = 200 * MS;
    steps = steps_of(&r, 400 * MS);
    CHECK(strstr(steps, "125w1s1f1 250a1s1d1f1 500a1d2f1") != NULL);
    free(steps);
    record_close(&r);
}

/* Until a client starts, it has no message outstanding, and what is still
 * going on at the end of the axis is not cut short. */
static void
test_edges(void)
{
    struct record r = new_record(1, 1);
    char *steps;

    add_answer(&r, 0, 200 * MS, 900 * MS);
    add_service(&r, 0, 0, 200 * MS, 900 * MS, 7);
    r.clients[0].started_ns = r.clients[0].connected_ns = 100 * MS;
    r.ended_ns = 900 * MS;
    steps = steps_of(&r, 400 * MS);
    CHECK(strcmp(steps, "0i1 500s1") == 0);
    free(steps);
    record_close(&r);
}

/* Where the kernel says that a client waits has a letter of its own. */
static void
test_places(void)
{
    struct record r = new_record(1, 1);
    char *steps;

    add_answer(&r, 0, 0, 300 * MS);
    add_service(&r, 0, 0, 200 * MS, 300 * MS, 7);
    add_look(&r, 0, 0, KERNEL_QUEUED);
    add_look(&r, 0, 100 * MS, KERNEL_UNREAD);
    r.clients[0].end.outcome = RECORD_CLOSED;
    r.clients[0].ended_ns = r.ended_ns = 300 * MS;
    steps = steps_of(&r, 400 * MS);
    CHECK(strstr(steps, "q1 250u1 500s1 750a1d1") != NULL);
    free(steps);
    record_close(&r);
}

int
main(void)
{
    test_counts();
    test_edges();
    test_places();
    return check_done();
}

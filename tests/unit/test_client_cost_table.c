/* Goal: a server without a cost under a load has a reason below the table, also
 * if no answer came while it was measured; a server with a cost has none. */

#include "client/bench/cost_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/unit/check.h"

#define NO_ANSWER "slow, 1 client: no answer came while it was measured"

static struct costs c = {
    .loads = {{"one", {"1", "client"}, {.clients = 1}},
              {"64", {"64", "clients"}, {.clients = 64}}},
    .load_count = 2,
    .rows = {{.label = "slow"}},
    .row_count = 1,
};

/* Tells whether the table, or what is written below it, has this text. */
static bool
shows(const char *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool found;

    if (out == NULL)
        exit(EXIT_FAILURE);
    cost_table_draw(out, &c, 200, false);
    fclose(out);
    found = strstr(text, words) != NULL;
    free(text);
    return found;
}

int
main(void)
{
    struct costs_program *p = &c.rows[0].programs[COSTS_SERVER];
    struct costs_sample *samples = p->samples[0];

    p->samples[1][0] = (struct costs_sample){10, CLOCK_S, CLOCK_MS, 1, 0};
    CHECK(!shows(NO_ANSWER)); /* no round is over */
    c.rounds = 2;
    samples[0] = samples[1] = (struct costs_sample){0, CLOCK_S, 1, 1, 0};
    CHECK(shows(NO_ANSWER) && !shows("slow, 64 clients: "));
    samples[1].answers = 1;
    CHECK(!shows(NO_ANSWER));
    samples[1].answers = 0;
    snprintf(p->why[0], sizeof(p->why[0]), "1 of 1 clients got no answer");
    CHECK(!shows(NO_ANSWER) && shows("slow, 1 client: 1 of 1 clients"));
    memcpy(p->why[1], p->why[0], sizeof(p->why[0]));
    CHECK(!shows("slow, 64 clients: ")); /* each reason once */
    return check_done();
}

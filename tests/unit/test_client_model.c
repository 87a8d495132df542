/* Which model is made of what has been seen of a server. */

#include "client/judge/model.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

static void
expect(struct model c, enum model_kind model, const char *words)
{
    char told[MODEL_TEXT_MAX];

    CHECK(model_describe(&c, told) == model);
    CHECK(strcmp(told, words) == 0);
    if (strcmp(told, words) != 0)
        printf("'%s'\n", told);
}

static struct model
seen(int at_once, bool bounded, int rest, int rest_threads, int busy,
     int busy_threads)
{
    return (struct model){
        .at_once = at_once,
        .bounded = bounded,
        .processes_at_rest = rest,
        .threads_at_rest = rest_threads,
        .processes_busy = busy,
        .threads_busy = busy_threads,
        .busy_clients = at_once < 8 ? at_once : 8,
    };
}

static void
test_models(void)
{
    struct model loop = seen(40, false, 1, 1, 1, 1);
    struct model far_away = model_new();

    expect(seen(1, true, 1, 1, 1, 1), MODEL_ONE_AT_A_TIME,
           "one at a time: serves 1 client, the next waits");
    expect(seen(5, true, 6, 1, 6, 1), MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 6 "
           "processes");
    expect(seen(5, true, 1, 6, 1, 6), MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 1 process "
           "of 6 threads");
    expect(seen(40, false, 1, 1, 9, 1), MODEL_PROCESS_PER_CLIENT,
           "one process per client: 1 process at rest, 9 processes with 8 "
           "clients");
    /* Also with a limit. */
    expect(seen(4, true, 1, 1, 5, 1), MODEL_PROCESS_PER_CLIENT,
           "one process per client: 1 process at rest, 5 processes with 4 "
           "clients");
    expect(seen(40, false, 1, 1, 1, 9), MODEL_THREAD_PER_CLIENT,
           "one thread per client: 1 process at rest, 1 process of 9 threads "
           "with 8 clients");
    expect(loop, MODEL_EVENT_LOOP,
           "an event loop: serves 40 clients and more at once with 1 process");
    loop.select_limit = true;
    expect(loop, MODEL_EVENT_LOOP,
           "an event loop: serves 40 clients and more at once with 1 process; "
           "has the limit of select");
    expect(far_away, MODEL_UNKNOWN,
           "no model: how many it serves at once is not known");
    far_away.at_once = 40;
    expect(far_away, MODEL_UNKNOWN,
           "an event loop, or one process or thread per client: serves 40 "
           "clients and more at once");
}

static void
test_names(void)
{
    static const char *const wrong[] = {
        "",       "pools",   "poo",       "pool:",        "pool:0",
        "pool:x", "pool:5x", "pool:9999", "event-loop:3", ":5",
    };
    enum model_kind model;
    int places;

    CHECK(model_parse("pool", &model, &places));
    CHECK(model == MODEL_POOL && places == -1);
    CHECK(model_parse("pool:5", &model, &places));
    CHECK(model == MODEL_POOL && places == 5);
    CHECK(model_parse("event-loop", &model, &places));
    CHECK(model == MODEL_EVENT_LOOP);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(!model_parse(wrong[i], &model, &places));
}

int
main(void)
{
    test_models();
    test_names();
    return check_done();
}

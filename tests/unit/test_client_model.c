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

/* A server that serves at_once clients, with so many processes and threads
 * before them, with them, and afterwards. */
static struct model
seen(int at_once, bool bounded, struct model_size first, struct model_size busy,
     struct model_size rest)
{
    struct model m = model_new();

    m.at_once = at_once;
    m.bounded = bounded;
    m.first = first;
    m.busy = busy;
    m.busy_clients = at_once;
    m.rest = rest;
    m.with_clients = m.with_messages = busy;
    m.message_clients = at_once < 8 ? at_once : 8;
    m.active = 1;
    return m;
}

#define SIZE(...) ((struct model_size){__VA_ARGS__})

static void
test_models(void)
{
    struct model_size one = SIZE(1, 1);
    struct model pool = seen(5, true, SIZE(6, 1), SIZE(6, 1), SIZE(6, 1));

    expect(seen(1, true, one, one, one), MODEL_ONE_AT_A_TIME,
           "one at a time: serves 1 client, the next waits");
    /* What it does, and not what it has. */
    expect(seen(1, true, one, SIZE(1, 2), one), MODEL_ONE_AT_A_TIME,
           "one at a time: serves 1 client, the next waits, although it starts "
           "a thread for each");
    pool.active = 5;
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 6 "
           "processes");
    pool.listeners = pool.listening = 1;
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 6 "
           "processes; one of them accepts all clients and passes them to the "
           "others");
    pool.listeners = pool.listening = 5;
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 6 "
           "processes; there are 5 listeners on its port, each with a queue of "
           "its own (SO_REUSEPORT)");
    pool.listeners = pool.listening = -1;
    pool.rest = pool.first = pool.busy = SIZE(1, 6);
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 1 process "
           "of 6 threads");
    pool.accepting = 5;
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 1 process "
           "of 6 threads; 5 of them wait in accept");
    pool.accepting = 1;
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; always 1 process "
           "of 6 threads; one of them waits in accept");
    pool.accepting = -1;
    pool.first = SIZE(1, 3);
    expect(pool, MODEL_POOL,
           "a pool of 5: serves 5 clients at once, no more; it has grown, from "
           "1 process of 3 threads to 1 process of 6 threads");
    /* A runtime with many threads of which one serves all clients. */
    pool.active = 1;
    expect(
        pool, MODEL_EVENT_LOOP,
        "an event loop: serves 5 clients at once, no more, with 1 process of "
        "6 threads");
    expect(seen(40, false, one, SIZE(41, 1), one), MODEL_PROCESS_PER_CLIENT,
           "one process per client: 1 process at rest, 41 processes with 40 "
           "clients");
    expect(seen(4, true, one, SIZE(5, 1), one), MODEL_PROCESS_PER_CLIENT,
           "one process per client: 1 process at rest, 5 processes with 4 "
           "clients; serves 4 at once, no more");
    expect(seen(40, false, one, SIZE(1, 41), one), MODEL_THREAD_PER_CLIENT,
           "one thread per client: 1 process at rest, 1 process of 41 threads "
           "with 40 clients");
    expect(seen(200, false, one, SIZE(1, 201), SIZE(1, 201)),
           MODEL_THREAD_PER_CLIENT,
           "one thread per client, kept for the next client: 1 process at "
           "rest, 1 process of 201 threads with 200 clients");
}

static void
test_loops(void)
{
    struct model_size one = SIZE(1, 1);
    struct model loop = seen(40, false, one, one, one);
    struct model far_away = model_new();

    expect(loop, MODEL_EVENT_LOOP,
           "an event loop: serves 40 clients and more at once with 1 process");
    loop.select_limit = true;
    expect(loop, MODEL_EVENT_LOOP,
           "an event loop: serves 40 clients and more at once with 1 process; "
           "has the limit of select");
    loop = seen(40, false, SIZE(3, 1), SIZE(3, 1), SIZE(3, 1));
    expect(loop, MODEL_SEVERAL_LOOPS,
           "several event loops: serves 40 clients and more at once with 3 "
           "processes");
    loop = seen(40, false, one, SIZE(1, 5), SIZE(1, 5));
    loop.is_helped = true;
    expect(loop, MODEL_LOOP_WITH_WORKERS,
           "an event loop with workers: serves 40 clients and more at once "
           "with 1 process of 5 threads; one of them waits for the sockets, "
           "and others take part in the work");
    loop.messages_at_once = 4;
    expect(loop, MODEL_LOOP_WITH_WORKERS,
           "an event loop with workers: serves 40 clients and more at once "
           "with 1 process of 5 threads; works on 4 messages at a time");
    loop.with_messages.processes = 9;
    expect(loop, MODEL_PROCESS_PER_MESSAGE,
           "one process per message: 1 process of 5 threads with 8 silent "
           "clients, 9 processes of 5 threads while it works on a message of "
           "each");
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
        "",       "pools",   "poo",       "pool:",        "pool:1",
        "pool:x", "pool:5x", "pool:9999", "event-loop:3", ":5",
    };
    struct model pool = seen(5, true, SIZE(6, 1), SIZE(6, 1), SIZE(6, 1));
    struct model_wanted wanted;

    pool.active = 5;
    CHECK(model_parse("pool", &wanted) && model_is(&pool, &wanted));
    CHECK(model_parse("pool:5", &wanted) && model_is(&pool, &wanted));
    CHECK(model_parse("pool:6", &wanted) && !model_is(&pool, &wanted));
    CHECK(model_parse("event-loop", &wanted) && !model_is(&pool, &wanted));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(!model_parse(wrong[i], &wanted));
}

int
main(void)
{
    test_models();
    test_loops();
    test_names();
    return check_done();
}

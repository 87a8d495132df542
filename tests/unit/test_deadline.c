/* Goal: the first deadline is found, and a removed one is forgotten. */

#include "common/clock.h"
#include "common/deadline.h"
#include "tests/unit/check.h"

static void
test_order(void)
{
    struct deadline_queue q;
    struct deadline d[4] = {0};

    deadline_init(&q);
    CHECK(deadline_first(&q) == NULL && deadline_next(&q) == CLOCK_NEVER);
    for (int i = 0; i < 4; i++)
        deadline_add(&q, &d[i], i < 2 ? 10 : 20); /* equal ones, too */
    for (int i = 0; i < 4; i++) {
        CHECK(deadline_first(&q) == &d[i]);
        CHECK(deadline_next(&q) == (i < 2 ? 10 : 20));
        deadline_remove(&d[i]);
    }
    CHECK(deadline_first(&q) == NULL && deadline_next(&q) == CLOCK_NEVER);
}

static void
test_removal(void)
{
    struct deadline_queue q;
    struct deadline d[3] = {0};

    deadline_init(&q);
    for (int i = 0; i < 3; i++)
        deadline_add(&q, &d[i], i);
    deadline_remove(&d[1]);
    deadline_remove(&d[1]); /* in no queue: nothing happens */
    CHECK(deadline_first(&q) == &d[0]);
    deadline_remove(&d[0]);
    CHECK(deadline_first(&q) == &d[2]);
    deadline_add(&q, &d[1], 5); /* and back */
    deadline_remove(&d[2]);
    CHECK(deadline_first(&q) == &d[1] && deadline_next(&q) == 5);
}

static void
test_out_of_order(void)
{
    static const int64_t when_ns[] = {30, 10, 20, 5, 40, 20};
    struct deadline_queue q;
    struct deadline d[6] = {0};
    int64_t last_ns = 0;

    deadline_init(&q);
    for (int i = 0; i < 6; i++)
        deadline_add(&q, &d[i], when_ns[i]);
    for (int i = 0; i < 6; i++) {
        CHECK(deadline_next(&q) >= last_ns);
        last_ns = deadline_next(&q);
        deadline_remove(deadline_first(&q));
    }
    CHECK(last_ns == 40 && deadline_first(&q) == NULL);
}

/* A timeout is rounded up: a wait that ends early is a busy loop. */
static void
test_timeouts(void)
{
    struct timeval t;
    int64_t now_ns = clock_now();

    CHECK(clock_timeout_ms(CLOCK_NEVER) == -1);
    CHECK(clock_timeout_tv(CLOCK_NEVER, &t) == NULL);
    CHECK(clock_timeout_ms(now_ns - 1) == 0);
    CHECK(clock_timeout_ms(now_ns + 1000 * CLOCK_S) > 990 * 1000);
    CHECK(clock_timeout_tv(now_ns - 1, &t) == &t && t.tv_sec == 0 &&
          t.tv_usec == 0);
    t = clock_timeval(1);
    CHECK(t.tv_sec == 0 && t.tv_usec == 1);
    t = clock_timeval(3 * CLOCK_S + 7 * CLOCK_MS);
    CHECK(t.tv_sec == 3 && t.tv_usec == 7000);
    for (int i = 0; i < 20; i++) {
        int64_t when_ns = clock_now() + 300 * CLOCK_US;

        clock_wait_until(when_ns);
        CHECK(clock_now() >= when_ns);
        CHECK(clock_timeout_ms(when_ns) == 0);
    }
}

int
main(void)
{
    test_order();
    test_removal();
    test_out_of_order();
    test_timeouts();
    return check_done();
}

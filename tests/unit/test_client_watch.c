/* Goal: the judge knows when it was held up itself, so that it does not put the
 * blame on a server. */

#include "client/judge/watch.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "tests/unit/check.h"

static char why[WATCH_WHY_MAX];

/* Tells whether the judge was held up by time for another reason than that this
 * machine is busy, which it may be. */
static bool
was_held_up(void)
{
    return watch_was_held_up(true, why) && strstr(why, "a core") == NULL &&
           strstr(why, "per core") == NULL;
}

/* Watches while a wait ends so much later than it should. */
static void
wait_late(int64_t late_ns)
{
    watch_begin();
    watch_waited(clock_now() - late_ns);
}

static void
test_a_wait_that_ends_late(void)
{
    wait_late(0);
    CHECK(!watch_was_held_up(false, why));
    CHECK(!was_held_up());
    /* What took long may have taken long because of that. */
    wait_late(500 * CLOCK_MS);
    CHECK(!watch_was_held_up(false, why));
    CHECK(watch_was_held_up(true, why));
    CHECK(strncmp(why, "the judge itself was held up for 500 ms", 36) == 0);
    /* This program was stopped, as by Ctrl-Z: anything may have happened. */
    wait_late(3 * CLOCK_S);
    CHECK(watch_was_held_up(false, why));
    watch_begin();
    CHECK(!was_held_up());
}

static void
test_the_longest_gap_counts(void)
{
    wait_late(500 * CLOCK_MS);
    watch_waited(clock_now() + CLOCK_S);
    CHECK(watch_was_held_up(true, why));
}

static void
test_what_is_lacking(void)
{
    watch_begin();
    watch_failed(ECONNREFUSED); /* that is the server's */
    CHECK(!watch_was_held_up(false, why));
    watch_failed(EMFILE);
    watch_failed(ECONNRESET);
    CHECK(watch_was_held_up(false, why));
    CHECK(strstr(why, strerror(EMFILE)) != NULL);
    watch_begin();
    CHECK(!watch_was_held_up(false, why));
}

int
main(void)
{
    test_a_wait_that_ends_late();
    test_the_longest_gap_counts();
    test_what_is_lacking();
    return check_done();
}

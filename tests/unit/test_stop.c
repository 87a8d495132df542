/* Goal: a stop request gets through to a parent that waits, whatever else there
 * is to be seen. */

#include <signal.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stop.h"
#include "tests/unit/check.h"

/* A descriptor that can always be read must not keep a signal away. */
static void
test_wait(void)
{
    int ends[2];

    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    stop_on_signals();
    stop_hold();
    CHECK(stop_wait(ends[0], CLOCK_NEVER) && !stop_requested());
    CHECK(!stop_wait(-1, clock_now()));
    CHECK(raise(SIGTERM) == 0 && !stop_requested());
    CHECK(stop_wait(ends[0], CLOCK_NEVER) && stop_requested());
}

int
main(void)
{
    log_open("test_stop");
    test_wait();
    return check_done();
}

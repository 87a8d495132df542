/* Goal: a stop request reaches a parent that waits, even if a client is always
 * waiting, too. */

#include <signal.h>
#include <unistd.h>

#include "common/children.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/stop.h"
#include "tests/unit/check.h"

/* A descriptor that can always be read must not keep a signal away. */
static void
test_waits(void)
{
    int ends[2];

    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    stop_on_signals();
    children_open(1);
    CHECK(children_wait_for_client(ends[0]));
    children_wait_for_end(clock_now()); /* returns although no child ends */
    CHECK(raise(SIGTERM) == 0 && !stop_requested());
    CHECK(!children_wait_for_client(ends[0]) && stop_requested());
    children_wait_for_all();
}

int
main(void)
{
    log_open("test_children");
    test_waits();
    return check_done();
}

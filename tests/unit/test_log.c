/* Goal: an event line is built right whenever it is written, a day after the
 * start too. */

#include "common/log.c" // NOLINT(bugprone-suspicious-include): its statics

#include "tests/unit/check.h"

/* Returns the prefix of a line written so long after the start. */
static const char *
prefix_after(int64_t ns)
{
    static char line[LINE_MAX_BYTES];
    size_t len;

    log_state.started_ns = clock_now() - ns;
    len = prefix(line);
    line[len] = '\0';
    return line;
}

static bool
matches(const char *line, const char *time, const char *process)
{
    char expected[64];

    snprintf(expected, sizeof(expected), "%s %-11s ", time, process);
    return strcmp(line, expected) == 0;
}

static void
test_prefix(void)
{
    char process[32];

    forget_pid();
    (void)prefix_after(0);
    own_pid = 4194304; /* the longest on Linux */
    own_tid = 4194303;
    snprintf(process, sizeof(process), "4194304");
    CHECK(matches(prefix_after(0), "    0.000", process));
    CHECK(matches(prefix_after(999 * CLOCK_MS), "    0.999", process));
    CHECK(matches(prefix_after(61005 * CLOCK_MS), "   61.005", process));
    CHECK(matches(prefix_after(99999 * CLOCK_S), "99999.000", process));
    CHECK(matches(prefix_after(100000 * CLOCK_S), "100000.000", process));
    CHECK(matches(prefix_after(INT64_C(3000000000) * CLOCK_S), "3000000000.000",
                  process));
    log_show_threads();
    CHECK(matches(prefix_after(0), "    0.000", "4194304/4194303"));
}

int
main(void)
{
    test_prefix();
    return check_done();
}

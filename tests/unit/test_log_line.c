/* Goal: an event line begins with the right columns at any time, also a day
 * after the start, and never outgrows its buffer. */

#include <stdbool.h>
#include <string.h>

#include "common/clock.h"
#include "common/log_line.h"
#include "tests/unit/check.h"

static bool
begins(int64_t ns, pid_t process, pid_t thread, const char *expected)
{
    char line[LOG_LINE_MAX];
    size_t len = log_line_begin(line, ns / CLOCK_MS, process, thread);

    return len == strlen(expected) && memcmp(line, expected, len) == 0;
}

static void
test_begin(void)
{
    CHECK(begins(0, 7, 0, "    0.000 7           "));
    CHECK(begins(999 * CLOCK_MS, 12003, 0, "    0.999 12003       "));
    CHECK(begins(61005 * CLOCK_MS, 12003, 12004, "   61.005 12003/12004 "));
    CHECK(begins(99999 * CLOCK_S, 1, 2, "99999.000 1/2         "));
    CHECK(begins(100000 * CLOCK_S, 1, 2, "100000.000 1/2         "));
    /* The longest numbers on Linux. */
    CHECK(begins(INT64_C(3000000000) * CLOCK_S, 4194304, 4194303,
                 "3000000000.000 4194304/4194303 "));
}

static void
test_append(void)
{
    char line[LOG_LINE_MAX];
    char text[2 * LOG_LINE_MAX];
    size_t len = log_line_append(line, 0, "%-8s ", "ack");

    CHECK(len == 9 && memcmp(line, "ack      ", len) == 0);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    len = log_line_append(line, len, "%s", text);
    CHECK(len == LOG_LINE_MAX - 1);
    CHECK(log_line_append(line, len, "%s", text) == LOG_LINE_MAX - 1);
    CHECK(line[LOG_LINE_MAX - 2] == 'x');
}

int
main(void)
{
    test_begin();
    test_append();
    return check_done();
}

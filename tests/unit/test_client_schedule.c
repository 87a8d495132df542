/* Goal: the schedule of an open loop has the number of requests that was asked
 * for, in order, within the duration, and spread over it as chance would. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "client/play/schedule.h"
#include "common/clock.h"
#include "tests/unit/check.h"

#define COUNT 20000

static int
count(int rate, int64_t duration_ns)
{
    struct schedule s;
    int64_t before_ns = 0;
    int n = 0;

    for (schedule_open(&s, rate, duration_ns); s.left > 0; schedule_next(&s)) {
        CHECK(s.due_ns >= before_ns && s.due_ns < duration_ns);
        before_ns = s.due_ns;
        n++;
    }
    CHECK(s.due_ns == CLOCK_NEVER);
    return n;
}

static void
test_number(void)
{
    CHECK(count(1, CLOCK_S) == 1);
    CHECK(count(100, 2 * CLOCK_S) == 200);
    CHECK(count(3, 2500 * CLOCK_MS) == 8); /* rounded up */
    CHECK(count(1, 1) == 1);
    CHECK(count(1000000, 100 * CLOCK_MS) == 100000);
}

/* Of the gaps between random moments, one in e is longer than the mean, one in
 * e^3 is three times as long, and each tenth of the time has its share. */
static void
test_chance(void)
{
    struct schedule s;
    int64_t before_ns = 0;
    int64_t mean_ns = 10 * CLOCK_S / COUNT;
    int tenths[10] = {0};
    int longer = 0;
    int longest = 0;

    for (schedule_open(&s, COUNT / 10, 10 * CLOCK_S); s.left > 0;
         schedule_next(&s)) {
        longer += s.due_ns - before_ns > mean_ns;
        longest += s.due_ns - before_ns > 3 * mean_ns;
        tenths[s.due_ns / CLOCK_S]++;
        before_ns = s.due_ns;
    }
    CHECK(fabs(longer / (COUNT * exp(-1)) - 1) < 0.05);
    CHECK(fabs(longest / (COUNT * exp(-3)) - 1) < 0.1);
    for (int i = 0; i < 10; i++)
        CHECK(abs(tenths[i] - COUNT / 10) < COUNT / 100);
}

int
main(void)
{
    test_number();
    test_chance();
    return check_done();
}

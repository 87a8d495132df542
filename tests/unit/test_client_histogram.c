/* Goal: a histogram says of many times what sorting them would say, to within a
 * bucket, and does not speak of quantiles that it has too few times for. */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "client/play/histogram.h"
#include "tests/unit/check.h"

#define COUNT 20000

static struct histogram h;

static int
compare_times(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* Is what the histogram says of a time right: not below it, and above it by no
 * more than one part in HISTOGRAM_STEPS? */
static bool
is_close(int64_t said, int64_t ns)
{
    return said >= ns && said - ns <= ns / HISTOGRAM_STEPS;
}

static void
test_empty(void)
{
    h = (struct histogram){0};
    CHECK(h.count == 0 && h.min_ns == 0 && h.max_ns == 0);
    CHECK(histogram_quantile(&h, 500000) == 0 && histogram_mean(&h) == 0);
    CHECK(!histogram_carries(&h, 500000));
}

static void
test_one(void)
{
    static const int64_t times[] = {0,
                                    1,
                                    HISTOGRAM_STEPS - 1,
                                    HISTOGRAM_STEPS,
                                    2 * HISTOGRAM_STEPS - 1,
                                    2 * HISTOGRAM_STEPS,
                                    123456789,
                                    (INT64_C(1) << HISTOGRAM_TIME_BITS) - 1};

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        h = (struct histogram){0};
        histogram_add(&h, times[i]);
        /* The largest is known exactly. */
        CHECK(histogram_quantile(&h, 1) == times[i]);
        CHECK(histogram_quantile(&h, 1000000) == times[i]);
        histogram_add(&h, INT64_C(1) << HISTOGRAM_TIME_BITS);
        CHECK(is_close(histogram_quantile(&h, 500000), times[i]));
        CHECK(h.min_ns == times[i]);
    }
}

static void
test_out_of_range(void)
{
    h = (struct histogram){0};
    histogram_add(&h, -5);
    histogram_add(&h, INT64_MAX / 2);
    CHECK(h.count == 2 && h.min_ns == 0 && h.max_ns == INT64_MAX / 2);
    CHECK(histogram_quantile(&h, 500000) == 0);
}

/* Times of all sizes, against the same times sorted. */
static void
test_against_sorting(void)
{
    static const int quantiles[] = {1,      100000, 500000, 900000,
                                    990000, 999000, 1000000};
    static int64_t times[COUNT];
    uint64_t random = 1;
    int64_t sum = 0;

    h = (struct histogram){0};
    for (int i = 0; i < COUNT; i++) {
        random = random * UINT64_C(6364136223846793005) +
                 UINT64_C(1442695040888963407);
        times[i] = (int64_t)((random >> 33) >> (random >> 60));
        sum += times[i];
        histogram_add(&h, times[i]);
    }
    qsort(times, COUNT, sizeof(times[0]), compare_times);
    CHECK(h.count == COUNT && histogram_mean(&h) == sum / COUNT);
    CHECK(h.min_ns == times[0] && h.max_ns == times[COUNT - 1]);
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        int64_t rank = ((int64_t)COUNT * quantiles[i] + 999999) / 1000000;

        CHECK(is_close(histogram_quantile(&h, quantiles[i]), times[rank - 1]));
    }
}

static void
test_what_it_carries(void)
{
    h = (struct histogram){0};
    for (int i = 0; i < 999; i++)
        histogram_add(&h, i);
    CHECK(histogram_carries(&h, 900000) && !histogram_carries(&h, 990000));
    histogram_add(&h, 999);
    CHECK(histogram_carries(&h, 990000) && !histogram_carries(&h, 999000));
}

/* What is below a time: all buckets that end before it. */
static void
test_below(void)
{
    h = (struct histogram){.count = 0};
    for (int ns = 0; ns < 100; ns++)
        histogram_add(&h, ns);
    histogram_add(&h, 1000000);
    CHECK(histogram_below(&h, 0) == 0);
    CHECK(histogram_below(&h, 50) == 50);
    CHECK(histogram_below(&h, 999000) == 100);
    CHECK(histogram_below(&h, 1010000) == 101);
}

int
main(void)
{
    test_below();
    test_empty();
    test_one();
    test_out_of_range();
    test_against_sorting();
    test_what_it_carries();
    return check_done();
}

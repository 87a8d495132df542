/* histogram - how often each length of time occurred, in a fixed amount of
 * memory however many there were.
 *
 * Log-linear: each doubling of the time is divided into HISTOGRAM_STEPS equal
 * buckets.  So short times and long ones are kept with the same relative error,
 * at most 1 in HISTOGRAM_STEPS; counting one is a shift and an addition. */

#ifndef CLIENT_PLAY_HISTOGRAM_H
#define CLIENT_PLAY_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_STEP_BITS 7
#define HISTOGRAM_STEPS     (1 << HISTOGRAM_STEP_BITS)
/* 2^42 ns are 73 minutes; what is longer counts as that. */
#define HISTOGRAM_TIME_BITS 42
#define HISTOGRAM_BUCKETS \
    ((HISTOGRAM_TIME_BITS - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)

struct histogram {
    int64_t count;
    int64_t sum_ns; /* exact, as are these: */
    int64_t min_ns; /* 0 if count is 0 */
    int64_t max_ns;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Makes an empty histogram. */
void histogram_clear(struct histogram *h);

/* Counts a time that occurred count times; one below 0 counts as 0. */
void histogram_add(struct histogram *h, int64_t ns, uint32_t count);

/* Returns the time that so many of a million are not above, to within a bucket:
 * 500000 is the median, 999000 is p99.9.  0 if there are none. */
int64_t histogram_quantile(const struct histogram *h, int millionths);

/* Returns the mean, 0 if there are none. */
int64_t histogram_mean(const struct histogram *h);

/* Tells whether there are enough times for that quantile: ten beyond it. One
 * that rests on fewer is the story of a few accidents. */
bool histogram_carries(const struct histogram *h, int millionths);

#endif

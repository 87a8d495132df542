/* histogram - counts how often each length of time occurred, in a fixed amount
 * of memory, no matter how many there are.
 *
 * Log-linear: each doubling of the time is divided into HISTOGRAM_STEPS equal
 * buckets.  So short and long times have the same relative error, which is at
 * most 1 / HISTOGRAM_STEPS, and counting one is a shift and an addition. */

#ifndef CLIENT_PLAY_HISTOGRAM_H
#define CLIENT_PLAY_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_STEP_BITS 7
#define HISTOGRAM_STEPS     (1 << HISTOGRAM_STEP_BITS)
/* 2^42 ns are 73 minutes; a longer time counts as that. */
#define HISTOGRAM_TIME_BITS 42
#define HISTOGRAM_BUCKETS \
    ((HISTOGRAM_TIME_BITS - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)

/* All zero, it is empty. */
struct histogram {
    int64_t count;
    int64_t sum_ns; /* exact, like min_ns and max_ns */
    int64_t min_ns; /* 0 if count is 0 */
    int64_t max_ns;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Counts a time.  A time below 0 counts as 0. */
void histogram_add(struct histogram *h, int64_t ns);

/* Returns a quantile: the time that is not exceeded by so many millionths of
 * all times, to within a bucket.  500000 gives the median, 999000 gives p99.9.
 * Returns 0 if there are no times. */
int64_t histogram_quantile(const struct histogram *h, int millionths);

/* Returns how many times are below ns, to within a bucket. */
int64_t histogram_below(const struct histogram *h, int64_t ns);

/* Returns the mean, 0 if there are no times. */
int64_t histogram_mean(const struct histogram *h);

/* Tells whether there are enough times for a quantile: at least ten that are
 * above it.  With fewer, it would depend on a few accidents. */
bool histogram_carries(const struct histogram *h, int millionths);

#endif

#include "client/play/histogram.h"

#define MILLION INT64_C(1000000)
#define BEYOND  10 /* times that must be above a quantile */

/* Returns the bucket of a time.  A time below HISTOGRAM_STEPS has a bucket of
 * its own.  Of a longer one only the first HISTOGRAM_STEP_BITS + 1 bits count.
 */
static int
bucket_of(int64_t ns)
{
    int shift = 0;

    if (ns >> HISTOGRAM_TIME_BITS != 0)
        return HISTOGRAM_BUCKETS - 1;
    if (ns >= HISTOGRAM_STEPS)
        shift = 63 - HISTOGRAM_STEP_BITS - __builtin_clzll((uint64_t)ns);
    return shift * HISTOGRAM_STEPS + (int)(ns >> shift);
}

/* Returns the longest time that a bucket holds. */
static int64_t
end_of(int bucket)
{
    int shift = bucket / HISTOGRAM_STEPS - 1;

    if (shift <= 0)
        return bucket;
    return ((int64_t)(bucket - shift * HISTOGRAM_STEPS + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    if (h->count == 0 || ns < h->min_ns)
        h->min_ns = ns;
    if (ns > h->max_ns)
        h->max_ns = ns;
    h->count++;
    h->sum_ns += ns;
    h->buckets[bucket_of(ns)]++;
}

int64_t
histogram_quantile(const struct histogram *h, int millionths)
{
    /* Rounded up: the median of three times is the second.  In two parts, since
     * the product of both factors could overflow. */
    int64_t rank = h->count / MILLION * millionths +
                   (h->count % MILLION * millionths + MILLION - 1) / MILLION;
    int64_t seen = 0;

    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += (int64_t)h->buckets[i];
        if (seen >= rank && h->buckets[i] > 0)
            return end_of(i) < h->max_ns ? end_of(i) : h->max_ns;
    }
    return h->max_ns;
}

int64_t
histogram_below(const struct histogram *h, int64_t ns)
{
    int64_t count = 0;

    for (int i = 0; i < HISTOGRAM_BUCKETS && end_of(i) < ns; i++)
        count += (int64_t)h->buckets[i];
    return count;
}

int64_t
histogram_mean(const struct histogram *h)
{
    return h->count > 0 ? h->sum_ns / h->count : 0;
}

bool
histogram_carries(const struct histogram *h, int millionths)
{
    return h->count >= BEYOND * MILLION / (MILLION - millionths);
}

#include "client/play/schedule.h"

#include <math.h>

#include "common/clock.h"

#define SEED     UINT64_C(0x9e3779b97f4a7c15) /* any number but 0 */
#define MANTISSA 53 /* bits of a double that are random */

/* Returns a random number above 0, at most 1 (xorshift64, Marsaglia 2003). */
static double
draw(struct schedule *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return ldexp((double)((s->random >> (64 - MANTISSA)) + 1), -MANTISSA);
}

/* Draws the moment of the next request.  All that are left are spread evenly
 * over the time that is left, so the first of them is the least of so many
 * random numbers: none is below x with probability (1 - x) ^ left. */
static void
draw_next(struct schedule *s)
{
    if (s->left == 0) {
        s->due_ns = CLOCK_NEVER;
        return;
    }
    s->at += (1 - s->at) * -expm1(log(draw(s)) / (double)s->left);
    s->due_ns = (int64_t)(s->at * (double)s->duration_ns);
}

void
schedule_open(struct schedule *s, int rate, int64_t duration_ns)
{
    int64_t rest = duration_ns % CLOCK_S * rate;

    *s = (struct schedule){
        .duration_ns = duration_ns,
        .left = duration_ns / CLOCK_S * rate + (rest + CLOCK_S - 1) / CLOCK_S,
        .random = SEED,
    };
    draw_next(s);
}

void
schedule_next(struct schedule *s)
{
    s->left--;
    draw_next(s);
}

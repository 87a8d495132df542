#include "common/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * CLOCK_S + t.tv_nsec;
}

int64_t
clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_used(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void
clock_wait_until(int64_t when_ns)
{
    struct timespec when = {
        .tv_sec = (time_t)(when_ns / CLOCK_S),
        .tv_nsec = (long)(when_ns % CLOCK_S),
    };

    /* The moment is absolute, so after a signal the same call waits for what is
     * left.  For sleep() and nanosleep() we would have to compute that. */
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) ==
           EINTR)
        continue;
}

void
clock_compute(int64_t cpu_ns)
{
    volatile unsigned sink = 1;
    int64_t end;

    if (cpu_ns == 0)
        return;
    end = read_clock(CLOCK_THREAD_CPUTIME_ID) + cpu_ns;
    /* Reading this clock is a system call, unlike reading CLOCK_MONOTONIC.  The
     * inner loop keeps most of the time in the program itself. */
    while (read_clock(CLOCK_THREAD_CPUTIME_ID) < end)
        for (int i = 0; i < 2000; i++)
            sink = sink * 1664525u + 1013904223u;
}

int
clock_timeout_ms(int64_t when_ns)
{
    int64_t left;

    if (when_ns == CLOCK_NEVER)
        return -1;
    left = when_ns - clock_now();
    if (left <= 0)
        return 0;
    left = (left + CLOCK_MS - 1) / CLOCK_MS;
    return left < INT_MAX ? (int)left : INT_MAX;
}

struct timeval *
clock_timeout_tv(int64_t when_ns, struct timeval *left)
{
    int64_t left_ns;

    if (when_ns == CLOCK_NEVER)
        return NULL;
    left_ns = when_ns - clock_now();
    *left = clock_timeval(left_ns > 0 ? left_ns : 0);
    return left;
}

struct timespec *
clock_timeout_ts(int64_t when_ns, struct timespec *left)
{
    int64_t left_ns;

    if (when_ns == CLOCK_NEVER)
        return NULL;
    left_ns = when_ns - clock_now();
    if (left_ns < 0)
        left_ns = 0;
    *left = (struct timespec){.tv_sec = (time_t)(left_ns / CLOCK_S),
                              .tv_nsec = (long)(left_ns % CLOCK_S)};
    return left;
}

struct timeval
clock_timeval(int64_t ns)
{
    int64_t us = (ns + CLOCK_US - 1) / CLOCK_US;
    struct timeval t = {
        .tv_sec = (time_t)(us / 1000000),
        .tv_usec = (suseconds_t)(us % 1000000),
    };

    return t;
}

double
clock_seconds(int64_t ns)
{
    return (double)ns / (double)CLOCK_S;
}

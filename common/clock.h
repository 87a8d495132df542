/* clock - monotonic time, deadlines and CPU time, all in nanoseconds.
 *
 * A deadline is a moment of CLOCK_MONOTONIC, so a change of the wall clock does
 * not move it.  clock_gettime cannot fail for the clocks that these functions
 * use (clock_gettime(3)), so none of them reports an error. */

#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#define CLOCK_US    INT64_C(1000)
#define CLOCK_MS    INT64_C(1000000)
#define CLOCK_S     INT64_C(1000000000)
#define CLOCK_NEVER INT64_MAX /* a deadline that is never reached */

/* Returns the monotonic time. */
int64_t clock_now(void);

/* Returns the CPU time that this process has used. */
int64_t clock_used(void);

/* Waits until the monotonic time is when_ns, or returns immediately if that
 * moment has passed.  Signals do not shorten the wait. */
void clock_wait_until(int64_t when_ns);

/* Computes until the calling thread has used cpu_ns of additional CPU time.  If
 * cpu_ns is 0, it returns immediately. */
void clock_compute(int64_t cpu_ns);

/* Returns the time left until when_ns as a timeout for poll(2) and
 * epoll_wait(2): in milliseconds, rounded up so that the wait is never too
 * short; 0 if when_ns has passed; -1 for CLOCK_NEVER. */
int clock_timeout_ms(int64_t when_ns);

/* The same as select(2) wants it: fills *left, rounded up to a microsecond, and
 * returns it; or returns NULL for CLOCK_NEVER. */
struct timeval *clock_timeout_tv(int64_t when_ns, struct timeval *left);

/* The same as kevent(2) wants it, without rounding. */
struct timespec *clock_timeout_ts(int64_t when_ns, struct timespec *left);

/* Returns ns as a struct timeval.  It rounds up, because a timeval of zero
 * means "no limit" for SO_RCVTIMEO (socket(7)), and only ns = 0 may mean
 * that. */
struct timeval clock_timeval(int64_t ns);

/* Returns ns as seconds, for printing. */
double clock_seconds(int64_t ns);

#endif

#define _GNU_SOURCE /* wait4 */

#include "client/target/process.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "common/clock.h"

pid_t
process_reap(pid_t pid, int options, int *status, struct process_use *sum)
{
    struct rusage usage;
    pid_t reaped = wait4(pid, status, options, &usage);

    if (reaped > 0) {
        sum->cpu_ns +=
            (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * CLOCK_S +
            (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * CLOCK_US;
        sum->voluntary += usage.ru_nvcsw;
        sum->involuntary += usage.ru_nivcsw;
    }
    return reaped;
}

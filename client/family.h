/* family - a process and all its descendants, as /proc (proc(5)) shows them at
 * one moment. */

#ifndef CLIENT_FAMILY_H
#define CLIENT_FAMILY_H

#include <stdint.h>
#include <sys/types.h>

/* Sums over all processes that have not ended.  -1: not known here. */
struct family {
    int64_t processes;
    int64_t threads;   /* of the process that has most */
    int64_t memory;    /* bytes: PSS, in which a page that n processes share
                          counts as 1/n in each */
    int64_t cpu_ns;    /* used so far */
    int64_t voluntary; /* context switches so far */
    int64_t involuntary;
};

/* Looks at the size of a family: processes, threads and memory. */
struct family family_size(pid_t pid);

/* Looks at what it has used so far: CPU time, that of children that have ended
 * in whole clock ticks, and context switches, without those of ended children.
 */
struct family family_use(pid_t pid);

/* Ends, by SIGKILL, whoever descends from this process and is still there. */
void family_end_descendants(void);

#endif

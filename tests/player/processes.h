/* processes - what /proc says of a process and its children. */

#ifndef TESTS_PLAYER_PROCESSES_H
#define TESTS_PLAYER_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX 512

struct processes {
    int count;
    pid_t pids[PROCESSES_MAX];
};

/* What a process and its children have used, and are doing. */
struct usage {
    int64_t cpu_ns; /* in ticks of the kernel, mostly 10 ms */
    long sleeps;    /* how often their threads went to sleep */
    long awake;     /* threads that do not sleep now */
};

/* Sets *children to the children of pid, those that have ended and have not
 * been waited for included. */
void processes_children(pid_t pid, struct processes *children);

struct usage processes_usage(pid_t pid);

/* Returns how many threads of pid and its children have each used at least
 * so much CPU time. */
long processes_computing(pid_t pid, int64_t cpu_ns);

/* Returns the memory of pid and its children in KiB (proportional set size);
 * 0 where it is not told.  The kernel takes long to find it out. */
long processes_memory(pid_t pid);

/* Returns how many threads of pid and its children wait in the system call of
 * this number, or -1 if the kernel does not say. */
long processes_waiting_in(pid_t pid, long call);

/* Return how many open descriptors, threads, or children that have ended and
 * have not been waited for pid has. */
long processes_descriptors(pid_t pid);
long processes_threads(pid_t pid);
long processes_zombies(pid_t pid);

/* Tells whether all of them have ended. */
bool processes_have_ended(const struct processes *all);

#endif

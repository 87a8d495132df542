/* family - a process and all its descendants, as /proc (proc(5)) shows them at
 * one moment. */

#ifndef CLIENT_TARGET_PROCESS_TREE_H
#define CLIENT_TARGET_PROCESS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Sums over all processes that have not ended.  -1: not known here. */
struct process_tree {
    int64_t processes;
    int64_t threads;   /* of the process that has most */
    int64_t memory;    /* bytes: PSS, in which a page that n processes share
                          counts as 1/n in each */
    int64_t cpu_ns;    /* used so far */
    int64_t voluntary; /* context switches so far */
    int64_t involuntary;
};

/* Looks at the size of a family: processes, threads and memory. */
struct process_tree process_tree_size(pid_t pid);

/* Looks at what it has used so far: CPU time, that of children that have ended
 * in whole clock ticks, and context switches, without those of ended children.
 */
struct process_tree process_tree_use(pid_t pid);

/* Returns how many descriptors all of a family have open; -1: not known. */
int64_t process_tree_descriptors(pid_t pid);

/* Returns how many processes of a family have ended and wait to be reaped; -1:
 * not known. */
int64_t process_tree_zombies(pid_t pid);

/* Remembers the children that this process has now: they were there before it
 * became this program, and are not its business. */
void process_tree_remember_children(void);

/* Returns how many processes descend from this one, without the children that
 * it remembers and those who have ended. */
int64_t process_tree_strangers(void);

/* Ends, by SIGKILL, all other children of this process and whoever becomes its
 * child by that (prctl(2), PR_SET_CHILD_SUBREAPER), and adds to *cpu_ns what
 * they have used.  Returns false if some are still there after so long. */
bool process_tree_end_strangers(int64_t patience_ns, int64_t *cpu_ns);

#endif

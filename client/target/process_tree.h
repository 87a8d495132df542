/* process_tree - a process and all its descendants: how large they are, what
 * they have used, and what can be done to all of them.
 *
 * The processes are listed at one moment, and any of them can end or get
 * children in the next. */

#ifndef CLIENT_TARGET_PROCESS_TREE_H
#define CLIENT_TARGET_PROCESS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/target/process.h"

#define PROCESS_TREE_THREADS_MAX 4096 /* more of them are not seen */
#define PROCESS_TREE_STOPPED_MAX 64   /* of process_tree_stopped */

/* The threads of all processes of a tree at one moment. */
struct process_tree_threads {
    int count; /* -1: this system cannot tell */
    int64_t when_ns;
    struct process_thread list[PROCESS_TREE_THREADS_MAX];
};

/* How busy they were between two moments; -1: not known. */
struct process_tree_activity {
    int percent;    /* of the time that the busiest of them ran or waited for a
                       core, or that all together ran, if that is more */
    int64_t sleeps; /* how often the one that did so most went to sleep */
    int64_t ran_ns; /* how long the one ran that ran longest */
    bool wants_to_run;      /* one ran or waited for a core at both moments */
    int64_t busiest_sleeps; /* how often the busiest of them went to sleep */
};

/* What is returned if this system cannot tell, or the process has ended. */
extern const struct process_tree_activity process_tree_unknown;

#define PROCESS_TREE_MAX 8192 /* processes; more of them are not seen */

struct process_tree {
    int count;
    pid_t pids[PROCESS_TREE_MAX];  /* parents come before their children */
    int parents[PROCESS_TREE_MAX]; /* indices into pids; 0 for the first */
};

/* Lists a process, which is always the first, its descendants, and those that
 * the server has orphaned (process_tree_claim), as it does if it forks twice.
 */
void process_tree_list(struct process_tree *t, pid_t pid);

/* Returns whether a process of the tree, but not the first, runs the same
 * program as its parent.  A process that was forked to serve does, and the
 * child of a shell does not. */
bool process_tree_is_worker(const struct process_tree *t, int index);

/* Returns how many of the listed processes have ended since. */
int process_tree_ended(const struct process_tree *t);

/* Sends a signal to all of them. */
void process_tree_signal(const struct process_tree *t, int signal_number);

/* Waits until all of them are stopped or have ended, a tenth of a second at
 * most. */
void process_tree_await_stop(const struct process_tree *t);

/* Limits the descriptors of each of them so that it cannot open any more.
 * Returns false, and changes nothing, if that is not allowed or not possible on
 * this system. */
bool process_tree_limit(const struct process_tree *t);

/* Gives all of them the limit that the first had before process_tree_limit. */
void process_tree_unlimit(const struct process_tree *t);

/* Waits ns at most until a process has ended; returns whether it has. */
bool process_tree_await_end(pid_t pid, int64_t ns);

/* Waits until a process has started and ended no descendants for quiet_ns, but
 * not longer than limit_ns: a server that listens may still be starting its
 * workers. */
void process_tree_await_steady(pid_t pid, int64_t quiet_ns, int64_t limit_ns);

/* Returns the size of a process and its descendants together. */
struct process_size process_tree_size(pid_t pid);

/* Returns what they have used together. */
struct process_use process_tree_use(pid_t pid);

/* Lists the threads of a process and its descendants. */
void process_tree_list_threads(struct process_tree_threads *t, pid_t pid);

/* Returns how busy the threads were between two lists. */
struct process_tree_activity
process_tree_compare(const struct process_tree_threads *before,
                     const struct process_tree_threads *after);

/* Returns how many descriptors they have open; -1: not known. */
int64_t process_tree_descriptors(pid_t pid);

/* Returns how many of them are zombies; -1: not known. */
int64_t process_tree_zombies(pid_t pid);

/* Writes what explains that a server does not answer: "; its process 12 is
 * stopped (state T)", by SIGSTOP or a tracer, or nothing.  Returns out. */
const char *process_tree_stopped(char out[PROCESS_TREE_STOPPED_MAX], pid_t pid);

/* Says which children of this process descend from the server, although it has
 * not started them itself: they have been orphaned (process_adopt_orphans).
 * They are in the session of the server, or have mark in their environment
 * (process_belongs).  This process may have other children: those of a shell
 * that has become this program by exec, and in a container, where it may be the
 * first process, those of all others.  mark must stay. */
void process_tree_claim(pid_t session, const char *mark);

/* Returns how many processes descend from the server now, without zombies; -1:
 * not known. */
int64_t process_tree_orphans(void);

/* Kills the orphans of the server, and those that this process inherits because
 * of that, and adds to *sum what they have used.  Returns false if some are
 * left after patience_ns. */
bool process_tree_end_orphans(int64_t patience_ns, struct process_use *sum);

#endif

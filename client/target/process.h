/* process - what the operating system knows about a process, and the few things
 * that a program may do to a process only in the way of one system.
 *
 * POSIX has no calls for most of this, so there is one source file per system:
 * process_linux.c reads /proc (proc(5)).  A process can end at any moment.
 * Then nothing is added for it, and that is not an error. */

#ifndef CLIENT_TARGET_PROCESS_H
#define CLIENT_TARGET_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define PROCESS_ADDRESS_MAX 64

enum process_state {
    PROCESS_GONE, /* there is no such process */
    PROCESS_ZOMBIE,
    PROCESS_STOPPED, /* by SIGSTOP or a tracer */
    PROCESS_ALIVE,
};

/* How large processes are at one moment.  -1: this system cannot tell. */
struct process_size {
    int64_t processes;
    int64_t threads; /* of the process that has the most */
    int64_t memory;  /* bytes of proportional set size (PSS): a page that n
                        processes share counts as 1/n for each of them */
    int64_t own;     /* the same without file-backed pages, such as those of an
                        interpreter, which other programs may begin or stop
                        sharing at any time */
};

/* What processes have used since they started.  -1: this system cannot tell. */
struct process_use {
    int64_t cpu_ns; /* with children that were waited for, but the time of those
                       is counted in whole clock ticks */
    int64_t voluntary;   /* context switches, without those of ended children */
    int64_t involuntary; /* the same */
};

/* What one thread has done since it started. */
struct process_thread {
    pid_t id;
    int64_t ran_ns;
    int64_t waited_ns; /* for a core */
    int64_t sleeps;    /* how often it has waited for something else */
    bool polls;        /* it sleeps in a system call such as epoll_wait now */
    bool accepts;      /* it sleeps in accept now */
    bool runs;         /* it runs now, or waits for a core */
};

/* Returns the state of a process; PROCESS_GONE also if it cannot be read. */
enum process_state process_state(pid_t pid);

/* Writes the pids of the children of a process, at most max of them, also of
 * children that have ended and were not waited for.  Returns how many. */
int process_children(pid_t pid, pid_t *children, int max);

/* Returns whether a process is in a session (setsid(2)), or was started with
 * this text, as "NAME=value", in its environment. */
bool process_belongs(pid_t pid, pid_t session, const char *mark);

/* Returns whether this process can see processes at all: /proc may not be
 * mounted, or not for this PID namespace (pid_namespaces(7)). */
bool process_can_look(void);

/* Adds the size of a process to a sum, unless it has ended.  Fields that are -1
 * stay so. */
void process_add_size(struct process_size *sum, pid_t pid);

/* Adds what a process has used to a sum.  Fields that are -1 stay so. */
void process_add_use(struct process_use *sum, pid_t pid);

/* Writes what the threads of a process have done, at most max of them.
 * Returns how many; -1: this system cannot tell. */
int process_threads(pid_t pid, struct process_thread *threads, int max);

/* Waits for a child as waitpid(2) does, with the same arguments and result, and
 * adds to *sum what it and the children that it waited for have used. */
pid_t
process_reap(pid_t pid, int options, int *status, struct process_use *sum);

/* Returns how many descriptors a process has open; -1: not known. */
int64_t process_descriptors(pid_t pid);

/* Returns the limit on descriptors of a process; -1: not known, as for pid 0.
 */
int64_t process_limit(pid_t pid);

/* Returns the lowest number that is not a descriptor of a process; -1: not
 * known, or there are too many descriptors. */
int process_first_unused(pid_t pid);

/* Reads the limits on descriptors of a process into *before, unless that is
 * NULL, and then sets them to *limit, unless that is NULL.  Returns false with
 * errno set if that is not allowed or the process is gone. */
bool
process_set_limit(pid_t pid, const struct rlimit *limit, struct rlimit *before);

/* Writes the path of the program that a process runs, up to size bytes of it.
 * Returns false if it is not known. */
bool process_program(pid_t pid, char *path, size_t size);

/* The cores that this process may use. */
struct process_cores {
    int present; /* in the machine, and in use */
    int allowed; /* by the affinity of the process (sched_setaffinity(2)) */
    double time; /* how many of them its control group lets it use on average
                    (cgroups(7)); allowed, if it sets no limit */
};

/* Returns the cores that this process may use. */
struct process_cores process_cores(void);

/* Returns how long this process has waited for a core since it started,
 * although it could have run; -1: this system cannot tell.  For a process with
 * one thread. */
int64_t process_run_delay(void);

/* Returns how many threads of this machine run or wait for a core: now, or on
 * average over the last minute, whichever is more; 0: not known. */
double process_load(void);

/* Returns the CPU time that all programs of this machine together have used, in
 * whole clock ticks; -1: this system cannot tell, or tells it of cores that
 * this process may not use. */
int64_t process_all_cpu(void);

/* Returns a new file that exists only in memory and is closed by exec, or -1
 * with errno set. */
int process_memory_file(void);

/* Makes this process the parent of its descendants whose own parents end, so
 * that it can find and end them.  Returns false with errno set if it fails.
 * Where process_can_look returns false, it may do nothing; the next one, too.
 */
bool process_adopt_orphans(void);

/* Makes the kernel kill this process when its parent ends.  Returns false with
 * errno set if it fails. */
bool process_end_with_parent(void);

/* Returns a TCP port on which a process listens, this one unless it is 0; 0:
 * none, or not known. */
unsigned process_listening_port(pid_t pid, unsigned port);

/* Returns whether some process listens on a TCP port of this machine, without
 * connecting to it, and writes on which address: "::" if that is any. */
bool process_listens_on(unsigned port, char address[PROCESS_ADDRESS_MAX]);

/* Returns how many sockets listen on the port and one address of it: more than
 * one with SO_REUSEPORT.  0: not known. */
int process_listeners(unsigned port);

#endif

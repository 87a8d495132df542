/* tasks - the processes and threads of a server, and what each of them does at
 * the moment.  POSIX has no calls for that, so there is one source file per
 * system: tasks_linux.c reads /proc (proc(5)). */

#ifndef CLIENT_INSIDE_TASKS_H
#define CLIENT_INSIDE_TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/inside/sample.h"

#define TASKS_MAX 256 /* at one moment; others are not seen */

enum tasks_file {
    TASKS_CALL,
    TASKS_STATE,
    TASKS_TIMES,
    TASKS_FILES,
};

struct task {
    pid_t pid;
    pid_t tid;
    int files[TASKS_FILES]; /* that stay open; -1: cannot be read */
    /* For the caller, and -1 at first: */
    int row;
    int fd_seen;     /* the socket of a client in its last call */
    int client_seen; /* whose only client it was, */
    int changes;     /* when so many changes had been seen */
    /* What it does: */
    enum sample_kind kind;
    const char *call; /* the name of the system call; "" */
    int fd;           /* the descriptor that the call is given; or -1 */
    unsigned inode;   /* of that descriptor, if it is a socket; or 0 */
    unsigned asked;   /* the inode that is_unix is about */
    bool is_unix;
    bool is_stopped;   /* when tasks were listed, and has not run since */
    int64_t cpu_ns;    /* that it has used since its start */
    int64_t queued_ns; /* that it was ready but had no CPU, the same */
    int64_t runs;      /* how often it has got a CPU; changes with each wait */
    int64_t since_ns;  /* when this wait was first seen */
};

struct tasks {
    pid_t pid; /* of the server; 0: not known, so it has no tasks */
    int count;
    struct task list[TASKS_MAX];
    bool hides_calls; /* the kernel does not tell the system calls */
    int64_t list_ns;  /* when they are listed again */
};

/* Prepares to look at a server and all processes that descend from it; pid 0
 * stands for a server whose process is not known.  The caller frees what it
 * holds with tasks_close. */
void tasks_open(struct tasks *t, pid_t pid);

/* Looks at all tasks.  New ones are found within a quarter of a second, or
 * immediately if renew is true. */
void tasks_look(struct tasks *t, int64_t now_ns, bool renew);

/* Closes what it holds. */
void tasks_close(struct tasks *t);

#endif

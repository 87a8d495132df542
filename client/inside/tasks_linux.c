/* Reads /proc.  A file about a task stays open, because to open it again for
 * each sample would cost twice as much as to read it; and a file of a task that
 * has ended is never taken for that of another one with the same number. */

#define _DEFAULT_SOURCE /* SYS_... */

#include "client/inside/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/inside/sockets.h"
#include "client/target/process.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define LIST_NS    (250 * CLOCK_MS)
#define LIST_SHARE 500 /* listing takes at most this part of the time */
#define PATH_LEN   300
#define TEXT_LEN   512
#define ARGUMENTS  5 /* of a system call that are of interest */

/* How a call names what it waits for. */
enum arguments {
    NO_FD,
    FD,        /* the first argument is a descriptor */
    FD_SOCKET, /* the same; if it is no socket, this is another kind of call */
    /* With no descriptors, these only let time pass or wait for a signal. */
    FDS_SELECT, /* their number, ..., the fifth argument points to the timeout
                 */
    FDS_PPOLL,  /* a pointer, their number, a pointer to the timeout */
    FDS_POLL,   /* the same, but the third argument is the timeout itself */
    FUTEX,
};

static const struct call {
    long number;
    const char *name;
    enum sample_kind kind;
    enum arguments arguments;
} calls[] = {
    {SYS_accept, "accept", SAMPLE_ACCEPTS, FD},
    {SYS_accept4, "accept4", SAMPLE_ACCEPTS, FD},
    {SYS_recvfrom, "recvfrom", SAMPLE_RECEIVES, FD},
    {SYS_recvmsg, "recvmsg", SAMPLE_RECEIVES, FD},
    {SYS_read, "read", SAMPLE_RECEIVES, FD_SOCKET},
    {SYS_readv, "readv", SAMPLE_RECEIVES, FD_SOCKET},
    {SYS_sendto, "sendto", SAMPLE_SENDS, FD},
    {SYS_sendmsg, "sendmsg", SAMPLE_SENDS, FD},
    {SYS_sendfile, "sendfile", SAMPLE_SENDS, FD},
    {SYS_write, "write", SAMPLE_SENDS, FD_SOCKET},
    {SYS_writev, "writev", SAMPLE_SENDS, FD_SOCKET},
    {SYS_nanosleep, "nanosleep", SAMPLE_DELAYS, NO_FD},
    {SYS_clock_nanosleep, "clock_nanosleep", SAMPLE_DELAYS, NO_FD},
    {SYS_futex, "futex", SAMPLE_LOCKS, FUTEX},
    {SYS_flock, "flock", SAMPLE_LOCKS, NO_FD},
    {SYS_fcntl, "fcntl", SAMPLE_LOCKS, NO_FD},
    {SYS_semtimedop, "semtimedop", SAMPLE_LOCKS, NO_FD},
    {SYS_pselect6, "pselect6", SAMPLE_WATCHES, FDS_SELECT},
    {SYS_ppoll, "ppoll", SAMPLE_WATCHES, FDS_PPOLL},
    {SYS_epoll_pwait, "epoll_pwait", SAMPLE_WATCHES, NO_FD},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", SAMPLE_WATCHES, NO_FD},
#endif
#ifdef SYS_io_uring_enter
    {SYS_io_uring_enter, "io_uring_enter", SAMPLE_RINGS, NO_FD},
#endif
#ifdef SYS_poll /* x86-64 has these, too; arm64 has only the newer ones */
    {SYS_poll, "poll", SAMPLE_WATCHES, FDS_POLL},
    {SYS_select, "select", SAMPLE_WATCHES, FDS_SELECT},
    {SYS_epoll_wait, "epoll_wait", SAMPLE_WATCHES, NO_FD},
    {SYS_pause, "pause", SAMPLE_PAUSES, NO_FD},
#endif
    {SYS_rt_sigsuspend, "rt_sigsuspend", SAMPLE_PAUSES, NO_FD},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", SAMPLE_PAUSES, NO_FD},
    {SYS_wait4, "wait4", SAMPLE_REAPS, NO_FD},
    {SYS_waitid, "waitid", SAMPLE_REAPS, NO_FD},
    {-1, "", SAMPLE_OTHER, NO_FD},
};

/* --- finding tasks ---------------------------------------------------------
 */

static void
remove_task(struct tasks *t, int index)
{
    for (int i = 0; i < TASKS_FILES; i++)
        if (t->list[index].files[i] != -1)
            close(t->list[index].files[i]);
    t->list[index] = t->list[--t->count];
}

static void
add_task(struct tasks *t, pid_t pid, pid_t tid)
{
    static const char *const names[] = {"syscall", "stat", "schedstat"};
    struct task *task = &t->list[t->count];
    char path[PATH_LEN];

    for (int i = 0; i < t->count; i++)
        if (t->list[i].tid == tid)
            return;
    if (t->count == TASKS_MAX)
        return;
    *task = (struct task){.pid = pid,
                          .tid = tid,
                          .row = -1,
                          .fd_seen = -1,
                          .client_seen = -1,
                          .changes = -1,
                          .runs = -1};
    for (int i = 0; i < TASKS_FILES; i++) {
        snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid,
                 names[i]);
        task->files[i] = open(path, O_RDONLY | O_CLOEXEC);
    }
    t->count++;
}

/* Notes whether a process is stopped, with all its tasks. */
static void
find_stopped(struct tasks *t, pid_t pid)
{
    bool is_stopped = process_state(pid) == PROCESS_STOPPED;

    for (int i = 0; i < t->count; i++)
        if (t->list[i].pid == pid)
            t->list[i].is_stopped = is_stopped;
}

static void
list_tasks(struct tasks *t)
{
    static struct process_tree tree;

    process_tree_list(&tree, t->pid);
    for (int i = 0; i < tree.count; i++) {
        char path[PATH_LEN];
        const struct dirent *entry;
        DIR *dir;

        snprintf(path, sizeof(path), "/proc/%d/task", (int)tree.pids[i]);
        dir = opendir(path);
        while (dir != NULL && (entry = readdir(dir)) != NULL)
            if (*entry->d_name != '.')
                add_task(t, tree.pids[i], atoi(entry->d_name));
        if (dir != NULL)
            closedir(dir);
        find_stopped(t, tree.pids[i]);
    }
}

void
tasks_open(struct tasks *t, pid_t pid)
{
    t->pid = pid;
    t->count = 0;
    t->hides_calls = false;
    t->list_ns = 0;
}

void
tasks_close(struct tasks *t)
{
    while (t->count > 0)
        remove_task(t, t->count - 1);
}

/* --- what a task does ------------------------------------------------------
 */

/* Reads a file again from its beginning.  Returns whether it could be read. */
static bool
read_again(int fd, char *text, size_t size)
{
    ssize_t n = fd == -1 ? -1 : pread(fd, text, size - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Reads how long the task has run and has been ready.  Returns whether it is
 * likely that it has no CPU now: since the last sample it has waited for one
 * more than it has had one. */
static bool
read_times(struct task *task)
{
    int64_t cpu_ns = task->cpu_ns;
    int64_t queued_ns = task->queued_ns;
    char text[TEXT_LEN];

    if (!read_again(task->files[TASKS_TIMES], text, sizeof(text)) ||
        sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &task->cpu_ns,
               &task->queued_ns, &task->runs) != 3)
        return false;
    return task->queued_ns - queued_ns > task->cpu_ns - cpu_ns;
}

/* Finds what a thread waits for from the operation of its call of futex, as the
 * GNU C library uses it.  A lock waits in FUTEX_WAIT.  A condition variable and
 * a semaphore wait in FUTEX_WAIT_BITSET, as pthread_join does; but that waits
 * for the kernel, so its futex is not private, until the word that holds the
 * number of the thread changes. */
static enum sample_kind
find_futex(const struct tasks *t, const struct task *task,
           const unsigned long arguments[ARGUMENTS])
{
    enum {
        WAIT_BITSET = 9,
        WAIT_REQUEUE_PI = 11,
        COMMAND = 0x7f,
        PRIVATE = 0x80
    };
    int command = (int)(arguments[1] & COMMAND);

    if (command != WAIT_BITSET && command != WAIT_REQUEUE_PI)
        return SAMPLE_LOCKS;
    for (int i = 0; !(arguments[1] & PRIVATE) && i < t->count; i++)
        if (t->list[i].pid == task->pid &&
            t->list[i].tid == (pid_t)arguments[2])
            return SAMPLE_JOINS;
    return SAMPLE_CONDITIONS;
}

/* Returns whether the descriptor of a call is a UNIX socket.  It is asked once
 * for each socket. */
static bool
is_unix(struct task *task)
{
    if (task->inode != task->asked) {
        task->asked = task->inode;
        task->is_unix = sockets_is_unix(task->pid, task->fd);
    }
    return task->inode != 0 && task->is_unix;
}

/* Finds the kind of a call from its number and arguments. */
static void
find_call(const struct tasks *t, struct task *task, long number,
          const unsigned long arguments[ARGUMENTS])
{
    const struct call *c = calls;

    while (c->number != -1 && c->number != number)
        c++;
    task->call = c->name;
    task->kind = c->kind;
    if (c->arguments == FD || c->arguments == FD_SOCKET) {
        task->fd = (int)arguments[0];
        task->inode = sockets_inode(task->pid, task->fd);
    }
    if (c->arguments == FD_SOCKET && task->inode == 0)
        task->kind = SAMPLE_OTHER;
    if (task->kind == SAMPLE_RECEIVES && is_unix(task))
        task->kind = SAMPLE_RECEIVES_LOCALLY;
    if (c->arguments == FUTEX)
        task->kind = find_futex(t, task, arguments);
    if (c->arguments == FDS_SELECT && arguments[0] == 0)
        task->kind = arguments[4] != 0 ? SAMPLE_DELAYS : SAMPLE_PAUSES;
    if (c->arguments == FDS_PPOLL && arguments[1] == 0)
        task->kind = arguments[2] != 0 ? SAMPLE_DELAYS : SAMPLE_PAUSES;
    if (c->arguments == FDS_POLL && arguments[1] == 0)
        task->kind = (int)arguments[2] >= 0 ? SAMPLE_DELAYS : SAMPLE_PAUSES;
}

/* Finds the kind from the letter of the state.  Returns false if the task has
 * ended. */
static bool
find_state(struct task *task, bool no_cpu)
{
    char text[TEXT_LEN];
    const char *state;

    if (!read_again(task->files[TASKS_STATE], text, sizeof(text)) ||
        (state = strrchr(text, ')')) == NULL || state[1] == '\0')
        return false;
    switch (state[2]) {
    case 'R':
        task->kind = no_cpu ? SAMPLE_READY : SAMPLE_RUNNING;
        return true;
    case 'Z':
        task->kind = SAMPLE_ZOMBIE;
        return true;
    case 'T':
    case 't':
        task->kind = SAMPLE_STOPPED;
        return true;
    case 'X':
        return false;
    default:
        task->kind = SAMPLE_SLEEPS;
        return true;
    }
}

/* Looks at one task.  Returns false if it has ended. */
static bool
look(struct tasks *t, struct task *task, int64_t now_ns)
{
    struct task before = *task;
    bool no_cpu = read_times(task);
    unsigned long arguments[ARGUMENTS];
    char text[TEXT_LEN];
    bool told = read_again(task->files[TASKS_CALL], text, sizeof(text));
    long number;

    task->call = "";
    task->fd = -1;
    task->inode = 0;
    if (sscanf(text, "%ld %lx %lx %lx %lx %lx", &number, &arguments[0],
               &arguments[1], &arguments[2], &arguments[3],
               &arguments[4]) == 1 + ARGUMENTS &&
        number >= 0)
        find_call(t, task, number, arguments);
    else if (!find_state(task, no_cpu))
        return false;
    else if (!told)
        t->hides_calls = true;
    if (task->runs != before.runs)
        task->is_stopped = false;
    if (task->is_stopped)
        task->kind = SAMPLE_STOPPED; /* whatever call it was in */
    if (task->kind == SAMPLE_SLEEPS && told)
        task->kind = SAMPLE_OTHER; /* a page fault, for example */
    if (task->runs != before.runs || task->kind != before.kind)
        task->since_ns = now_ns;
    return true;
}

void
tasks_look(struct tasks *t, int64_t now_ns, bool renew)
{
    int64_t began_ns = clock_now();

    if (t->pid > 0 && (renew || now_ns >= t->list_ns)) {
        list_tasks(t);
        t->list_ns = now_ns + LIST_SHARE * (clock_now() - began_ns);
        if (t->list_ns < now_ns + LIST_NS)
            t->list_ns = now_ns + LIST_NS;
    }
    for (int i = t->count - 1; i >= 0; i--)
        if (!look(t, &t->list[i], now_ns))
            remove_task(t, i);
}

#define _GNU_SOURCE /* wait4 */

#include "client/target/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

#define PATH_LEN 64
#define FILE_LEN 8192 /* longer than any of these files but "children" */
#define KIB      1024
#define LOOK_MS  1 /* between two looks at those who are ending */

/* Processes still to be looked at. */
struct pids {
    pid_t *pids;
    size_t count;
    size_t room;
};

/* Reads a file of /proc.  Returns false if it cannot be read: the process has
 * ended, or the kernel has no such file. */
static bool
read_file(const char *path, char text[FILE_LEN])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd == -1)
        return false;
    n = read(fd, text, FILE_LEN - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Adds the number behind a key, as in "Pss:   12 kB", to a sum.  -1, which is
 * not known, stays. */
static void
add(int64_t *sum, const char *text, const char *key, int64_t unit)
{
    const char *at = strstr(text, key);

    if (*sum == -1)
        return;
    if (at == NULL)
        *sum = -1;
    else
        *sum += strtoll(at + strlen(key), NULL, 10) * unit;
}

static void
push(struct pids *p, pid_t pid)
{
    if (p->count == p->room) {
        size_t room = p->room > 0 ? 2 * p->room : 64;
        pid_t *pids = realloc(p->pids, room * sizeof(*pids));

        /* Whoever does not fit is not seen. */
        if (pids == NULL)
            return;
        p->pids = pids;
        p->room = room;
    }
    p->pids[p->count++] = pid;
}

static void
push_children(struct pids *p, pid_t pid, const char *thread)
{
    char path[PATH_LEN + NAME_MAX];
    FILE *file;
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)pid, thread);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fscanf(file, "%d", &child) == 1)
        push(p, child);
    fclose(file);
}

/* Adds what a thread has used. */
static void
add_thread(struct process_tree *f, pid_t pid, const char *thread)
{
    char path[PATH_LEN + NAME_MAX];
    char text[FILE_LEN];

    snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid,
             thread);
    if (read_file(path, text))
        add(&f->cpu_ns, text, "", 1);
    snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid, thread);
    if (!read_file(path, text))
        return;
    add(&f->voluntary, text, "\nvoluntary_ctxt_switches:", 1);
    add(&f->involuntary, text, "\nnonvoluntary_ctxt_switches:", 1);
}

/* Goes through the threads of a process: all may have children. */
static void
visit_threads(struct process_tree *f, struct pids *p, pid_t pid, bool use)
{
    char path[PATH_LEN];
    const struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    dir = opendir(path);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (*entry->d_name == '.')
            continue;
        push_children(p, pid, entry->d_name);
        if (use)
            add_thread(f, pid, entry->d_name);
    }
    closedir(dir);
}

/* Adds the CPU time of children that have ended and were waited for: fields 16
 * and 17 of /proc/PID/stat, in clock ticks. */
static void
add_ended(struct process_tree *f, pid_t pid)
{
    char path[PATH_LEN];
    char text[FILE_LEN];
    const char *fields;
    long long user;
    long long kernel;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (f->cpu_ns == -1 || !read_file(path, text))
        return;
    /* The second field is a name in brackets, with anything in it. */
    fields = strrchr(text, ')');
    if (fields != NULL &&
        sscanf(fields,
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lld "
               "%lld",
               &user, &kernel) == 2)
        f->cpu_ns += (user + kernel) * (CLOCK_S / sysconf(_SC_CLK_TCK));
}

/* Counts the entries of a folder of /proc; -1 if it cannot be read. */
static int64_t
count_entries(const char *path)
{
    const struct dirent *entry;
    DIR *dir = opendir(path);
    int64_t n = 0;

    if (dir == NULL)
        return -1;
    while ((entry = readdir(dir)) != NULL)
        n += *entry->d_name != '.';
    closedir(dir);
    return n;
}

static void
add_process(struct process_tree *f, pid_t pid)
{
    char path[PATH_LEN];
    char text[FILE_LEN];
    int64_t threads = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (!read_file(path, text) || strstr(text, "\nState:\tZ") != NULL)
        return;
    f->processes++;
    add(&threads, text, "\nThreads:", 1);
    if (threads > f->threads)
        f->threads = threads;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    /* It may have ended in between. */
    if (read_file(path, text))
        add(&f->memory, text, "\nPss:", KIB);
    else if (access("/proc/self/smaps_rollup", R_OK) == -1)
        f->memory = -1;
}

static struct process_tree
look(pid_t pid, bool use)
{
    struct process_tree f = {.processes = 0};
    struct pids todo = {.count = 0};

    push(&todo, pid);
    while (todo.count > 0) {
        pid_t next = todo.pids[--todo.count];

        if (use)
            add_ended(&f, next);
        else
            add_process(&f, next);
        visit_threads(&f, &todo, next, use);
    }
    free(todo.pids);
    return f;
}

struct process_tree
process_tree_size(pid_t pid)
{
    struct process_tree f = look(pid, false);

    if (f.processes == 0) /* no /proc */
        f = (struct process_tree){.processes = -1, .threads = -1, .memory = -1};
    return f;
}

struct process_tree
process_tree_use(pid_t pid)
{
    struct process_tree f = look(pid, true);

    if (access("/proc/self/schedstat", R_OK) == -1)
        f.cpu_ns = -1;
    if (access("/proc/self/status", R_OK) == -1)
        f.voluntary = f.involuntary = -1;
    return f;
}

/* Goes through the family, and adds up what count finds of each process, where
 * that is not -1.  Returns -1 if that is so everywhere. */
static int64_t
sum_up(pid_t pid, int64_t (*count)(pid_t pid))
{
    struct process_tree none = {.processes = 0};
    struct pids todo = {.count = 0};
    int64_t sum = -1;

    push(&todo, pid);
    while (todo.count > 0) {
        pid_t next = todo.pids[--todo.count];
        int64_t n = count(next);

        if (n != -1)
            sum = sum == -1 ? n : sum + n;
        visit_threads(&none, &todo, next, false);
    }
    free(todo.pids);
    return sum;
}

static int64_t
count_descriptors(pid_t pid)
{
    char path[PATH_LEN];

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    return count_entries(path);
}

static int64_t
count_zombie(pid_t pid)
{
    char path[PATH_LEN];
    char text[FILE_LEN];

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if (!read_file(path, text))
        return -1;
    return strstr(text, "\nState:\tZ") != NULL;
}

int64_t
process_tree_descriptors(pid_t pid)
{
    return sum_up(pid, count_descriptors);
}

int64_t
process_tree_zombies(pid_t pid)
{
    return sum_up(pid, count_zombie);
}

static struct pids own_children; /* see process_tree_remember_children */

/* Returns the children of this process, to be freed. */
static struct pids
find_children(void)
{
    struct process_tree none = {.processes = 0};
    struct pids found = {.count = 0};

    visit_threads(&none, &found, getpid(), false);
    return found;
}

void
process_tree_remember_children(void)
{
    own_children = find_children();
}

static bool
is_own(pid_t pid)
{
    for (size_t i = 0; i < own_children.count; i++)
        if (own_children.pids[i] == pid)
            return true;
    return false;
}

int64_t
process_tree_strangers(void)
{
    struct pids found = find_children();
    int64_t count = 0;

    for (size_t i = 0; i < found.count; i++)
        if (!is_own(found.pids[i]))
            count += look(found.pids[i], false).processes;
    free(found.pids);
    return count;
}

/* Ends the children that are there now.  Returns how many there were. */
static int
end_children(int64_t *cpu_ns)
{
    struct pids found = find_children();
    struct rusage usage;
    int count = 0;

    for (size_t i = 0; i < found.count; i++) {
        if (is_own(found.pids[i]))
            continue;
        count++;
        /* Nobody but us reaps it, so that its number is not another's.  If it
         * may not be killed, that shows in the end. */
        (void)kill(found.pids[i], SIGKILL);
        if (wait4(found.pids[i], NULL, WNOHANG, &usage) > 0)
            *cpu_ns +=
                (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * CLOCK_S +
                (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * CLOCK_US;
    }
    free(found.pids);
    return count;
}

bool
process_tree_end_strangers(int64_t patience_ns, int64_t *cpu_ns)
{
    int64_t deadline_ns = clock_now() + patience_ns;

    while (end_children(cpu_ns) > 0) {
        if (clock_now() >= deadline_ns)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

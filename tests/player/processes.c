#include "tests/player/processes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

/* Reads a file of /proc/PID, or as much as fits into text.  A process that has
 * gone leaves text empty. */
static void
read_file(pid_t pid, const char *name, char *text, size_t size)
{
    char path[300];
    FILE *f;
    size_t n = 0;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    f = fopen(path, "r");
    if (f != NULL) {
        n = fread(text, 1, size - 1, f);
        fclose(f);
    }
    text[n] = '\0';
}

/* Returns the number behind key in the text of a file; 0 if it is not there. */
static long
number_behind(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    return found == NULL ? 0 : strtol(found + strlen(key), NULL, 10);
}

/* Opens a directory of /proc/PID; NULL if the process has gone. */
static DIR *
open_directory(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return opendir(path);
}

/* Returns the next entry that is a number, 0 at the end. */
static long
next_number(DIR *directory)
{
    struct dirent *entry;
    long number = 0;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while (number == 0 && (entry = readdir(directory)) != NULL)
        number = strtol(entry->d_name, NULL, 10);
    return number;
}

static long
count_entries(pid_t pid, const char *name)
{
    DIR *directory = open_directory(pid, name);
    struct dirent *entry;
    long count = 0;

    if (directory == NULL)
        return 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/* Adds the children that one thread of pid has. */
static void
add_children(pid_t pid, long thread, struct processes *children)
{
    char name[64];
    char text[8 * PROCESSES_MAX];
    char *rest = text;
    char *end;

    snprintf(name, sizeof(name), "task/%ld/children", thread);
    read_file(pid, name, text, sizeof(text));
    while (children->count < PROCESSES_MAX) {
        pid_t child = (pid_t)strtol(rest, &end, 10);

        if (end == rest)
            break;
        children->pids[children->count++] = child;
        rest = end;
    }
}

void
processes_children(pid_t pid, struct processes *children)
{
    DIR *threads = open_directory(pid, "task");
    long thread;

    children->count = 0;
    if (threads == NULL)
        return;
    while ((thread = next_number(threads)) != 0)
        add_children(pid, thread, children);
    closedir(threads);
}

static void
add_threads(pid_t pid, struct usage *usage)
{
    DIR *threads = open_directory(pid, "task");
    char text[4096];
    char name[64];
    long thread;

    if (threads == NULL)
        return;
    while ((thread = next_number(threads)) != 0) {
        snprintf(name, sizeof(name), "task/%ld/status", thread);
        read_file(pid, name, text, sizeof(text));
        usage->awake += strstr(text, "State:\tR") != NULL;
        usage->sleeps += number_behind(text, "\nvoluntary_ctxt_switches:");
    }
    closedir(threads);
}

/* Reads from a file "stat" the CPU time in ticks: of the process or thread
 * itself, and of the children that it has waited for.  Both are 0 if it has
 * gone. */
static void
read_ticks(pid_t pid, const char *name, int64_t *own, int64_t *children)
{
    char text[4096];
    unsigned long user;
    unsigned long system;
    long children_user;
    long children_system;
    const char *name_end;

    *own = *children = 0;
    read_file(pid, name, text, sizeof(text));
    name_end = strrchr(text, ')');
    if (name_end == NULL ||
        sscanf(name_end + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
               &user, &system, &children_user, &children_system) != 4)
        return;
    *own = (int64_t)user + (int64_t)system;
    *children = (int64_t)children_user + children_system;
}

/* Adds what pid has used, with the children that it has waited for. */
static void
add_usage(pid_t pid, struct usage *usage)
{
    int64_t own;
    int64_t children;

    read_ticks(pid, "stat", &own, &children);
    usage->cpu_ns += (own + children) * (CLOCK_S / sysconf(_SC_CLK_TCK));
    add_threads(pid, usage);
}

struct usage
processes_usage(pid_t pid)
{
    struct usage usage = {0};
    struct processes children;

    processes_children(pid, &children);
    add_usage(pid, &usage);
    for (int i = 0; i < children.count; i++)
        add_usage(children.pids[i], &usage);
    return usage;
}

/* Returns how many threads of one process have used so much CPU time. */
static long
count_computing(pid_t pid, int64_t cpu_ns)
{
    DIR *threads = open_directory(pid, "task");
    char name[64];
    long thread;
    long count = 0;
    int64_t own;
    int64_t children;

    while (threads != NULL && (thread = next_number(threads)) != 0) {
        snprintf(name, sizeof(name), "task/%ld/stat", thread);
        read_ticks(pid, name, &own, &children);
        count += own * (CLOCK_S / sysconf(_SC_CLK_TCK)) >= cpu_ns;
    }
    if (threads != NULL)
        closedir(threads);
    return count;
}

long
processes_computing(pid_t pid, int64_t cpu_ns)
{
    struct processes children;
    long count = count_computing(pid, cpu_ns);

    processes_children(pid, &children);
    for (int i = 0; i < children.count; i++)
        count += count_computing(children.pids[i], cpu_ns);
    return count;
}

static long
memory_of(pid_t pid)
{
    char text[4096];

    read_file(pid, "smaps_rollup", text, sizeof(text));
    return number_behind(text, "\nPss:");
}

long
processes_memory(pid_t pid)
{
    struct processes children;
    long kib = memory_of(pid);

    processes_children(pid, &children);
    for (int i = 0; i < children.count; i++)
        kib += memory_of(children.pids[i]);
    return kib;
}

/* Returns how many threads of one process wait in this system call. */
static long
count_waiting(pid_t pid, long call, bool *told)
{
    DIR *threads = open_directory(pid, "task");
    char text[256];
    char name[64];
    long thread;
    long count = 0;

    while (threads != NULL && (thread = next_number(threads)) != 0) {
        char *end;
        long number;

        snprintf(name, sizeof(name), "task/%ld/syscall", thread);
        read_file(pid, name, text, sizeof(text));
        number = strtol(text, &end, 10);
        *told = *told || *text != '\0';
        count += end != text && number == call;
    }
    if (threads != NULL)
        closedir(threads);
    return count;
}

long
processes_waiting_in(pid_t pid, long call)
{
    struct processes children;
    bool told = false;
    long count = count_waiting(pid, call, &told);

    processes_children(pid, &children);
    for (int i = 0; i < children.count; i++)
        count += count_waiting(children.pids[i], call, &told);
    return told ? count : -1;
}

long
processes_descriptors(pid_t pid)
{
    return count_entries(pid, "fd");
}

long
processes_threads(pid_t pid)
{
    return count_entries(pid, "task");
}

/* Tells whether pid has ended, whether or not it has been waited for. */
static bool
has_ended(pid_t pid)
{
    char text[4096];

    read_file(pid, "status", text, sizeof(text));
    return *text == '\0' || strstr(text, "State:\tZ") != NULL ||
           strstr(text, "State:\tX") != NULL;
}

long
processes_zombies(pid_t pid)
{
    struct processes children;
    long count = 0;

    processes_children(pid, &children);
    for (int i = 0; i < children.count; i++)
        count += has_ended(children.pids[i]);
    return count;
}

bool
processes_have_ended(const struct processes *all)
{
    for (int i = 0; i < all->count; i++)
        if (!has_ended(all->pids[i]))
            return false;
    return true;
}

#define _GNU_SOURCE /* prlimit */

#include "client/target/members.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"

#define PATH_LEN     64
#define LOOKS        50 /* at whether all are stopped, */
#define LOOK_MS      2  /* so often */
#define NUMBERS_MAX  4096
#define STATE_GONE   'X'
#define LIMIT_FAILED (-1)

static struct rlimit limit_before;

static void
add_children(struct members *m, int parent, const char *thread)
{
    char path[PATH_LEN + NAME_MAX];
    FILE *file;
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/children",
             (int)m->pids[parent], thread);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (m->count < MEMBERS_MAX && fscanf(file, "%d", &child) == 1) {
        m->parents[m->count] = parent;
        m->pids[m->count++] = child;
    }
    fclose(file);
}

void
members_list(struct members *m, pid_t pid)
{
    m->pids[0] = pid;
    m->parents[0] = 0;
    m->count = 1;
    for (int i = 0; i < m->count; i++) {
        char path[PATH_LEN];
        const struct dirent *entry;
        DIR *dir;

        snprintf(path, sizeof(path), "/proc/%d/task", (int)m->pids[i]);
        dir = opendir(path);
        if (dir == NULL)
            continue;
        while ((entry = readdir(dir)) != NULL)
            if (*entry->d_name != '.')
                add_children(m, i, entry->d_name);
        closedir(dir);
    }
}

/* Reads which program a process runs.  Returns false if that is not known. */
static bool
read_program(pid_t pid, char program[PATH_MAX])
{
    char path[PATH_LEN];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    n = readlink(path, program, PATH_MAX - 1);
    program[n > 0 ? n : 0] = '\0';
    return n > 0;
}

bool
members_is_worker(const struct members *m, int member)
{
    char own[PATH_MAX];
    char parents[PATH_MAX];

    return member > 0 && member < MEMBERS_MAX &&
           read_program(m->pids[member], own) &&
           read_program(m->pids[m->parents[member]], parents) &&
           strcmp(own, parents) == 0;
}

/* Returns the letter that proc(5) has for what a process does. */
static char
state_of(pid_t pid)
{
    char path[PATH_LEN];
    char line[PATH_LEN];
    char state = STATE_GONE;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return state;
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "State: %c", &state) == 1)
            break;
    fclose(file);
    return state;
}

static bool
is_gone(pid_t pid)
{
    char state = state_of(pid);

    return state == STATE_GONE || state == 'Z';
}

int
members_gone(const struct members *m)
{
    int n = 0;

    for (int i = 0; i < m->count; i++)
        n += is_gone(m->pids[i]);
    return n;
}

void
members_signal(const struct members *m, int signal_number)
{
    /* One that has ended meanwhile does not get it. */
    for (int i = 0; i < m->count; i++)
        (void)kill(m->pids[i], signal_number);
}

bool
members_await_end(pid_t pid, int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    while (!is_gone(pid)) {
        if (clock_now() >= deadline_ns)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

void
members_await_stop(const struct members *m)
{
    for (int i = 0; i < LOOKS; i++) {
        bool all = true;

        for (int j = 0; j < m->count; j++)
            all = all && (state_of(m->pids[j]) == 'T' || is_gone(m->pids[j]));
        if (all)
            return;
        (void)poll(NULL, 0, LOOK_MS);
    }
}

/* Returns the limit above which no descriptor of a process is, when room more
 * have been opened: those below it that are not in use count, too.  -1: not
 * known. */
static int
limit_for(pid_t pid, int room)
{
    static bool used[NUMBERS_MAX];
    char path[PATH_LEN];
    const struct dirent *entry;
    int limit = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    if (dir == NULL)
        return LIMIT_FAILED;
    memset(used, 0, sizeof(used));
    while ((entry = readdir(dir)) != NULL) {
        long fd = strtol(entry->d_name, NULL, 10);

        if (*entry->d_name != '.' && fd < NUMBERS_MAX)
            used[fd] = true;
    }
    closedir(dir);
    for (int left = room; limit < NUMBERS_MAX; limit++)
        if (!used[limit] && left-- == 0)
            return limit;
    return LIMIT_FAILED;
}

bool
members_limit(const struct members *m, int room)
{
    if (prlimit(m->pids[0], RLIMIT_NOFILE, NULL, &limit_before) == -1)
        return false;
    for (int i = 0; i < m->count; i++) {
        struct rlimit limit = limit_before;
        int highest = limit_for(m->pids[i], room);

        if (is_gone(m->pids[i]))
            continue;
        limit.rlim_cur = (rlim_t)highest;
        if (highest == LIMIT_FAILED ||
            prlimit(m->pids[i], RLIMIT_NOFILE, &limit, NULL) == -1) {
            members_unlimit(m);
            return false;
        }
    }
    return true;
}

void
members_unlimit(const struct members *m)
{
    /* It fails for those that have ended. */
    for (int i = 0; i < m->count; i++)
        (void)prlimit(m->pids[i], RLIMIT_NOFILE, &limit_before, NULL);
}

long long
members_get_limit(pid_t pid)
{
    struct rlimit limit;

    if (pid == 0 || prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == -1)
        return -1;
    return limit.rlim_cur > LLONG_MAX ? LLONG_MAX : (long long)limit.rlim_cur;
}

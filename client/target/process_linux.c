#define _GNU_SOURCE /* prlimit, sched_getaffinity */

#include "client/target/process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "common/clock.h"

#define PATH_LEN      (64 + NAME_MAX)
#define FILE_LEN      8192 /* longer than any file that is read as a whole */
#define LINE_LEN      256
#define KIB           1024
#define SOCKETS_MAX   4096 /* of a process, that are looked for in a table */
#define NUMBERS_MAX   4096 /* descriptors that process_first_unused looks at */
#define LISTENERS_MAX 256  /* on one port */
#define STATE_LISTENS 0x0A /* of a socket in /proc/net/tcp */
#define EXEC_LOOKS    50   /* at an environment, one per ms */
#define WORD_DIGITS   8    /* of a word of an address there */

/* Returns a path, formatted like printf, until the end of the block. */
#define PATH(...) write_path((char[PATH_LEN]){0}, __VA_ARGS__)

static const char *__attribute__((format(printf, 2, 3)))
write_path(char path[PATH_LEN], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(path, PATH_LEN, format, args);
    va_end(args);
    return path;
}

/* Reads a file as text.  Returns false if it cannot be read, because the
 * process has ended or this kernel has no such file. */
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

/* Returns the next name in a folder of numbers, NULL at its end. */
static const char *
next_number(DIR *dir)
{
    const struct dirent *entry;

    do
        entry = readdir(dir);
    while (entry != NULL && *entry->d_name == '.');
    return entry != NULL ? entry->d_name : NULL;
}

/* Returns whether this kernel lets a process read such a file about itself. */
static bool
kernel_has(const char *path)
{
    return access(path, R_OK) == 0;
}

/* Adds the number after a key, as in "Pss:   12 kB", to a sum.  A sum that is
 * -1 stays so. */
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

enum process_state
process_state(pid_t pid)
{
    static const char key[] = "\nState:\t";
    char text[FILE_LEN];
    const char *at;

    if (!read_file(PATH("/proc/%d/status", (int)pid), text))
        return PROCESS_GONE;
    at = strstr(text, key);
    switch (at != NULL ? at[strlen(key)] : 'X') {
    case 'X':
        return PROCESS_GONE;
    case 'Z':
        return PROCESS_ZOMBIE;
    case 'T':
    case 't':
        return PROCESS_STOPPED;
    default:
        return PROCESS_ALIVE;
    }
}

/* Reads a file of a process that holds numbers and a name in brackets, which
 * may hold anything (/proc/PID/stat).  Writes the text behind the name, whose
 * first field is the state.  Returns false if the process has ended. */
static bool
read_stat(pid_t pid, char text[FILE_LEN])
{
    const char *end;

    if (!read_file(PATH("/proc/%d/stat", (int)pid), text))
        return false;
    end = strrchr(text, ')');
    if (end == NULL)
        return false;
    memmove(text, end + 1, strlen(end + 1) + 1);
    return true;
}

/* Writes the children that one thread of a process has; returns how many. */
static int
thread_children(pid_t pid, const char *thread, pid_t *children, int max)
{
    FILE *file =
        fopen(PATH("/proc/%d/task/%s/children", (int)pid, thread), "re");
    int count = 0;

    if (file == NULL)
        return 0;
    while (count < max && fscanf(file, "%d", &children[count]) == 1)
        count++;
    fclose(file);
    return count;
}

/* Does the work of process_children on a kernel without lists of children
 * (CONFIG_PROC_CHILDREN): asks every process for its parent. */
static int
search_children(pid_t pid, pid_t *children, int max)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    if (dir == NULL)
        return 0;
    while (count < max && (entry = readdir(dir)) != NULL) {
        pid_t other = (pid_t)strtol(entry->d_name, NULL, 10);
        char text[FILE_LEN];
        int parent;

        if (other > 0 && read_stat(other, text) &&
            sscanf(text, " %*c %d", &parent) == 1 && parent == pid)
            children[count++] = other;
    }
    closedir(dir);
    return count;
}

int
process_children(pid_t pid, pid_t *children, int max)
{
    DIR *dir;
    const char *thread;
    int count = 0;

    if (!kernel_has("/proc/thread-self/children"))
        return search_children(pid, children, max);
    dir = opendir(PATH("/proc/%d/task", (int)pid));
    if (dir == NULL)
        return 0;
    while ((thread = next_number(dir)) != NULL)
        count += thread_children(pid, thread, children + count, max - count);
    closedir(dir);
    return count;
}

/* Tells whether a process was started with this variable in its environment.
 * *empty tells whether no variable could be seen. */
static bool
has_variable(pid_t pid, const char *variable, bool *empty)
{
    FILE *file = fopen(PATH("/proc/%d/environ", (int)pid), "re");
    char *text = NULL;
    size_t size = 0;
    bool found = false;

    *empty = file != NULL;
    if (file == NULL)
        return false;
    while (!found && getdelim(&text, &size, '\0', file) > 0) {
        *empty = false;
        found = strcmp(text, variable) == 0;
    }
    free(text);
    fclose(file);
    return found;
}

bool
process_belongs(pid_t pid, pid_t session, const char *mark)
{
    char text[FILE_LEN];
    int own;

    if (read_stat(pid, text) && sscanf(text, " %*c %*d %*d %d", &own) == 1 &&
        own == session)
        return true;
    for (int look = 0; look < EXEC_LOOKS; look++) {
        bool empty;

        if (has_variable(pid, mark, &empty))
            return true;
        if (!empty || process_state(pid) != PROCESS_ALIVE)
            return false;
        /* execve shows no environment until it has put the new one in place. */
        (void)poll(NULL, 0, 1);
    }
    return false;
}

bool
process_can_look(void)
{
    char self[LINE_LEN];
    ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

    self[n > 0 ? n : 0] = '\0';
    return strtol(self, NULL, 10) == getpid();
}

void
process_add_size(struct process_size *sum, pid_t pid)
{
    enum process_state state = process_state(pid);
    char text[FILE_LEN];
    int64_t threads = 0;

    if (state == PROCESS_GONE || state == PROCESS_ZOMBIE ||
        !read_file(PATH("/proc/%d/status", (int)pid), text))
        return;
    sum->processes++;
    add(&threads, text, "\nThreads:", 1);
    if (threads > sum->threads)
        sum->threads = threads;
    if (read_file(PATH("/proc/%d/smaps_rollup", (int)pid), text)) {
        /* Linux before 5.4 shows Pss, but not the parts of it. */
        bool has_parts = strstr(text, "\nPss_Anon:") != NULL;

        add(&sum->memory, text, "\nPss:", KIB);
        add(&sum->own, text, has_parts ? "\nPss_Anon:" : "\nPss:", KIB);
        if (has_parts)
            add(&sum->own, text, "\nPss_Shmem:", KIB);
    } else if (!kernel_has("/proc/self/smaps_rollup")) {
        sum->memory = -1; /* otherwise the process has ended meanwhile */
        sum->own = -1;
    }
}

/* Adds the CPU time of children that have ended and were waited for: fields 16
 * and 17 of /proc/PID/stat, in clock ticks. */
static void
add_ended_children(struct process_use *sum, pid_t pid)
{
    char text[FILE_LEN];
    long long user;
    long long kernel;

    if (sum->cpu_ns != -1 && read_stat(pid, text) &&
        sscanf(text,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lld "
               "%lld",
               &user, &kernel) == 2)
        sum->cpu_ns += (user + kernel) * (CLOCK_S / sysconf(_SC_CLK_TCK));
}

void
process_add_use(struct process_use *sum, pid_t pid)
{
    DIR *dir = opendir(PATH("/proc/%d/task", (int)pid));
    char text[FILE_LEN];
    const char *thread;

    if (!kernel_has("/proc/self/schedstat"))
        sum->cpu_ns = -1;
    if (!kernel_has("/proc/self/status"))
        sum->voluntary = sum->involuntary = -1;
    if (dir == NULL)
        return;
    add_ended_children(sum, pid);
    while ((thread = next_number(dir)) != NULL) {
        if (read_file(PATH("/proc/%d/task/%s/schedstat", (int)pid, thread),
                      text))
            add(&sum->cpu_ns, text, "", 1);
        if (!read_file(PATH("/proc/%d/task/%s/status", (int)pid, thread), text))
            continue;
        add(&sum->voluntary, text, "\nvoluntary_ctxt_switches:", 1);
        add(&sum->involuntary, text, "\nnonvoluntary_ctxt_switches:", 1);
    }
    closedir(dir);
}

int
process_threads(pid_t pid, struct process_thread *threads, int max)
{
    DIR *dir = opendir(PATH("/proc/%d/task", (int)pid));
    char text[FILE_LEN];
    const char *thread;
    int count = 0;

    if (!kernel_has("/proc/self/schedstat"))
        count = max = -1;
    if (dir == NULL)
        return count;
    while (count < max && (thread = next_number(dir)) != NULL) {
        struct process_thread now = {.id = (pid_t)strtol(thread, NULL, 10)};

        if (!read_file(PATH("/proc/%d/task/%s/schedstat", (int)pid, thread),
                       text) ||
            sscanf(text, "%" SCNd64 " %" SCNd64, &now.ran_ns, &now.waited_ns) !=
                2 ||
            !read_file(PATH("/proc/%d/task/%s/status", (int)pid, thread), text))
            continue; /* it has ended */
        add(&now.sleeps, text, "\nvoluntary_ctxt_switches:", 1);
        now.runs = strstr(text, "\nState:\tR") != NULL;
        /* The kernel's function in which it sleeps: do_epoll_wait, ep_poll,
         * poll_schedule_timeout (poll and select) in various versions,
         * io_cqring_wait (io_uring_enter), and inet_csk_accept. */
        if (read_file(PATH("/proc/%d/task/%s/wchan", (int)pid, thread), text)) {
            now.polls = strstr(text, "poll") != NULL ||
                        strstr(text, "select") != NULL ||
                        strstr(text, "cqring") != NULL;
            now.accepts = strstr(text, "accept") != NULL;
        }
        threads[count++] = now;
    }
    closedir(dir);
    return count;
}

int64_t
process_descriptors(pid_t pid)
{
    DIR *dir = opendir(PATH("/proc/%d/fd", (int)pid));
    int64_t count = 0;

    if (dir == NULL)
        return -1;
    while (next_number(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

int64_t
process_limit(pid_t pid)
{
    struct rlimit limit;

    /* To prlimit, 0 is the process that calls it. */
    if (pid == 0 || prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == -1)
        return -1;
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int
process_first_unused(pid_t pid)
{
    bool used[NUMBERS_MAX] = {false};
    DIR *dir = opendir(PATH("/proc/%d/fd", (int)pid));
    const char *number;
    int first = 0;

    if (dir == NULL)
        return -1;
    while ((number = next_number(dir)) != NULL) {
        long fd = strtol(number, NULL, 10);

        if (fd < NUMBERS_MAX)
            used[fd] = true;
    }
    closedir(dir);
    while (first < NUMBERS_MAX && used[first])
        first++;
    return first < NUMBERS_MAX ? first : -1;
}

bool
process_set_limit(pid_t pid, const struct rlimit *limit, struct rlimit *before)
{
    return prlimit(pid, RLIMIT_NOFILE, limit, before) == 0;
}

bool
process_program(pid_t pid, char *path, size_t size)
{
    ssize_t n = readlink(PATH("/proc/%d/exe", (int)pid), path, size - 1);

    path[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Returns how many cores the control group with this folder may use on average;
 * most if it has no lower limit. */
static double
read_limit(const char *folder, double most)
{
    char text[FILE_LEN];
    char path[2 * PATH_MAX];
    double quota_us = -1; /* no limit: then cpu.max begins with "max" */
    double period_us = 0;

    snprintf(path, sizeof(path), "%s/cpu.max", folder);
    if (read_file(path, text)) {
        (void)sscanf(text, "%lf %lf", &quota_us, &period_us);
    } else { /* version 1 of control groups has two files */
        snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
        if (read_file(path, text))
            (void)sscanf(text, "%lf", &quota_us);
        snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
        if (read_file(path, text))
            (void)sscanf(text, "%lf", &period_us);
    }
    return quota_us > 0 && period_us > 0 && quota_us / period_us < most
               ? quota_us / period_us
               : most;
}

/* Returns the same for the control group of this process and those above it, in
 * the hierarchy in folder top.  mark finds its line in /proc/self/cgroup. */
static double
read_limits(const char *top, const char *mark, double most)
{
    char text[FILE_LEN];
    char folder[PATH_MAX];
    size_t len = strlen(top);
    char *line;

    snprintf(folder, sizeof(folder), "%s", top);
    if (read_file("/proc/self/cgroup", text) &&
        (line = strstr(text, mark)) != NULL &&
        (line = strchr(line + 1, ':')) != NULL)
        snprintf(folder, sizeof(folder), "%s%.*s", top,
                 (int)strcspn(line + 1, "\n"), line + 1);
    for (;;) {
        most = read_limit(folder, most);
        if (strlen(folder) <= len)
            return most;
        *strrchr(folder, '/') = '\0';
    }
}

/* Returns how many cores control groups let this process use on average. */
static double
read_quota(double most)
{
    most = read_limits("/sys/fs/cgroup", "::", most);
    most = read_limits("/sys/fs/cgroup/cpu", ":cpu:", most);
    return read_limits("/sys/fs/cgroup/cpu,cpuacct", ":cpu,cpuacct:", most);
}

struct process_cores
process_cores(void)
{
    cpu_set_t set;
    struct process_cores cores = {.present =
                                      (int)sysconf(_SC_NPROCESSORS_ONLN)};

    cores.allowed = sched_getaffinity(0, sizeof(set), &set) == -1
                        ? cores.present
                        : CPU_COUNT(&set);
    cores.time = read_quota(cores.allowed);
    return cores;
}

int64_t
process_run_delay(void)
{
    FILE *file = fopen("/proc/self/schedstat", "re");
    int64_t delay_ns = -1;

    if (file == NULL)
        return -1;
    if (fscanf(file, "%*d %" SCNd64, &delay_ns) != 1)
        delay_ns = -1;
    fclose(file);
    return delay_ns;
}

double
process_load(void)
{
    char text[FILE_LEN];
    struct sysinfo info;
    double average;
    int now;

    if (read_file("/proc/loadavg", text) &&
        sscanf(text, "%lf %*f %*f %d", &average, &now) == 2)
        return average > now ? average : now;
    return sysinfo(&info) == 0 ? (double)info.loads[0] / (1 << SI_LOAD_SHIFT)
                               : 0;
}

int64_t
process_all_cpu(void)
{
    struct process_cores cores = process_cores();
    int64_t user, nice, system, irq, softirq, steal;
    char text[FILE_LEN];

    if (cores.allowed < cores.present || cores.time < cores.allowed ||
        !read_file("/proc/stat", text) ||
        sscanf(text,
               "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %*d %*d %" SCNd64
               " %" SCNd64 " %" SCNd64,
               &user, &nice, &system, &irq, &softirq, &steal) != 6)
        return -1;
    return (user + nice + system + irq + softirq + steal) *
           (CLOCK_S / sysconf(_SC_CLK_TCK));
}

int
process_memory_file(void)
{
    return memfd_create("output", MFD_CLOEXEC);
}

bool
process_adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

bool
process_end_with_parent(void)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

/* Reads an address as /proc/net/tcp has it: in words of 32 bits, each a number
 * in the order of bytes of this machine. */
static void
read_address(const char *hex, char address[PROCESS_ADDRESS_MAX])
{
    struct in6_addr words; /* of an IPv4 address, only the first is used */
    bool is_long = strlen(hex) > WORD_DIGITS;

    for (size_t i = 0; i < (is_long ? 4 : 1); i++) {
        char digits[WORD_DIGITS + 1];
        uint32_t word;

        snprintf(digits, sizeof(digits), "%s", hex + i * WORD_DIGITS);
        word = (uint32_t)strtoul(digits, NULL, 16);
        memcpy(&words.s6_addr[i * sizeof(word)], &word, sizeof(word));
    }
    /* It fails only if there is no room. */
    (void)inet_ntop(is_long ? AF_INET6 : AF_INET, &words, address,
                    PROCESS_ADDRESS_MAX);
}

/* A socket that listens. */
struct listening {
    char address[4 * WORD_DIGITS + 1]; /* as the table has it */
    unsigned port;
    unsigned long inode;
};

/* Reads the next socket that listens from a table of sockets, which is NULL if
 * it could not be opened.  Returns false if there is none.  Listening sockets
 * come first (Documentation/networking/proc_net_tcp.rst), and the kernel makes
 * only as much of the table as is read. */
static bool
next_listening(FILE *table, struct listening *l)
{
    char line[LINE_LEN];
    unsigned state;

    while (table != NULL && fgets(line, sizeof(line), table) != NULL)
        /* The first line is a heading. */
        if (sscanf(line,
                   " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*s "
                   "%*s %lu",
                   l->address, &l->port, &state, &l->inode) == 4)
            return state == STATE_LISTENS;
    return false;
}

static void
close_table(FILE *table)
{
    if (table != NULL)
        fclose(table);
}

/* Looks in a table for a socket that listens on the port. */
static bool
find_listener(const char *path, unsigned port,
              char address[PROCESS_ADDRESS_MAX])
{
    FILE *table = fopen(path, "re");
    struct listening l;
    bool found = false;

    while (!found && next_listening(table, &l))
        found = l.port == port;
    close_table(table);
    if (found)
        read_address(l.address, address);
    return found;
}

bool
process_listens_on(unsigned port, char address[PROCESS_ADDRESS_MAX])
{
    return find_listener("/proc/net/tcp", port, address) ||
           find_listener("/proc/net/tcp6", port, address);
}

/* Writes the inodes of the sockets in a table that listen on the port and on
 * the address of the first of them; returns how many. */
static int
list_listeners(const char *path, unsigned port,
               unsigned long inodes[LISTENERS_MAX])
{
    FILE *table = fopen(path, "re");
    char first[sizeof(((struct listening *)0)->address)] = "";
    struct listening l;
    int count = 0;

    while (count < LISTENERS_MAX && next_listening(table, &l)) {
        if (l.port != port)
            continue;
        if (count == 0)
            memcpy(first, l.address, sizeof(first));
        if (strcmp(first, l.address) == 0)
            inodes[count++] = l.inode;
    }
    close_table(table);
    return count;
}

int
process_listeners(unsigned port)
{
    unsigned long inodes[LISTENERS_MAX];
    int count = list_listeners("/proc/net/tcp", port, inodes);
    int count6 = list_listeners("/proc/net/tcp6", port, inodes);

    return count > count6 ? count : count6;
}

/* Writes the inodes of the sockets of a process; returns how many. */
static int
list_sockets(pid_t pid, unsigned long inodes[SOCKETS_MAX])
{
    DIR *dir = opendir(PATH("/proc/%d/fd", (int)pid));
    const char *number;
    int count = 0;

    if (dir == NULL)
        return 0;
    while (count < SOCKETS_MAX && (number = next_number(dir)) != NULL) {
        char target[LINE_LEN];
        ssize_t n = readlink(PATH("/proc/%d/fd/%s", (int)pid, number), target,
                             sizeof(target) - 1);

        target[n > 0 ? n : 0] = '\0';
        count += sscanf(target, "socket:[%lu]", &inodes[count]) == 1;
    }
    closedir(dir);
    return count;
}

/* Returns the port of a listener in a table that is one of these sockets, 0 if
 * there is none; any port if port is 0. */
static unsigned
find_port(const char *path, unsigned port, const unsigned long *sockets,
          int count)
{
    FILE *table = fopen(path, "re");
    struct listening l;
    unsigned found = 0;

    while (found == 0 && next_listening(table, &l))
        for (int i = 0; i < count; i++)
            if (sockets[i] == l.inode && (port == 0 || port == l.port))
                found = l.port;
    close_table(table);
    return found;
}

unsigned
process_listening_port(pid_t pid, unsigned port)
{
    unsigned long sockets[SOCKETS_MAX];
    int count = list_sockets(pid, sockets);
    unsigned found = find_port("/proc/net/tcp", port, sockets, count);

    return found != 0 ? found
                      : find_port("/proc/net/tcp6", port, sockets, count);
}

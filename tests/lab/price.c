/* price - what does it cost to give a piece of work to a thread or a process?
 *
 *     price [-n TIMES]
 *
 * The work is only to look at the clock, so what is measured is the price of
 * giving it away.  Three moments are measured, counted from the start:
 *
 *   - given: the call that gives the work away has returned, so the caller can
 *     go on, for example to the next client;
 *   - begun: the thread or process that got the work looks at the clock;
 *   - ended: the caller knows that the work is done (read, pthread_join or
 *     waitpid has returned).
 *
 * The CPU time is that of the caller and of the thread or process that got the
 * work.
 *
 * The memory is what one more thread or process has for itself while it waits:
 * the pages that it shares with no other process, and its page tables.  Its
 * stack in the kernel is not included (16 KiB on most machines). */

#define _GNU_SOURCE /* madvise */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/shared.h"
#include "common/values.h"

#define TIMES_MAX 10000
#define LARGE     (64 * 1024 * 1024) /* bytes */
#define SLEEPERS  20 /* wait while the memory of one is measured */

enum moment {
    GIVEN,
    BEGUN,
    ENDED,
    MOMENTS
};

static int64_t given;
static int64_t *begun; /* in memory that all processes share */

/* The work goes through the first pipe, and its end is reported by the
 * second. */
static int to_worker[2] = {-1, -1};
static int from_worker[2] = {-1, -1};

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void
work(void)
{
    *begun = clock_now();
}

/* --- Threads and processes ------------------------------------------------ */

static pthread_t
start_thread(void *(*function)(void *))
{
    pthread_t thread;

    errno = pthread_create(&thread, NULL, function, NULL);
    if (errno != 0)
        give_up("pthread_create");
    return thread;
}

static pid_t
start_process(void *(*function)(void *))
{
    pid_t pid = fork();

    if (pid == -1)
        give_up("fork");
    if (pid == 0) {
        function(NULL);
        _exit(EXIT_SUCCESS);
    }
    return pid;
}

static void *
work_once(void *nothing)
{
    work();
    return nothing;
}

static void *
work_when_woken(void *nothing)
{
    char byte;

    while (read(to_worker[0], &byte, 1) == 1) {
        work();
        if (write(from_worker[1], &byte, 1) != 1)
            break;
    }
    return nothing;
}

static void *
sleep_always(void *nothing)
{
    pause();
    return nothing;
}

/* --- Ways to give the work away: what is prepared, and one piece of work -- */

static void
prepare_nothing(void)
{
}

static void
call_function(void)
{
    work();
    given = *begun;
}

static void
make_thread(void)
{
    pthread_t thread = start_thread(work_once);

    given = clock_now();
    errno = pthread_join(thread, NULL);
    if (errno != 0)
        give_up("pthread_join");
}

static void
make_process(void)
{
    pid_t pid = start_process(work_once);

    given = clock_now();
    if (waitpid(pid, NULL, 0) == -1)
        give_up("waitpid");
}

static void
open_pipes(void)
{
    if (pipe(to_worker) == -1 || pipe(from_worker) == -1)
        give_up("pipe");
}

static void
add_thread(void)
{
    open_pipes();
    start_thread(work_when_woken);
}

/* The process ends when it reads the end of the pipe, because its parent has
 * ended.  Therefore it must not hold the other end of the pipe itself. */
static void *
work_for_parent(void *nothing)
{
    close(to_worker[1]);
    return work_when_woken(nothing);
}

static void
add_process(void)
{
    open_pipes();
    start_process(work_for_parent);
}

static void
wake(void)
{
    char byte = 0;

    if (write(to_worker[1], &byte, 1) != 1)
        give_up("write");
    given = clock_now();
    if (read(from_worker[0], &byte, 1) != 1)
        give_up("read");
}

/* Gives the parent 64 MiB in pages of 4 KiB, which fork must not copy, but
 * whose page tables it copies. */
static void
grow(void)
{
    char *memory = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        give_up("memory");
    /* It fails in a kernel that has no huge pages. */
    (void)madvise(memory, LARGE, MADV_NOHUGEPAGE);
    memset(memory, 1, LARGE);
}

/* --- Memory, in KiB ------------------------------------------------------- */

/* Adds up lines "KEY: N kB" of /proc/PID/FILE whose KEY begins with key. */
static double
sum_of(pid_t pid, const char *file, const char *key)
{
    char path[64];
    char line[256];
    double sum = 0;
    FILE *stream;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    stream = fopen(path, "r");
    if (stream == NULL)
        give_up(path);
    while (fgets(line, sizeof(line), stream) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            sum += strtod(line + strcspn(line, ":") + 1, NULL);
    fclose(stream);
    return sum;
}

static double
memory_of(pid_t pid)
{
    return sum_of(pid, "smaps_rollup", "Private_") +
           sum_of(pid, "status", "VmPTE");
}

static double
memory_of_thread(void)
{
    double before = memory_of(getpid());

    for (int i = 0; i < SLEEPERS; i++)
        start_thread(sleep_always);
    clock_wait_until(clock_now() + 20 * CLOCK_MS); /* until they sleep */
    return (memory_of(getpid()) - before) / SLEEPERS;
}

static double
memory_of_process(void)
{
    pid_t pid = start_process(sleep_always);
    double memory;

    clock_wait_until(clock_now() + 20 * CLOCK_MS);
    memory = memory_of(pid);
    if (kill(pid, SIGKILL) == -1 || waitpid(pid, NULL, 0) == -1)
        give_up("kill");
    return memory;
}

/* --- The table ------------------------------------------------------------ */

static const struct way {
    const char *name;
    void (*prepare)(void);
    void (*give)(void);
    double (*memory)(void); /* or NULL */
} ways[] = {
    {"a function call", prepare_nothing, call_function, NULL},
    {"a thread that waits", add_thread, wake, memory_of_thread},
    {"a new thread", prepare_nothing, make_thread, memory_of_thread},
    {"a process that waits", add_process, wake, memory_of_process},
    {"a new process", prepare_nothing, make_process, memory_of_process},
    {"a new process, 64 MiB", grow, make_process, memory_of_process},
};

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Returns the CPU time of this process and of its children that have ended. */
static double
cpu_us(void)
{
    struct rusage children;

    if (getrusage(RUSAGE_CHILDREN, &children) == -1)
        give_up("getrusage");
    return (double)clock_used() / CLOCK_US +
           (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1e6 +
           (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
}

static void
run(const struct way *way, int times)
{
    static int64_t ns[MOMENTS][TIMES_MAX];
    int middle = times / 2;
    double cpu;

    way->prepare();
    cpu = cpu_us();
    for (int i = 0; i < times; i++) {
        int64_t start = clock_now();

        way->give();
        ns[GIVEN][i] = given - start;
        ns[BEGUN][i] = *begun - start;
        ns[ENDED][i] = clock_now() - start;
    }
    /* The CPU time of a process that waits is added when it has ended. */
    close(to_worker[1]);
    while (wait(NULL) > 0)
        continue;
    cpu = cpu_us() - cpu;
    printf("%-21s", way->name);
    for (int m = 0; m < MOMENTS; m++) {
        qsort(ns[m], (size_t)times, sizeof(ns[m][0]), compare_times);
        printf(" %8.1f", (double)ns[m][middle] / CLOCK_US);
    }
    printf(" %10.1f", cpu / times);
    if (way->memory != NULL)
        printf(" %8.0f", way->memory());
    printf("\n");
}

int
main(int argc, char **argv)
{
    char why[VALUES_WHY_MAX] = "no such option";
    int times = 50;
    int option;
    int status;

    while ((option = getopt(argc, argv, "n:")) != -1)
        if (option != 'n' ||
            !values_number(optarg, 1, TIMES_MAX, &times, why)) {
            fprintf(stderr, "price: %s\nusage: price [-n TIMES]\n", why);
            return 2;
        }
    begun = shared_take(sizeof(*begun));
    if (begun == NULL)
        give_up("memory");

    printf(
        "A piece of work is given away %d times: median times.\n\n"
        "                         given    begun    ended   CPU time   memory\n"
        "given to                    us       us       us         us      "
        "KiB\n",
        times);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        /* Each row has a process of its own, so none is slower because of what
         * another one has left behind. */
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == -1)
            give_up("fork");
        if (pid == 0) {
            run(&ways[i], times);
            exit(EXIT_SUCCESS);
        }
        if (waitpid(pid, &status, 0) == -1 || status != 0)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/* switches - what does it cost to go on with another client?
 *
 *     switches [-n TIMES]
 *
 * Two conversations take turns, TIMES times each, on one core: as two
 * coroutines, two fibers, two threads and two processes.  The time is that of
 * one change from one to the other.  Threads and processes wait in read(2) of a
 * pipe, and wake the other with write(2), so the kernel changes between them.
 *
 * The memory is what one more conversation has for itself while it waits, as in
 * price.c: private pages and page tables.  Its stack in the kernel is not
 * included. */

#define _GNU_SOURCE /* sched_setaffinity */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fiber.h"
#include "common/values.h"

#define TIMES_MAX 10000000
#define SLEEPERS  200 /* wait while the memory of one is measured */

static int times = 100000; /* turns of each of the two */

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* --- Coroutines: what each remembers, and the function -------------------- */

struct coroutine {
    int line;
    int turns;
};

/* Takes a turn, and returns false after the last one. */
static bool
take_turn(struct coroutine *c)
{
    switch (c->line) {
    case 0:
        for (c->turns = 0; c->turns < times; c->turns++) {
            c->line = 1;
            return true;
        case 1:;
        }
    }
    return false;
}

static void
switch_coroutines(void)
{
    static bool (*volatile turn)(struct coroutine *) = take_turn; /* a call */
    struct coroutine two[2] = {{0, 0}, {0, 0}};

    while (turn(&two[0]) && turn(&two[1]))
        continue;
}

static double
coroutine_memory(void)
{
    return sizeof(struct coroutine) / 1024.0;
}

/* --- Fibers --------------------------------------------------------------- */

static void
take_turns(void *nothing)
{
    (void)nothing;
    for (int i = 0; i < times; i++)
        fiber_wait();
}

static struct fiber *
make_fiber(void)
{
    struct fiber *f = fiber_new(take_turns, NULL);

    if (f == NULL)
        give_up("no stack");
    return f;
}

/* Each resumption is a change to a fiber and one back. */
static void
switch_fibers(void)
{
    struct fiber *f = make_fiber();

    for (int i = 0; i < times; i++)
        fiber_resume(f);
    fiber_free(f);
}

/* --- Threads and processes ------------------------------------------------ */

static int there[2], back[2]; /* pipes */

static void
open_pipes(void)
{
    if (pipe(there) == -1 || pipe(back) == -1)
        give_up("pipe");
}

/* ask has closed there[1]. */
static void
close_pipes(void)
{
    close(there[0]);
    close(back[0]);
    close(back[1]);
}

static void *
answer(void *nothing)
{
    char byte;

    while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
        continue;
    return nothing;
}

static void
ask(void)
{
    char byte = 0;

    for (int i = 0; i < times; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            give_up("pipe");
    close(there[1]); /* the other one ends */
}

static pthread_t
make_thread(void *(*function)(void *))
{
    pthread_t thread;

    errno = pthread_create(&thread, NULL, function, NULL);
    if (errno != 0)
        give_up("pthread_create");
    return thread;
}

static void
switch_threads(void)
{
    pthread_t thread;

    open_pipes();
    thread = make_thread(answer);
    ask();
    errno = pthread_join(thread, NULL);
    if (errno != 0)
        give_up("pthread_join");
    close_pipes();
}

static pid_t
make_process(void)
{
    pid_t pid = fork();

    if (pid == -1)
        give_up("fork");
    return pid;
}

static void
switch_processes(void)
{
    pid_t pid;

    open_pipes();
    pid = make_process();
    if (pid == 0) {
        close(there[1]);
        answer(NULL);
        _exit(EXIT_SUCCESS);
    }
    ask();
    if (waitpid(pid, NULL, 0) == -1)
        give_up("waitpid");
    close_pipes();
}

/* --- Memory, in KiB ------------------------------------------------------- */

/* Adds up the lines of /proc/PID/FILE that begin with key. */
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
fiber_memory(void)
{
    double before = memory_of(getpid());

    for (int i = 0; i < SLEEPERS; i++)
        fiber_resume(make_fiber());
    return (memory_of(getpid()) - before) / SLEEPERS;
}

static void *
sleep_always(void *nothing)
{
    pause();
    return nothing;
}

static double
thread_memory(void)
{
    double before = memory_of(getpid());

    for (int i = 0; i < SLEEPERS; i++)
        make_thread(sleep_always);
    clock_wait_until(clock_now() + 20 * CLOCK_MS); /* until they sleep */
    return (memory_of(getpid()) - before) / SLEEPERS;
}

static double
process_memory(void)
{
    pid_t pid = make_process();
    double memory;

    if (pid == 0)
        sleep_always(NULL);
    clock_wait_until(clock_now() + 20 * CLOCK_MS);
    memory = memory_of(pid);
    if (kill(pid, SIGKILL) == -1 || waitpid(pid, NULL, 0) == -1)
        give_up("kill");
    return memory;
}

/* --- The table ------------------------------------------------------------ */

static const struct way {
    const char *name;
    void (*run)(void);
    int changes; /* per turn */
    double (*memory)(void);
} ways[] = {
    {"coroutine", switch_coroutines, 2, coroutine_memory},
    {"fiber", switch_fibers, 2, fiber_memory},
    {"thread", switch_threads, 2, thread_memory},
    {"process", switch_processes, 2, process_memory},
};

static void
measure(const struct way *way)
{
    int64_t best_ns = CLOCK_NEVER;

    for (int round = 0; round < 3; round++) {
        int64_t start_ns = clock_now();
        int64_t took_ns;

        way->run();
        took_ns = clock_now() - start_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    printf("%-12s %10.1f %12.2f\n", way->name,
           (double)best_ns / ((double)way->changes * times), way->memory());
}

/* Lets this process and its children run on one core only. */
static void
use_one_core(void)
{
    cpu_set_t cores;
    int core = sched_getcpu();

    CPU_ZERO(&cores);
    CPU_SET((unsigned)(core < 0 ? 0 : core), &cores);
    if (sched_setaffinity(0, sizeof(cores), &cores) == -1)
        give_up("sched_setaffinity");
}

int
main(int argc, char **argv)
{
    char why[VALUES_WHY_MAX] = "no such option";
    int option;
    int status;

    while ((option = getopt(argc, argv, "n:")) != -1)
        if (option != 'n' ||
            !values_number(optarg, 1, TIMES_MAX, &times, why)) {
            fprintf(stderr, "switches: %s\nusage: switches [-n TIMES]\n", why);
            return 2;
        }
    use_one_core();
    printf("             one change   one waits\n"
           "two of       ns           KiB\n");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        /* Each row has a process of its own, so none is larger because of what
         * another one has left behind. */
        pid_t pid;

        fflush(stdout);
        pid = make_process();
        if (pid == 0) {
            measure(&ways[i]);
            exit(EXIT_SUCCESS);
        }
        if (waitpid(pid, &status, 0) == -1 || status != 0)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

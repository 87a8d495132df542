/* test_fiber - fibers stop and go on, and their stacks have an end. */

#define _GNU_SOURCE /* RLIMIT_AS */

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fiber.h"
#include "tests/unit/check.h"

#define MANY 200 /* fibers, more than FIBER_SPARE_MAX */

static char trace[64]; /* who ran, in order */

static void
note(char c)
{
    size_t len = strlen(trace);

    if (len + 1 < sizeof(trace))
        trace[len] = c;
}

static void
say_twice(void *letter)
{
    note(*(char *)letter);
    fiber_wait();
    note(*(char *)letter);
}

/* Ends the test if there is no memory for a fiber. */
static struct fiber *
make(void (*run)(void *), void *argument)
{
    struct fiber *f = fiber_new(run, argument);

    if (f == NULL) {
        perror("fiber_new");
        exit(EXIT_FAILURE);
    }
    return f;
}

static void
test_order(void)
{
    char a = 'a';
    char b = 'b';
    struct fiber *first = make(say_twice, &a);
    struct fiber *second = make(say_twice, &b);

    fiber_resume(first);
    note('-');
    fiber_resume(second);
    fiber_resume(first);
    note('-');
    fiber_resume(second);
    CHECK(strcmp(trace, "a-ba-b") == 0);
    fiber_free(first);
    fiber_free(second);
    fiber_free(NULL);
}

/* Waits in the deepest of several calls, with values in all of them. */
static int
sum_below(/* NOLINT(misc-no-recursion) */ int depth)
{
    double half = depth / 2.0;

    if (depth == 0) {
        fiber_wait();
        return 0;
    }
    return sum_below(depth - 1) + (int)(2 * half);
}

static void
sum_up(void *result)
{
    *(int *)result = sum_below(50);
}

static void
test_depth(void)
{
    static struct fiber *fibers[MANY];
    static int results[MANY];

    for (int i = 0; i < MANY; i++) {
        fibers[i] = make(sum_up, &results[i]);
        fiber_resume(fibers[i]);
    }
    /* Every other one is given up while it waits. */
    for (int i = 0; i < MANY; i += 2)
        fiber_free(fibers[i]);
    for (int i = 1; i < MANY; i += 2) {
        fiber_resume(fibers[i]);
        fiber_free(fibers[i]);
    }
    for (int i = 0; i < MANY; i++)
        CHECK(results[i] == (i % 2 == 0 ? 0 : 50 * 51 / 2));
}

/* Values that are in registers in this function stay there. */
static void
test_registers(void)
{
    char a = 'a';
    struct fiber *f = make(say_twice, &a);
    volatile double start = 1;
    double x = start + 1, y = start + 2, z = start + 3;
    long i = (long)start + 4, j = i + 1, k = i + 2;

    fiber_resume(f);
    CHECK(x * 100 + y * 10 + z == 234 && i * 100 + j * 10 + k == 567);
    fiber_resume(f);
    CHECK(x * 100 + y * 10 + z == 234 && i * 100 + j * 10 + k == 567);
    fiber_free(f);
}

/* Calls itself so many times. */
static void
recurse(/* NOLINT(misc-no-recursion) */ void *times)
{
    volatile char space[1000];
    int left = *(int *)times - 1;

    space[0] = 1;
    if (left > 0)
        recurse(&left);
    space[1] = space[0];
}

/* A child must end by a signal, or by the report of a sanitizer. */
static void
test_guard_page(void)
{
    pid_t pid;
    int status = 0;

    pid = fork();
    if (pid == 0) {
        int times = 1000;
        struct fiber *f = make(recurse, &times);

        close(STDERR_FILENO); /* a sanitizer writes a long report */
        fiber_resume(f);
        _exit(EXIT_SUCCESS);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(status != 0);
}

/* In a child, since a limit may not be raised again. */
static void
test_no_memory(void)
{
    struct rlimit limit = {0, 0};
    pid_t pid;
    int status = 0;

    pid = fork();
    if (pid == 0) {
        int made = 0;

        /* An emulator may take no notice of the limit. */
        if (setrlimit(RLIMIT_AS, &limit) == -1 ||
            mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                 0) != MAP_FAILED)
            _exit(EXIT_SUCCESS);
        while (made <= FIBER_SPARE_MAX && fiber_new(say_twice, NULL) != NULL)
            made++;
        _exit(made <= FIBER_SPARE_MAX ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
}

int
main(void)
{
    const char *sanitizer = getenv("SAN");

    test_order();
    test_depth();
    test_registers();
    test_guard_page();
    if (sanitizer == NULL || *sanitizer == '\0')
        test_no_memory(); /* sanitizers and valgrind need memory of their own */
    return check_done();
}

/* check - what the unit tests say CHECK with: it counts, and prints where and
 * what, and the test goes on. */

#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <stdio.h>
#include <stdlib.h>

static int check_count;
static int check_failures;

#define CHECK(condition)                                                   \
    do {                                                                   \
        check_count++;                                                     \
        if (!(condition)) {                                                \
            check_failures++;                                              \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                  \
    } while (0)

/* Prints what has been checked, and returns the exit status of main. */
static inline int
check_done(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures == 0 && check_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

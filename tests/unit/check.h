/* check - CHECK, which all unit tests use: it counts conditions, and prints
 * those that do not hold.  The test goes on after a failure. */

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

/* Prints how many conditions were checked and have failed, and returns the exit
 * status for main. */
static inline int
check_done(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures == 0 && check_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

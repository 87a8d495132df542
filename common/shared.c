#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "common/shared.h"

#include <errno.h>
#include <sys/mman.h>

#include "common/log.h"

/* Enough for the counters of all workers there may be.  The kernel gives memory
 * for what is used of it. */
#define SIZE ((size_t)256 * 1024)

void *
shared_take(size_t size)
{
    static char *memory;
    static size_t taken;
    char *piece;

    if (memory == NULL) {
        memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            die("mmap");
    }
    if (size > SIZE - taken) {
        errno = ENOMEM;
        die("shared memory");
    }
    piece = memory + taken;
    taken += (size + SHARED_LINE - 1) / SHARED_LINE * SHARED_LINE;
    return piece;
}

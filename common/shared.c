#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "common/shared.h"

#include <errno.h>
#include <sys/mman.h>

void *
shared_take(size_t size)
{
    static char *memory;
    static size_t taken;
    char *piece;

    if (memory == NULL) {
        void *mapping = mmap(NULL, SHARED_MAX, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (mapping == MAP_FAILED)
            return NULL;
        memory = mapping;
    }
    if (size > SHARED_MAX - taken) {
        errno = ENOMEM;
        return NULL;
    }
    piece = memory + taken;
    taken += (size + SHARED_LINE - 1) / SHARED_LINE * SHARED_LINE;
    return piece;
}

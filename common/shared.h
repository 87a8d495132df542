/* shared - memory that a server shares with all processes that it forks.  The
 * counters that these processes keep together are in it.
 *
 * It is a single mapping, made once, because the kernel copies the description
 * of every mapping at every fork. */

#ifndef COMMON_SHARED_H
#define COMMON_SHARED_H

#include <stddef.h>

/* Every piece begins at a multiple of this: the bytes of a cache line. */
#define SHARED_LINE 64

/* The size of the mapping: enough for the counters of the largest pool.  The
 * kernel provides memory only for the pages that are used. */
#define SHARED_MAX (256 * 1024)

/* Returns size bytes of shared memory, all zero, which exist until the program
 * ends; or NULL with errno set if there is no memory.  Call it before any fork:
 * a child that called it would get memory that it shares with nobody. */
void *shared_take(size_t size);

#endif

/* shared - memory that a server has in common with all processes it forks, for
 * the counters that they keep together.
 *
 * All of it is one mapping, made once: what is mapped, the kernel has to copy
 * the description of at every fork. */

#ifndef COMMON_SHARED_H
#define COMMON_SHARED_H

#include <stddef.h>

/* On which each piece begins: bytes of a cache line. */
#define SHARED_LINE 64

/* All there is: enough for the counters of all workers there may be.  The
 * kernel gives memory for what is used of it. */
#define SHARED_MAX (256 * 1024)

/* Returns size bytes of zeroes, which stay until the program ends.  If there is
 * not the memory, the program ends with status 1.  Not to be called in a
 * child: what it got would be its own. */
void *shared_take(size_t size);

#endif

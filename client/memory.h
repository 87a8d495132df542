/* memory - memory for the tools.  If there is not enough, the program ends with
 * status 1, because no tool can do its work without it. */

#ifndef CLIENT_MEMORY_H
#define CLIENT_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* Returns memory for count things of so many bytes each, all zero; also if
 * count is 0.  Pages that are never written cost nothing.  The caller frees
 * it. */
void *memory_get(size_t count, size_t size);

/* Returns the same memory with room for count things of so many bytes each,
 * also if memory is NULL or count is 0.  The pointer to it may have changed. */
void *memory_grow(void *memory, size_t count, size_t size);

/* Returns a file that is written into memory.  After memory_close, *text is all
 * that was written, *size bytes and a NUL, and the caller frees it. */
FILE *memory_open(char **text, size_t *size);

/* Closes a file of memory_open. */
void memory_close(FILE *file);

#endif

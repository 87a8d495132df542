#include "client/memory.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/log.h"

void *
memory_get(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (memory == NULL)
        die("memory");
    return memory;
}

void *
memory_grow(void *memory, size_t count, size_t size)
{
    /* For 0 bytes, realloc may free the memory and return NULL. */
    void *grown = realloc(memory, count > 0 ? count * size : size);

    if (grown == NULL)
        die("memory");
    return grown;
}

FILE *
memory_open(char **text, size_t *size)
{
    FILE *file = open_memstream(text, size);

    if (file == NULL)
        die("memory");
    return file;
}

void
memory_close(FILE *file)
{
    bool failed = ferror(file) != 0;

    if (fclose(file) == EOF || failed)
        die("memory");
}

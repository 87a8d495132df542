#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/log.h"

#define SIZE_MAX_DIGITS INT64_C(9999999999) /* what ten characters can say */

static int file = -1;
static const char *mapping;
static size_t mapped; /* bytes */

void
file_open(const char *path)
{
    struct stat status;
    void *memory;

    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1 || fstat(file, &status) == -1)
        die("cannot read '%s'", path);
    if (!S_ISREG(status.st_mode) || status.st_size > SIZE_MAX_DIGITS) {
        log_error("cannot send '%s': %s", path,
                  S_ISREG(status.st_mode) ? "it has more than 9999999999 bytes"
                                          : "it is not a regular file");
        exit(EXIT_FAILURE);
    }
    /* A mapping of no bytes is not allowed, so an empty file gets one byte,
     * which nobody uses. */
    mapped = (size_t)status.st_size;
    memory =
        mmap(NULL, mapped > 0 ? mapped : 1, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        die("cannot map '%s'", path);
    mapping = memory;
}

size_t
file_size(const char **bytes)
{
    struct stat status;
    size_t size = mapped;

    *bytes = mapping;
    if (fstat(file, &status) == 0 && status.st_size < (off_t)mapped)
        size = (size_t)status.st_size;
    return size;
}

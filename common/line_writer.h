/* line_writer - writes whole lines to a descriptor, and drops a line instead of
 * waiting until some process reads it.
 *
 * A full pipe would block the process that writes to it, and a server must not
 * stop serving because nobody reads its log.  Only for a terminal it waits some
 * milliseconds. */

#ifndef COMMON_LINE_WRITER_H
#define COMMON_LINE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct line_writer {
    int fd;
    bool may_block; /* ask poll(2) before each write whether fd takes a line */
    bool terminal;
};

/* Returns a writer for fd.  For a pipe or a terminal it has a descriptor of its
 * own, which stays open until the program ends. */
struct line_writer line_writer_open(int fd);

/* Writes one line of len bytes, with a single write(2) if possible.  Returns
 * true if all bytes have been written.  If fd is a terminal that does not take
 * them and patient is true, it tries again for some milliseconds.
 * Async-signal-safe; changes errno. */
bool line_writer_write(const struct line_writer *w, const char *line,
                       size_t len, bool patient);

#endif

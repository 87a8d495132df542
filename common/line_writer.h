/* line_writer - writes whole lines to a descriptor and never waits for whatever
 * reads them.
 *
 * A full pipe would block the process that writes to it, and a server must not
 * stand still because nobody reads its log. */

#ifndef COMMON_LINE_WRITER_H
#define COMMON_LINE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct line_writer {
    int fd;
    bool may_block; /* poll(2) must say first whether a line fits */
    bool terminal;
};

/* Returns a writer for fd.  For a pipe or a terminal it has a descriptor of its
 * own, which stays open until the program ends. */
struct line_writer line_writer_open(int fd);

/* Writes len bytes, which are one line, with a single write(2) if possible.
 * Returns false if they could not be written now, or not all of them.  To a
 * terminal that does not take them it tries again for some milliseconds, if
 * patient is true.  Async-signal-safe; changes errno. */
bool line_writer_write(const struct line_writer *w, const char *line,
                       size_t len, bool patient);

#endif

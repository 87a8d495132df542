/* log_line - the text of a line for the log.  No I/O. */

#ifndef COMMON_LOG_LINE_H
#define COMMON_LOG_LINE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of a line with its newline.  It is below PIPE_BUF, so a pipe takes a
 * line whole or not at all. */
#define LOG_LINE_MAX 512

/* Begins a line: the time in seconds since the start, the process, and, if
 * thread is not 0, "/" and the thread, padded to columns.  Returns the length.
 * Async-signal-safe. */
size_t log_line_begin(char line[LOG_LINE_MAX], int64_t ms, pid_t process,
                      pid_t thread);

/* Appends to a line of len bytes, as printf does.  Returns the new length. What
 * does not fit is left out; there is always room for a newline. */
size_t log_line_append(char line[LOG_LINE_MAX], size_t len, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));
size_t
log_line_append_args(char line[LOG_LINE_MAX], size_t len, const char *format,
                     va_list args) __attribute__((format(printf, 3, 0)));

#endif

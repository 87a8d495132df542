#include "common/log_line.h"

#include <stdio.h>
#include <string.h>

#define TIME_WIDTH 9 /* columns; it grows after a day */
/* Columns for two numbers of 5 digits; it may grow. */
#define PROCESS_WIDTH 11

/* Writes number so that it ends before end, with at least this many digits.
 * Returns where it begins. */
static char *
put_number(char *end, int64_t number, int digits)
{
    for (; number > 0 || digits > 0; number /= 10, digits--)
        *--end = (char)('0' + number % 10);
    return end;
}

/* Without printf, which is not async-signal-safe. */
size_t
log_line_begin(char line[LOG_LINE_MAX], int64_t ms, pid_t process, pid_t thread)
{
    char field[32];
    char *end = field + sizeof(field);
    char *begin = put_number(end, ms % 1000, 3);
    size_t len;

    *--begin = '.';
    begin = put_number(begin, ms / 1000, 1);
    while (begin > end - TIME_WIDTH)
        *--begin = ' ';
    len = (size_t)(end - begin);
    memcpy(line, begin, len);
    line[len++] = ' ';

    begin = end;
    if (thread != 0) {
        begin = put_number(begin, thread, 1);
        *--begin = '/';
    }
    begin = put_number(begin, process, 1);
    memcpy(line + len, begin, (size_t)(end - begin));
    len += (size_t)(end - begin);
    for (; begin > end - PROCESS_WIDTH; begin--)
        line[len++] = ' ';
    line[len++] = ' ';
    return len;
}

size_t
log_line_append_args(char line[LOG_LINE_MAX], size_t len, const char *format,
                     va_list args)
{
    int n = vsnprintf(line + len, LOG_LINE_MAX - len, format, args);

    if (n < 0)
        return len;
    return len + (size_t)n < LOG_LINE_MAX ? len + (size_t)n : LOG_LINE_MAX - 1;
}

size_t
log_line_append(char line[LOG_LINE_MAX], size_t len, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    len = log_line_append_args(line, len, format, args);
    va_end(args);
    return len;
}

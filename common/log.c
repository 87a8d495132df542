#define _GNU_SOURCE /* gettid */

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/shared.h"

#define LINE_MAX_BYTES 512 /* below PIPE_BUF: a pipe takes a line whole */
#define TIME_WIDTH     9   /* at least, and so is the other: they may grow */
#define PROCESS_WIDTH  11  /* two numbers of 5 digits */
#define PREFIX_MAX     64
#define TERMINAL_TRIES 20 /* a millisecond apart */

/* Where lines go.  For a pipe or a terminal fd is a descriptor of our own. */
struct output {
    int fd;
    bool may_block;
    bool terminal;
};

enum log_level log_level = LOG_EVENTS;

static struct {
    const char *program;
    bool threads;
    int64_t started_ns;
    struct output out, err;
    atomic_uint *dropped; /* lines since the last was written; all processes */
} log_state = {.program = "?", .out.fd = 1, .err.fd = 2};

/* getpid and gettid are system calls, and a trace should show the model. */
static _Thread_local pid_t own_pid;
static _Thread_local pid_t own_tid;

static void
forget_pid(void)
{
    own_pid = 0;
    own_tid = 0;
}

/* A full pipe would block whoever writes to it.  O_NONBLOCK on the descriptor
 * we were given would change it for the shell and everybody else who has it;
 * opening /dev/fd/N gives one of our own (on Linux; elsewhere it may be a
 * duplicate, and the terminal's state changes with it).  Where that fails, as
 * for a socket, poll(2) is asked before each line.  A file never blocks. */
static struct output
open_output(int fd)
{
    struct output o = {.fd = fd, .may_block = true};
    struct stat st;
    char path[32];
    int own;

    if (fstat(fd, &st) == -1)
        return o;
    if (S_ISREG(st.st_mode)) {
        o.may_block = false;
    } else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
        snprintf(path, sizeof(path), "/dev/fd/%d", fd);
        own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (own != -1)
            o = (struct output){.fd = own, .terminal = isatty(own) == 1};
    }
    return o;
}

/* Returns false if the line could not be written now. */
static bool
write_line(const struct output *o, const char *line, size_t len)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};
    int tries =
        o->terminal && atomic_load(log_state.dropped) == 0 ? TERMINAL_TRIES : 1;

    if (o->may_block && (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)))
        return false;
    while (len > 0 && tries > 0) {
        ssize_t n = write(o->fd, line, len);

        if (n > 0) {
            line += n;
            len -= (size_t)n;
        } else {
            /* A terminal says EAGAIN when another process is just writing to
             * it, too; only one that has been stopped goes on saying so. */
            if (--tries > 0)
                (void)poll(NULL, 0, 1);
        }
    }
    return len == 0;
}

void
log_open(const char *program)
{
    int fd;

    log_state.program = program;
    log_state.started_ns = clock_now();
    do
        fd = open("/dev/null", O_RDWR);
    while (fd != -1 && fd <= STDERR_FILENO);
    if (fd != -1)
        close(fd);
    log_state.dropped = shared_take(sizeof(*log_state.dropped));
    log_state.out = open_output(STDOUT_FILENO);
    log_state.err = open_output(STDERR_FILENO);
    errno = pthread_atfork(NULL, NULL, forget_pid);
    if (errno != 0)
        die("pthread_atfork");
    /* The second one comes when a log file has reached RLIMIT_FSIZE. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        die("signal");
}

void
log_set_level(enum log_level level)
{
    log_level = level;
}

void
log_show_threads(void)
{
    log_state.threads = true;
}

/* Writes number so that it ends before end, with at least so many digits, and
 * returns where it begins. */
static char *
put_number(char *end, int64_t number, int digits)
{
    for (; number > 0 || digits > 0; number /= 10, digits--)
        *--end = (char)('0' + number % 10);
    return end;
}

/* Puts the time and the process in front of a line; returns their length.
 * Without printf, which is not async-signal-safe. */
static size_t
prefix(char *line)
{
    int64_t ms = (clock_now() - log_state.started_ns) / CLOCK_MS;
    char number[24];
    char *end = number + sizeof(number);
    char *begin;
    size_t len;

    if (own_pid == 0) {
        own_pid = getpid();
        own_tid = gettid();
    }
    memset(line, ' ', PREFIX_MAX);
    begin = put_number(end, ms % 1000, 3);
    *--begin = '.';
    begin = put_number(begin, ms / 1000, 1);
    while (begin > end - TIME_WIDTH)
        *--begin = ' ';
    len = (size_t)(end - begin); /* more than TIME_WIDTH after a day */
    memcpy(line, begin, len);
    line[len++] = ' ';
    begin = end;
    if (log_state.threads) {
        begin = put_number(begin, own_tid, 1);
        *--begin = '/';
    }
    begin = put_number(begin, own_pid, 1);
    memcpy(line + len, begin, (size_t)(end - begin));
    len += (size_t)(end - begin > PROCESS_WIDTH ? end - begin : PROCESS_WIDTH);
    return len + 1;
}

/* Appends to a line that has room for size bytes, as vsnprintf does; returns
 * the new length, which always leaves room for a newline. */
__attribute__((format(printf, 4, 0))) static size_t
append(char *line, size_t len, size_t size, const char *format, va_list args)
{
    int n = vsnprintf(line + len, size - len, format, args);

    if (n < 0)
        return len;
    return len + (size_t)n < size ? len + (size_t)n : size - 1;
}

__attribute__((format(printf, 4, 5))) static size_t
append_text(char *line, size_t len, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    len = append(line, len, size, format, args);
    va_end(args);
    return len;
}

/* Writes an event line, and before it what was dropped, if anything was. */
static void
put_event(char *line, size_t len)
{
    char warning[LINE_MAX_BYTES];
    unsigned dropped;
    size_t n;

    line[len] = '\n';
    dropped = atomic_exchange(log_state.dropped, 0);
    if (dropped > 0) {
        n = prefix(warning);
        n = append_text(warning, n, sizeof(warning),
                        "warning  dropped=%u lines, stderr was full\n",
                        dropped);
        if (!write_line(&log_state.err, warning, n)) {
            atomic_fetch_add(log_state.dropped, dropped + 1);
            return;
        }
    }
    if (!write_line(&log_state.err, line, len + 1))
        atomic_fetch_add(log_state.dropped, 1);
}

void(log_event)(const char *verb, const char *format, ...)
{
    int saved = errno;
    char line[LINE_MAX_BYTES];
    va_list args;
    size_t len;

    len = prefix(line);
    len = append_text(line, len, sizeof(line), "%-8s ", verb);
    va_start(args, format);
    len = append(line, len, sizeof(line), format, args);
    va_end(args);
    put_event(line, len);
    errno = saved;
}

void
log_from_handler(const char *text)
{
    char line[LINE_MAX_BYTES];
    size_t len;

    if (!log_enabled())
        return;
    len = prefix(line);
    while (*text != '\0' && len < sizeof(line) - 1)
        line[len++] = *text++;
    line[len++] = '\n';
    if (!write_line(&log_state.err, line, len))
        atomic_fetch_add(log_state.dropped, 1);
}

void(log_call)(int64_t result, const char *format, ...)
{
    int saved = errno;
    char line[LINE_MAX_BYTES];
    va_list args;
    size_t len;

    len = prefix(line);
    len = append_text(line, len, sizeof(line), "         ");
    va_start(args, format);
    len = append(line, len, sizeof(line), format, args);
    va_end(args);
    len = append_text(line, len, sizeof(line), " = %lld", (long long)result);
    if (result == -1)
        len = append_text(line, len, sizeof(line), " (%s)", strerror(saved));
    put_event(line, len);
    errno = saved;
}

void
log_result(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    size_t len;

    va_start(args, format);
    len = append(line, 0, sizeof(line), format, args);
    va_end(args);
    line[len] = '\n';
    /* Nobody to read it is no reason to stop serving. */
    (void)write_line(&log_state.out, line, len + 1);
}

void
log_error(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    size_t len;

    len = append_text(line, 0, sizeof(line), "%s: ", log_state.program);
    va_start(args, format);
    len = append(line, len, sizeof(line), format, args);
    va_end(args);
    line[len] = '\n';
    (void)write_line(&log_state.err, line, len + 1);
}

void
die(const char *format, ...)
{
    int saved = errno;
    char text[LINE_MAX_BYTES];
    va_list args;

    va_start(args, format);
    append(text, 0, sizeof(text), format, args);
    va_end(args);
    log_error("%s: %s", text, strerror(saved));
    exit(EXIT_FAILURE);
}

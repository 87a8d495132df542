#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/line_writer.h"
#include "common/log_line.h"
#include "common/shared.h"
#include "common/system.h"

enum log_level log_level = LOG_EVENTS;

static struct {
    const char *program;
    bool threads;
    bool lost_result;
    int failure; /* the exit status of die */
    int64_t started_ns;
    struct line_writer out, err;
    atomic_uint *dropped; /* lines, by all processes, since the last one that
                           * could be written */
} log_state = {
    .program = "?", .failure = EXIT_FAILURE, .out.fd = 1, .err.fd = 2};

/* getpid and gettid are system calls, and a trace should show the model. */
static _Thread_local pid_t own_pid;
static _Thread_local pid_t own_tid;

static void
forget_pid(void)
{
    own_pid = 0;
    own_tid = 0;
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
    if (log_state.dropped == NULL)
        die("shared memory");
    log_state.out = line_writer_open(STDOUT_FILENO);
    log_state.err = line_writer_open(STDERR_FILENO);
    errno = pthread_atfork(NULL, NULL, forget_pid);
    if (errno != 0)
        die("pthread_atfork");
    /* SIGXFSZ comes when a log file has reached RLIMIT_FSIZE. */
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

/* Begins an event line.  Returns its length so far. */
static size_t
begin_line(char *line)
{
    int64_t ms = (clock_now() - log_state.started_ns) / CLOCK_MS;

    if (own_pid == 0) {
        own_pid = getpid();
        own_tid = system_thread_id();
    }
    return log_line_begin(line, ms, own_pid, log_state.threads ? own_tid : 0);
}

/* A line that could not be written is counted, and the number is shown later.
 * After that, do not try long until a line gets through again. */
static bool
write_event(const char *line, size_t len)
{
    return line_writer_write(&log_state.err, line, len,
                             atomic_load(log_state.dropped) == 0);
}

/* Writes an event line, and before it how many lines were dropped, if any
 * were. */
static void
put_event(char *line, size_t len)
{
    unsigned dropped = atomic_exchange(log_state.dropped, 0);

    if (dropped > 0) {
        char warning[LOG_LINE_MAX];
        size_t n = log_line_append(
            warning, begin_line(warning),
            "warning  dropped=%u lines, stderr was full\n", dropped);

        if (!write_event(warning, n)) {
            atomic_fetch_add(log_state.dropped, dropped + 1);
            return;
        }
    }
    line[len] = '\n';
    if (!write_event(line, len + 1))
        atomic_fetch_add(log_state.dropped, 1);
}

void(log_event)(const char *verb, const char *format, ...)
{
    int saved = errno;
    char line[LOG_LINE_MAX];
    va_list args;
    size_t len = log_line_append(line, begin_line(line), "%-8s ", verb);

    va_start(args, format);
    len = log_line_append_args(line, len, format, args);
    va_end(args);
    put_event(line, len);
    errno = saved;
}

void(log_call)(int64_t result, const char *format, ...)
{
    int saved = errno;
    char line[LOG_LINE_MAX];
    va_list args;
    size_t len = log_line_append(line, begin_line(line), "%-8s ", "");

    va_start(args, format);
    len = log_line_append_args(line, len, format, args);
    va_end(args);
    len = log_line_append(line, len, " = %lld", (long long)result);
    if (result == -1)
        len = log_line_append(line, len, " (%s)", strerror(saved));
    put_event(line, len);
    errno = saved;
}

void
log_from_handler(const char *text)
{
    char line[LOG_LINE_MAX];
    size_t len;

    if (!log_enabled())
        return;
    len = begin_line(line);
    while (*text != '\0' && len < sizeof(line) - 1)
        line[len++] = *text++;
    line[len++] = '\n';
    if (!write_event(line, len))
        atomic_fetch_add(log_state.dropped, 1);
}

/* Writes a line that is not an event.  Returns false if the writer does not
 * take it; the server goes on serving all the same. */
__attribute__((format(printf, 3, 0))) static bool
put_line(const struct line_writer *writer, const char *begin,
         const char *format, va_list args)
{
    char line[LOG_LINE_MAX];
    size_t len = log_line_append_args(
        line, log_line_append(line, 0, "%s", begin), format, args);

    line[len] = '\n';
    return line_writer_write(writer, line, len + 1, true);
}

void
log_result(const char *format, ...)
{
    va_list args;
    bool written;

    va_start(args, format);
    errno = 0;
    written = put_line(&log_state.out, "", format, args);
    va_end(args);
    if (written || errno == 0 || errno == EAGAIN || errno == EPIPE)
        return;
    if (!log_state.lost_result)
        log_error("cannot write to stdout: %s", strerror(errno));
    log_state.lost_result = true;
}

bool
log_lost_result(void)
{
    return log_state.lost_result;
}

void
log_error(const char *format, ...)
{
    char program[64];
    va_list args;

    (void)snprintf(program, sizeof(program), "%s: ", log_state.program);
    va_start(args, format);
    (void)put_line(&log_state.err, program, format, args);
    va_end(args);
}

void
die(const char *format, ...)
{
    int saved = errno;
    char text[LOG_LINE_MAX];
    va_list args;

    va_start(args, format);
    (void)log_line_append_args(text, 0, format, args);
    va_end(args);
    log_error("%s: %s", text, strerror(saved));
    exit(log_state.failure);
}

void
log_set_failure(int status)
{
    log_state.failure = status;
}

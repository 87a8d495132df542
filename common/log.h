/* log - event lines on stderr, results on stdout, and the way out when setup
 * fails.
 *
 * The server writes each event as one line with one write(2), so that lines of
 * several processes do not mix:
 *
 *     0.413 12003       message  client=1 bytes=9
 *
 * The columns are: the seconds since the start; the process (process/thread in
 * a server with threads); a verb, one of accept message ack nak goodbye close
 * refuse spawn reap idle warning stop; and fields of the form key=value.  After
 * the verb warning, there is a text instead.
 *
 * A log that nobody reads does not stop the server.  If a line cannot be
 * written, the server drops it.  When a line can be written again, a warning
 * before it says how many lines were dropped. */

#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_QUIET,   /* no events */
    LOG_EVENTS,  /* the events */
    LOG_VERBOSE, /* and each system call of the model as it returns */
};

/* Opens the log; call it before anything else.  Opens /dev/null in place of
 * standard descriptors that are closed, so that no client gets their numbers,
 * and ignores SIGPIPE and SIGXFSZ.  program must stay valid. */
void log_open(const char *program);

/* Sets what is logged; LOG_EVENTS until then. */
void log_set_level(enum log_level level);

/* From now on each line names the thread, too. */
void log_show_threads(void);

/* What is logged.  Only log_set_level changes it. */
extern enum log_level log_level;

/* Returns true if events are logged.  A caller asks this before it computes
 * something that only the log needs. */
static inline bool
log_enabled(void)
{
    return log_level >= LOG_EVENTS;
}

/* Logs an event.  The arguments of log_event and log_call are evaluated only if
 * the line is logged, so a line that is not wanted costs a comparison. */
void log_event(const char *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define log_event(...) (log_enabled() ? log_event(__VA_ARGS__) : (void)0)

/* Logs text from a signal handler.  text must begin with a verb, padded with
 * blanks to 9 characters.  Async-signal-safe, but it may change errno. */
void log_from_handler(const char *text);

/* At LOG_VERBOSE, logs a system call that has just returned: the formatted
 * call, its result, and the meaning of errno if the result is -1.  Keeps
 * errno. */
void log_call(int64_t result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define log_call(...) \
    (log_level >= LOG_VERBOSE ? log_call(__VA_ARGS__) : (void)0)

/* Writes a line to stdout, at once.  If it cannot be written, because the disk
 * is full for example, prints why on stderr, the first time only. */
void log_result(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns whether log_result could not write a line.  A line that no process
 * reads does not count. */
bool log_lost_result(void);

/* Writes "program: " and the message as one line to stderr. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with status 1 because its setup has failed.  Prints the
 * message as log_error does, followed by ": " and the meaning of errno.  Never
 * call it for something that a client can cause. */
_Noreturn void
die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes die end the program with another status, for a program in which 1 has
 * a meaning.  Where other headers name status 1, this one takes its place. */
void log_set_failure(int status);

#endif

/* log - event lines on stderr, results on stdout, and the way out when setup
 * fails.
 *
 * An event is one line and one write(2), so that lines of several processes
 * do not mix:
 *
 *     0.413 12003       message  client=1 bytes=9
 *
 * which is seconds since the start, the process (in a program with threads
 * process/thread), one of the verbs accept message ack nak goodbye close refuse
 * spawn reap idle warning stop, and key=value.
 *
 * Output never keeps a server from serving.  If nobody reads the log, or it is
 * closed, lines are dropped, and before the next line that can be written a
 * warning says how many they were. */

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

/* Tells whether events are logged, for callers that would have to prepare one.
 */
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

/* Logs text, which begins with its verb in 9 columns.  Async-signal-safe, but
 * it may change errno. */
void log_from_handler(const char *text);

/* At LOG_VERBOSE, logs a system call that has just returned: the formatted
 * call, its result, and the meaning of errno if the result is -1.  Keeps
 * errno. */
void log_call(int64_t result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define log_call(...) \
    (log_level >= LOG_VERBOSE ? log_call(__VA_ARGS__) : (void)0)

/* Writes a line to stdout, at once. */
void log_result(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes "program: " and the message as one line to stderr. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program because its setup has failed: prints like log_error, then
 * ": " and the meaning of errno; exit status 1.  Nothing that a client does may
 * lead here. */
_Noreturn void
die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

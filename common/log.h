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
 * Output never holds up service: where nobody reads it, or it is closed, lines
 * are dropped, and the next event that gets through is preceded by a warning
 * with their number. */

#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_QUIET,   /* no events */
    LOG_EVENTS,  /* the events */
    LOG_VERBOSE, /* and each system call of the model as it returns */
};

/* To be called before anything else: opens /dev/null in place of standard
 * descriptors that are closed, so that no client gets their numbers, and sets
 * SIGPIPE and SIGXFSZ to be ignored.  program is kept, not copied. */
void log_open(const char *program);

/* Sets what is logged; LOG_EVENTS until then. */
void log_set_level(enum log_level level);

/* From now on lines name the thread, too. */
void log_show_threads(void);

/* What is logged; changed by log_set_level alone. */
extern enum log_level log_level;

/* Tells whether events are logged, for those who would have to work for it. */
static inline bool
log_enabled(void)
{
    return log_level >= LOG_EVENTS;
}

/* Logs an event.  Its arguments are evaluated only if it is logged, as those of
 * log_call are: what is not wanted costs a comparison. */
void log_event(const char *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define log_event(...) (log_enabled() ? log_event(__VA_ARGS__) : (void)0)

/* Logs text, which begins with its verb in 9 columns.  Async-signal-safe; errno
 * may change. */
void log_from_handler(const char *text);

/* At LOG_VERBOSE, logs a system call that has just returned: the call as
 * formatted, its result, and the reason if it was -1.  Keeps errno. */
void log_call(int64_t result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define log_call(...) \
    (log_level >= LOG_VERBOSE ? log_call(__VA_ARGS__) : (void)0)

/* Writes a line to stdout, at once. */
void log_result(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes "program: " and the message as one line to stderr. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Setup has failed: like log_error, with ": " and the reason in errno behind
 * it; exit status 1.  For what a client does there is log_event. */
_Noreturn void
die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

/* options - the command line that all servers share, and how numbers and times
 * are read from a command line.
 *
 * A bad command line gets one line on stderr that names the option, what was
 * wrong and what is allowed, then "try 'NAME --help'", and exit status 2. */

#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_VERSION "0.1.0"

#define WORKERS_MAX   1000
#define CLIENTS_MAX   100000
#define BACKLOG_MAX   65535
#define TIME_MAX_NAME "1000m" /* the longest TIME */

struct options {
    const char *address;
    const char *port;
    int64_t delay_ns; /* waiting on each message */
    int64_t cpu_ns;   /* computing on each message */
    int64_t idle_ns;  /* hang up after so long a silence; 0: never */
    int backlog;
    int workers;     /* of a pool */
    int max_clients; /* of a server that starts a process for each */
};

/* Options that only some servers have. */
enum options_extra {
    OPTIONS_NONE = 0,
    OPTIONS_WORKERS = 1,
    OPTIONS_MAX_CLIENTS = 2,
};

/* What --help and --traits say of a server.
 *
 * The traits tell tests and tools how the server's model differs from others,
 * so that none of them depends on the name of a server.  They are five words
 * of the form key=value, in this order:
 *
 *   at_once    how many clients it serves at once: one, all (as far as
 *              --max-clients and the descriptors go) or workers (--workers)
 *   processes  one, one-per-client or one-per-worker; a parent of others that
 *              serves no client itself is not counted
 *   threads    of each process: one or one-per-worker; a main thread that
 *              serves no client itself is not counted
 *   computes   one if the work of all clients is done by the same thread, each
 *              if clients that are served at once have a process or thread each
 *   waits_in   the system call in which it waits for a client while it has
 *              none, as strace names it on x86-64 */
struct options_about {
    const char *name;
    const char *summary; /* "Serve the ETX/ack protocol with ..." */
    const char *lesson;  /* the page to read */
    const char *traits;  /* see below */
    enum options_extra extra;
};

/* Opens the log, reads the command line of a server into opt and sets the log
 * level.  The strings in opt are those of argv.  Does not return for --help,
 * --traits and --version (exit status 0) and for a bad command line (2). */
void options_read(struct options *opt, const struct options_about *about,
                  int argc, char **argv);

/* Tells whether working on a message takes no time. */
bool options_instant(const struct options *opt);

/* Says what is wrong with the command line and exits with status 2. */
_Noreturn void options_reject(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says what getopt_long has just refused, which returned result ('?' or ':',
 * so the option string must begin with ':'), and exits with status 2. */
_Noreturn void options_refused(const char *program, int result, char **argv);

/* Returns the whole number in text.  If it is none from min to max, rejects the
 * command line, naming the option. */
int options_number(const char *program, const char *option, const char *text,
                   int min, int max);

/* Reads a TIME, a number with its unit us, ms, s or m, or a bare 0, and returns
 * it in nanoseconds.  If text is none, rejects the command line, naming the
 * option. */
int64_t options_time(const char *program, const char *option, const char *text);

/* Tells whether text is a TIME, as above, and fills *ns if it is. */
bool options_is_time(const char *text, int64_t *ns);

/* Returns text if it is the number of a port from min to 65535; else rejects
 * the command line. */
const char *options_port(const char *program, const char *text, int min);

#endif

/* options - the command line that all servers share (see command_line.h). */

#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define WORKERS_MAX 1000
#define CLIENTS_MAX 100000
#define BACKLOG_MAX 65535

struct options {
    const char *address;
    const char *port;
    int64_t delay_ns; /* waiting on each message */
    int64_t cpu_ns;   /* computing on each message */
    int64_t idle_ns;  /* close a connection after so long a silence; 0: never */
    int service;      /* an enum service_kind: what the answers are */
    int frame;        /* an enum frame_kind: how messages are cut */
    int entries;      /* of the table of the service kv */
    const char *file; /* of the service file; NULL: none */
    int backlog;
    int workers;     /* of a pool; 0: there is none */
    int max_clients; /* of a server that starts a process or thread for each */
};

/* Options that only some servers have. */
enum options_extra {
    OPTIONS_NONE = 0,
    OPTIONS_WORKERS = 1,
    OPTIONS_MAX_CLIENTS = 2,
    OPTIONS_CORES = 4, /* --workers, as many as there are cores by default */
};

/* What --help and --traits say of a server.
 *
 * The traits tell tests and tools how the server's model differs from others,
 * so that none of them depends on the name of a server.  They are words of the
 * form key=value, in this order:
 *
 *   at_once    how many clients it serves at once: one, all (as far as
 *              --max-clients and the descriptors go), workers (--workers), or
 *              up-to-workers (a client may wait although a worker is idle)
 *   processes  one, one-per-client or one-per-worker; a parent of others that
 *              serves no client itself is not counted
 *   threads    of each process: one or one-per-client, where a main thread that
 *              serves no client itself is not counted; one-per-worker, which is
 *              --workers and the main thread; one-per-stage, which is one more
 *   computes   one if the work of all clients is done by the same thread, each
 *              if clients that are served at once have a process or thread
 *              each, workers if --workers threads work for all clients
 *   waits_in   the system call in which it waits for a client while it has
 *              none, as strace names it on x86-64
 *
 * After them, --traits prints lesson= and the page, whose number is the place
 * of the server in the course. */
struct options_about {
    const char *name;
    const char *summary; /* "Serve the ETX/ack protocol with ..." */
    const char *lesson;  /* the page to read */
    const char *traits;  /* the words above, without lesson= */
    enum options_extra extra;
};

/* Opens the log, reads the command line of a server into opt and sets the log
 * level.  Ends the program as command_line_read does, and for --traits with
 * exit status 0. */
void options_read(struct options *opt, const struct options_about *about,
                  int argc, char **argv);

/* Returns whether working on a message takes no time. */
bool options_instant(const struct options *opt);

#endif

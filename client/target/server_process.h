/* launch - a server that is started, looked at and ended by the program.
 *
 * It gets a process group of its own, so that Ctrl-C at the terminal does not
 * reach it, and is killed if the program ends before it; its children then are
 * its own business.  None of its descendants outlives server_process_stop. */

#ifndef CLIENT_TARGET_SERVER_PROCESS_H
#define CLIENT_TARGET_SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "client/target/process.h"

#define SERVER_PROCESS_START_NS \
    INT64_C(10000000000) /* time to begin to listen */
#define SERVER_PROCESS_STOP_NS \
    INT64_C(5000000000) /* time to end after SIGTERM, */
#define SERVER_PROCESS_HURRY_NS \
    INT64_C(500000000) /* if somebody waits for that */
#define SERVER_PROCESS_WHY_MAX  200
#define SERVER_PROCESS_PORT_MAX 8
#define SERVER_PROCESS_NAME_MAX 64

struct server_process {
    pid_t pid; /* -1: it has ended */
    FILE *log; /* what it says on stderr */
    FILE *out; /* what it says on stdout */
    int stop_fd;
    char address[SERVER_PROCESS_NAME_MAX]; /* where it listens */
    char port[SERVER_PROCESS_PORT_MAX];
    char **words; /* as it was started; freed by server_process_close */
};

/* What a server came to. */
struct server_process_end {
    int status;             /* as waitpid(2) tells */
    bool by_itself;         /* it had ended before it was asked to */
    bool stubborn;          /* some descendant of it could not be ended */
    bool killed;            /* it did not end in time when asked */
    struct process_use use; /* of it and all its descendants that have ended */
};

/* To be called once, before the others. */
void server_process_prepare(void);

/* Starts the server that text (see command.h) describes, with so much work a
 * message, and returns once it listens: 0.  Or returns -1 with the reason in
 * why, and the server has ended; also if stop_fd becomes readable. */
int server_process_start(struct server_process *l, const char *text,
                         const char *delay, const char *cpu, int stop_fd,
                         char why[SERVER_PROCESS_WHY_MAX]);

/* Tells whether the server has ended; it stays to be asked by
 * server_process_stop how.
 */
bool server_process_ended(const struct server_process *l);

/* Waits so long for the server to end by itself; returns whether it has. */
bool
server_process_await_end(const struct server_process *l, int64_t patience_ns);

/* Asks the server to end, and ends it if it does not within patience_ns.  After
 * that only server_process_close is allowed. */
struct server_process_end
server_process_stop(struct server_process *l, int64_t patience_ns);

/* Writes in words how a process ended: "exit status 1", "signal 11". */
void server_process_status(char *out, size_t size, int status);

/* Frees what is left of it. */
void server_process_close(struct server_process *l);

#endif

/* server_process - a server that this program starts, observes and stops.
 *
 * The server gets a session of its own, so that Ctrl-C at the terminal does not
 * reach it and its descendants can be told from other processes.  The kernel
 * kills it if this program ends first, but not its children.  None of its
 * descendants outlives server_process_stop. */

#ifndef CLIENT_TARGET_SERVER_PROCESS_H
#define CLIENT_TARGET_SERVER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "client/play/address.h"
#include "client/target/process.h"
#include "common/clock.h"

#define SERVER_PROCESS_START_NS \
    (10 * CLOCK_S) /* until it must listen, see below */
#define SERVER_PROCESS_STOP_NS  (5 * CLOCK_S) /* from SIGTERM to its end, */
#define SERVER_PROCESS_HURRY_NS (CLOCK_S / 2) /* or after Ctrl-C */
#define SERVER_PROCESS_ASK_NS   (2 * CLOCK_S) /* for server_process_ask */
/* Bytes of stdout, of stderr and of each file that a server may write.  The
 * kernel sends SIGXFSZ to one that goes on. */
#define SERVER_PROCESS_OUTPUT_MAX (256 * 1024 * 1024)
#define SERVER_PROCESS_WHY_MAX    200
#define SERVER_PROCESS_PORT_MAX   8

/* Where the search for an announcement has come to, in a file. */
struct server_process_search {
    off_t at;
    off_t size; /* of the file, at the last look */
};

struct server_process {
    pid_t pid;   /* -1: it has ended */
    FILE *log;   /* its stderr */
    FILE *out;   /* its stdout */
    int stop_fd; /* readable: this program is asked to end */
    char port[SERVER_PROCESS_PORT_MAX];       /* on which it listens */
    struct address_list to;                   /* where it takes connections */
    int port_lock;                            /* see listener.h; -1: none */
    struct server_process_search searches[2]; /* of out and log */
    char **words; /* its command; freed by server_process_close */
};

/* How a server ended. */
struct server_process_end {
    int status;     /* as waitpid(2) has it */
    bool by_itself; /* it had ended before SIGTERM was sent */
    bool killed;    /* it did not end in time after SIGTERM */
    bool stubborn;  /* it, or one of its descendants, could not be killed */
    struct process_use use; /* of it and all its descendants that have ended */
};

/* Prepares this program for the other functions; called once, before them.  If
 * it fails, the program ends with status 1. */
void server_process_prepare(void);

/* From now on a server must listen within ns, not SERVER_PROCESS_START_NS. */
void server_process_limit_start(int64_t ns);

/* Starts the server that text describes (see command.h), where each message
 * takes delay of waiting and cpu of computing (both a TIME).  Returns 0 once it
 * listens.  Returns -1 with the reason in why if the server did not start or
 * stop_fd has become readable; then the server has ended.  In both cases
 * server_process_close frees *s. */
int server_process_start(struct server_process *s, const char *text,
                         const char *delay, const char *cpu, int stop_fd,
                         char why[SERVER_PROCESS_WHY_MAX]);

/* The same, on a port that the caller chooses. */
int
server_process_start_at(struct server_process *s, const char *text,
                        const char *port, const char *delay, const char *cpu,
                        int stop_fd, char why[SERVER_PROCESS_WHY_MAX]);

/* Runs a program until it ends, SERVER_PROCESS_ASK_NS at most, and writes the
 * beginning of its stdout into answer as text; "" if it cannot be run. */
void server_process_ask(char **words, char *answer, size_t size);

/* Returns whether the server has ended.  Its status stays there for
 * server_process_stop. */
bool server_process_ended(const struct server_process *s);

/* Waits patience_ns at most for the server to end by itself; returns whether it
 * has. */
bool
server_process_await_end(const struct server_process *s, int64_t patience_ns);

/* Sends SIGTERM to the server, and SIGKILL if it has not ended after
 * patience_ns.  Then all its descendants are killed, too.  Only
 * server_process_close may follow. */
struct server_process_end
server_process_stop(struct server_process *s, int64_t patience_ns);

/* Writes the last line of the server's stderr that says what went wrong, as
 * far as that can be guessed.  Returns false if there is none. */
bool server_process_last_words(const struct server_process *s, char *words,
                               size_t size);

/* Writes how a process ended in words: "exit status 1" or "signal 11". */
void server_process_status(char *out, size_t size, int status);

/* Closes the files of a server that has ended, and frees its command. */
void server_process_close(struct server_process *s);

#endif

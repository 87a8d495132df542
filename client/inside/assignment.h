/* assignment - which client each task of a server works for.
 *
 * Two sources tell it.  A server of this suite logs when it begins and ends the
 * work on a message, which is exact.  For any other server it follows from
 * descriptors: a task works for the client whose socket its system call is
 * given; and a process of one thread that holds one client works for that one.
 * Of a thread it can only be inferred from its last call, since all threads of
 * a process hold the same descriptors. */

#ifndef CLIENT_INSIDE_ASSIGNMENT_H
#define CLIENT_INSIDE_ASSIGNMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/inside/recording.h"
#include "client/inside/tasks.h"
#include "client/record/record.h"

/* What is known of a client. */
struct assignment_client {
    unsigned inode; /* of the server's socket; 0: it is not accepted */
    int number;     /* by which the log calls it; 0: not known */
    pid_t worker;   /* which works for it by the log; 0: none */
};

struct assignment {
    int count; /* of clients */
    struct assignment_client clients[RECORDING_CLIENTS_MAX];
    int changes;    /* of inodes, counted */
    int log_fd;     /* the server's event log; -1: none */
    int64_t log_at; /* how far it has been read */
};

/* Prepares for so many clients.  log_fd is a file with the server's event log,
 * or -1. */
void assignment_open(struct assignment *s, int count, int log_fd);

/* Notes the inode of a client; 0: it has none. */
void assignment_set_inode(struct assignment *s, int client, unsigned inode);

/* Reads what has come to the log. */
void assignment_read_log(struct assignment *s, const struct record *r);

/* Returns the client that a task works for, counted from 0, and whether that is
 * only inferred; SAMPLE_NOBODY if there is none, if it is one of several, or if
 * it is not known. */
int assignment_client(const struct assignment *s, const struct tasks *all,
                      struct task *t, bool *inferred);

#endif

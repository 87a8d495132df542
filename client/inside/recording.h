/* recording - the samples of a run, and what is needed to draw them: plain
 * data, which can be written to a file and read back.
 *
 * Its memory is bounded.  When RECORDING_BYTES_MAX are full, every second
 * sample is dropped, and from then on only every second one is kept; so a long
 * run is kept as a whole, but in larger steps. */

#ifndef CLIENT_INSIDE_RECORDING_H
#define CLIENT_INSIDE_RECORDING_H

#include <sys/types.h>

#include "client/inside/sample.h"
#include "client/inside/tasks.h"

#define RECORDING_BYTES_MAX   (16 * 1024 * 1024)
#define RECORDING_CLIENTS_MAX 256
#define RECORDING_ROWS_MAX    1024 /* tasks in the whole run */
#define RECORDING_CALLS_MAX   64   /* names of system calls */
#define RECORDING_NAME_MAX    20
#define RECORDING_TITLE_MAX   200

/* What could not be seen. */
enum recording_lack {
    RECORDING_QUEUES = 1, /* the kernel does not tell about connections */
    RECORDING_CALLS = 2,  /* the kernel does not tell system calls */
    RECORDING_TASKS = 4,  /* it is not known which process is the server */
};

struct recording_row {
    pid_t pid;
    pid_t tid;
    char name[RECORDING_NAME_MAX]; /* "child 2" */
};

struct recording {
    char command[RECORDING_TITLE_MAX];
    int clients;
    int messages;
    int lacks;     /* of enum recording_lack, added */
    int listeners; /* that share the address, each with a queue of its own */
    int row_count;
    struct recording_row rows[RECORDING_ROWS_MAX];
    int call_count;
    char calls[RECORDING_CALLS_MAX][RECORDING_NAME_MAX]; /* the first is "" */
    int count;
    struct sample **samples; /* count of them, ordered by time */
    /* For recording_add: */
    size_t bytes;
    int64_t taken;  /* samples so far */
    int64_t stride; /* of so many, one is kept */
};

/* Makes an empty recording.  If memory fails in this function or in
 * recording_add, the program ends with status 1.  The caller frees it with
 * recording_close. */
void recording_open(struct recording *r, const char *command, int clients,
                    int messages);

/* Adds a copy of a sample. */
void recording_add(struct recording *r, const struct sample *s);

/* Returns the row of a task which is seen for the first time; SAMPLE_NOBODY if
 * there are too many. */
int
recording_add_row(struct recording *r, pid_t pid, pid_t tid, const char *name);

/* Returns the index in calls of a name; 0, which is no name, if there are too
 * many. */
int recording_call(struct recording *r, const char *name);

/* Returns the index of the last sample that was taken no later than at_ns; -1
 * if there is none. */
int recording_at(const struct recording *r, int64_t at_ns);

/* Returns the task of a row in a sample; NULL if it is not there. */
const struct sample_task *recording_task(const struct sample *s, int row);

/* Returns how many samples there are a second, rounded; 0 for one sample. */
int recording_rate(const struct recording *r);

/* Returns how many bytes the server has not read, of all clients together. */
int recording_unread(const struct recording *r, const struct sample *s);

/* Frees the samples. */
void recording_close(struct recording *r);

#endif

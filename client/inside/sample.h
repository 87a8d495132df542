/* sample - what was seen at one moment: where each client waited, how long the
 * accept queue was, and what each task of the server did.  A task is a thread,
 * or a process with one thread.
 *
 * A sample is read piece by piece, while the server goes on.  So it is no
 * snapshot: what is read first may be over when the last piece is read. */

#ifndef CLIENT_INSIDE_SAMPLE_H
#define CLIENT_INSIDE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_UNKNOWN (-1)
#define SAMPLE_NOBODY  (-1)

/* Where a client's connection is, on the server's side. */
enum sample_place {
    SAMPLE_ABSENT,     /* the client has not been started */
    SAMPLE_CONNECTING, /* the client is not connected */
    SAMPLE_LOST,       /* the client is connected; the server keeps nothing */
    SAMPLE_HALF_OPEN,
    SAMPLE_QUEUED,    /* in the accept queue */
    SAMPLE_UNREAD,    /* accepted, with bytes that the server has not read */
    SAMPLE_READ,      /* accepted, and everything has been read */
    SAMPLE_SERVED,    /* the same, and a task works for the client */
    SAMPLE_CLOSED,    /* the server has closed its side */
    SAMPLE_CONNECTED, /* the kernel does not tell more */
    SAMPLE_ENDED,     /* the client has closed its side, too */
    SAMPLE_FAILED,
    SAMPLE_PLACES,
};

/* What a client waits for, as it sees it. */
enum sample_wish {
    SAMPLE_NOTHING,
    SAMPLE_CONNECTION,
    SAMPLE_ANSWER,
    SAMPLE_END,   /* all answers have come; the server must close */
    SAMPLE_PAUSE, /* for the end of its own pause between two messages */
    SAMPLE_WISHES,
};

struct sample_client {
    enum sample_place place;
    enum sample_wish wish;
    int message; /* whose answer it waits for, from 1 */
    int unread;  /* bytes that the server has not read */
};

/* What a task does, by meaning. */
enum sample_kind {
    SAMPLE_RUNNING, /* on a CPU */
    SAMPLE_READY,   /* it could run, but has no CPU */
    SAMPLE_ACCEPTS,
    SAMPLE_RECEIVES,
    SAMPLE_SENDS,
    SAMPLE_DELAYS, /* until a time */
    SAMPLE_LOCKS,
    SAMPLE_CONDITIONS, /* for another thread, by a condition variable or by a
                        * semaphore, which use the same call */
    SAMPLE_JOINS,      /* for the end of a thread */
    SAMPLE_WATCHES,    /* for one of several events */
    SAMPLE_RINGS, /* for the end of an operation that it gave to io_uring */
    SAMPLE_RECEIVES_LOCALLY, /* from a UNIX socket: from another process */
    SAMPLE_PAUSES,           /* for a signal */
    SAMPLE_REAPS,            /* for the end of a child */
    SAMPLE_OTHER,            /* in another system call */
    SAMPLE_SLEEPS,           /* in a call that the kernel does not tell */
    SAMPLE_STOPPED,          /* by a signal or a debugger */
    SAMPLE_ZOMBIE,           /* ended, and its parent has not waited for it */
    SAMPLE_KINDS,
};

struct sample_task {
    int row; /* which task, see recording.h */
    enum sample_kind kind;
    int call;         /* the name of the system call, see recording.h */
    int fd;           /* its first argument; or SAMPLE_UNKNOWN */
    int client;       /* for which it works, from 0; or SAMPLE_NOBODY */
    bool inferred;    /* client is what the task worked for when last seen */
    int64_t since_ns; /* it has been in this wait since that sample */
    int64_t cpu_ns;   /* that it has used since its start */
};

struct sample {
    int64_t at_ns;     /* since the start of the run */
    int queue;         /* the length of the accept queue; or SAMPLE_UNKNOWN */
    int room;          /* how many clients the queue holds */
    int64_t overflows; /* of all accept queues of the machine since the start of
                          the run; or SAMPLE_UNKNOWN */
    bool torn;         /* the accept queue changed while the sample was taken,
                        * so the parts of the sample do not fit together */
    int task_count;
    struct sample_client *clients; /* as many as the recording has */
    struct sample_task *tasks;     /* task_count of them */
};

/* How a client is shown: as its place, unless it waits for no answer. */
enum sample_appearance {
    SAMPLE_CLOSING = SAMPLE_PLACES, /* it waits until the server closes */
    SAMPLE_PAUSING,
    SAMPLE_APPEARANCES,
};

/* How a state is shown. */
struct sample_look {
    char letter;
    const char *colour; /* a parameter of the terminal's SGR sequence */
    const char *name;
};

/* Each is indexed by the enum.  In sample_places the appearances follow the
 * places. */
extern const struct sample_look sample_places[SAMPLE_APPEARANCES];
extern const struct sample_look sample_kinds[SAMPLE_KINDS];
extern const char sample_wishes[SAMPLE_WISHES + 1]; /* letters */

/* Returns the index in sample_places of what is shown for a client. */
int sample_appearance(const struct sample_client *client);

/* Returns whether a task in this state may be waiting for any client, or for
 * none: what it is in does not show that it works for one. */
bool sample_waits_for_anybody(enum sample_kind kind);

#endif

/* lane - one client of a run: its connection, and where it is in what it has
 * to say.
 *
 * A lane never waits.  A step does what can be done now, writes down in the
 * record what happened, and returns what to wait for; the loop waits for all
 * lanes at once.  Every byte that comes is checked: any that is not the answer
 * expected ends the client with a fault. */

#ifndef CLIENT_PLAY_CLIENT_RUN_H
#define CLIENT_PLAY_CLIENT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "client/record/plan.h"
#include "client/record/record.h"
#include "client/play/answer.h"
#include "client/play/observer.h"

#define CLIENT_RUN_BUFFER 65536

/* What a lane waits for; nothing means that it has ended. */
enum client_run_wait {
    CLIENT_RUN_IN = 1,   /* bytes, or the end of input */
    CLIENT_RUN_OUT = 2,  /* to be connected, or room for bytes */
    CLIENT_RUN_TIME = 4, /* its due_ns */
};

/* What all lanes of a run share. */
struct client_run_scene {
    struct record *record;
    const struct observer *watcher;
    int64_t started_ns; /* of the run, on the monotonic clock */
    struct sockaddr_storage to;
    socklen_t to_len;
    char buf[CLIENT_RUN_BUFFER]; /* holds nothing from one step to the next */
};

enum client_run_state {
    CLIENT_RUN_CONNECTING,
    CLIENT_RUN_TALKING,
    CLIENT_RUN_LEAVING, /* goodbye is out */
    CLIENT_RUN_OVER,
};

struct client_run {
    int client; /* its place in the record */
    int fd;     /* -1: none */
    enum client_run_state state;
    bool blocked;   /* the kernel took no more bytes */
    bool pausing;   /* there is something to say, at due_ns */
    int64_t due_ns; /* nothing is said before */
    size_t offset;  /* bytes gone out of what is being said */
    int send_error; /* an errno: say no more, read what is left */
    struct answer answer;
};

/* Returns the time since the start of the run. */
int64_t client_run_now(const struct client_run_scene *scene);

/* Connects this client.  Returns what to wait for, as client_run_step. */
unsigned client_run_start(struct client_run_scene *scene,
                          struct client_run *lane, int client);

/* Goes on as far as possible.  ready is what of the things waited for has come.
 * Returns what to wait for; 0 once the client has ended, and its descriptor is
 * closed then. */
unsigned client_run_step(struct client_run_scene *scene,
                         struct client_run *lane, unsigned ready);

/* Ends a client with the run, started or not; a timeout is its fault unless it
 * is meant to be silent. */
void client_run_stop(struct client_run_scene *scene, struct client_run *lane,
                     enum record_end why);

#endif

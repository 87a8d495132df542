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
#include "client/play/observer.h"

#define LANE_BUFFER 65536
#define LANE_ANSWER 3 /* bytes in "ack" and "nak" */

/* What a lane waits for; nothing means that it has ended. */
enum lane_wait {
    LANE_IN = 1,   /* bytes, or the end of input */
    LANE_OUT = 2,  /* to be connected, or room for bytes */
    LANE_TIME = 4, /* its due_ns */
};

/* What all lanes of a run share. */
struct lane_scene {
    struct record *record;
    const struct watcher *watcher;
    int64_t started_ns; /* of the run, on the monotonic clock */
    struct sockaddr_storage to;
    socklen_t to_len;
    char buf[LANE_BUFFER]; /* holds nothing from one step to the next */
};

enum lane_state {
    LANE_CONNECTING,
    LANE_TALKING,
    LANE_LEAVING, /* goodbye is out */
    LANE_OVER,
};

struct lane {
    int client; /* its place in the record */
    int fd;     /* -1: none */
    enum lane_state state;
    bool blocked;     /* the kernel took no more bytes */
    bool pausing;     /* there is something to say, at due_ns */
    int64_t due_ns;   /* nothing is said before */
    size_t offset;    /* bytes gone out of what is being said */
    int send_error;   /* an errno: say no more, read what is left */
    size_t heard_len; /* bytes of an answer that is not complete */
    char heard[LANE_ANSWER];
};

/* Returns the time since the start of the run. */
int64_t lane_now(const struct lane_scene *scene);

/* Connects this client.  Returns what to wait for, as lane_step. */
unsigned lane_start(struct lane_scene *scene, struct lane *lane, int client);

/* Goes on as far as possible.  ready is what of the things waited for has come.
 * Returns what to wait for; 0 once the client has ended, and its descriptor is
 * closed then. */
unsigned lane_step(struct lane_scene *scene, struct lane *lane, unsigned ready);

/* Ends a client with the run, started or not; a timeout is its fault unless it
 * is meant to be silent. */
void
lane_stop(struct lane_scene *scene, struct lane *lane, enum record_end why);

#endif

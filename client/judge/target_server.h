/* subject - the server that is being judged: started anew for each finding, or
 * one that runs already; and what has been found out about it so far. */

#ifndef CLIENT_JUDGE_TARGET_SERVER_H
#define CLIENT_JUDGE_TARGET_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "client/judge/model.h"
#include "client/target/server_process.h"
#include "client/judge/talk.h"

#define TARGET_SERVER_UNKNOWN (-1)

struct target_server {
    /* How it is started; NULL: it runs already, and cannot be started anew. */
    const char *command;
    const char *delay; /* a TIME, for {delay} and -d */
    int stop_fd;       /* readable: the program is asked to end */

    /* While it runs: */
    struct server_process launch;
    pid_t pid; /* 0: not known, or of another machine */
    struct sockaddr_storage to;
    socklen_t to_len;

    bool deaf; /* it has once not ended when asked */

    /* What is known of it, found out before anything else: */
    int64_t answer_ns; /* how long a message takes alone, the shortest seen */
    int64_t limit_ns;  /* an answer that has not come by then does not come */
    int64_t quiet_ns;  /* if nothing has come for so long, nothing comes */

    /* What the capacity findings found; TARGET_SERVER_UNKNOWN until then. */
    int at_once;  /* clients served at one moment, as many as were tried */
    bool bounded; /* more than those wait or are refused */
    struct model character; /* what the verdict is made of */
};

/* Starts the server, with this delay (NULL: that of the subject) and this much
 * computing (NULL: none) a message, unless it runs already.  Returns 0, or -1
 * with the reason in why. */
int target_server_start(struct target_server *s, const char *delay,
                        const char *cpu, char why[SERVER_PROCESS_WHY_MAX]);

/* Stops it, unless it is one that runs already; says how it ended. */
struct server_process_end target_server_stop(struct target_server *s);

/* Tells whether its process has not ended; true if that cannot be known. */
bool target_server_lives(const struct target_server *s);

/* Connects a client.  With the result of talk_open. */
enum talk_result
target_server_visit(const struct target_server *s, struct talk *t);

/* The same; sends a message, hears ack, and stays connected. */
enum talk_result
target_server_talk(const struct target_server *s, struct talk *t);

/* Tells whether a new client is served now: connects, hears ack, says goodbye.
 */
bool target_server_serves(const struct target_server *s);

/* Waits, up to ns, until a condition of the subject holds; returns whether it
 * does.  Looks every few milliseconds. */
bool target_server_until(struct target_server *s,
                         bool (*holds)(struct target_server *s), int64_t ns);

/* How many descriptors its process has open, and its family; -1: not known. */
int64_t target_server_descriptors(const struct target_server *s);

#endif

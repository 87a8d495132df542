/* target_server - the server that is judged: one that is started again for each
 * finding, or one that runs already; and what is known about it so far. */

#ifndef CLIENT_JUDGE_TARGET_SERVER_H
#define CLIENT_JUDGE_TARGET_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "client/judge/model.h"
#include "client/record/plan.h"
#include "client/target/server_process.h"

#define TARGET_SERVER_WORDS_MAX 64
#define TARGET_SERVER_END_MAX   200

struct target_server {
    /* How it is started; NULL: it runs already, and is never started here. */
    const char *command;
    bool has_queues;   /* its traits say that each worker has an accept queue of
                          its own, so it is not accused of that */
    const char *delay; /* a TIME, for {delay} and -d */
    int stop_fd;       /* readable once this program must end */
    struct plan asks;  /* the service and the frame, and one message of them */

    /* While it runs: */
    struct server_process process;
    pid_t pid;    /* 0: not known, or on another machine */
    bool is_java; /* SIGTERM ends a JVM in order with exit status 143 */
    bool counts_references; /* its language frees memory at once when nothing
                             * refers to it any more */
    struct sockaddr_storage to;
    socklen_t to_len;

    /* Measured before all findings, while the server had nothing else to do.
     * Bounds are multiples of these, since machines and languages differ. */
    int64_t start_ns;      /* how long it took until it listened, */
    int64_t stop_ns;       /* and from SIGTERM until it had ended */
    int64_t answer_ns;     /* how long a message takes alone: the shortest, */
    int64_t answer_max_ns; /* and the longest that was seen */

    /* Threads of this machine that want to run, per core: 1 at least.  Measured
     * before each finding: so many times as long the judge waits if the server
     * itself wants to run (activity.h). */
    double load;
    int64_t limit_ns;   /* an answer that has not come by then does not come */
    int64_t silence_ns; /* if nothing has come for so long, nothing comes */

    bool is_kept;        /* it goes on for the next finding if this one is ok */
    int64_t deadline_ns; /* nothing waits longer than until then; 0: no limit */

    struct model model; /* what the findings have found out */
};

/* Starts the server with this delay (NULL: that of the user) and this much
 * computing per message (NULL: none).  Returns 0, or -1 with the reason in why.
 * Does nothing if the server runs already. */
int target_server_start(struct target_server *s, const char *delay,
                        const char *cpu, char why[SERVER_PROCESS_WHY_MAX]);

/* Looks up where a server is that runs already.  Returns false with the reason
 * in why if there is no such host. */
bool target_server_meet(struct target_server *s, const char *host,
                        const char *port, char why[SERVER_PROCESS_WHY_MAX]);

/* Stops the server, which was started here, and starts it again on the same
 * port.  Returns 0, or -1 with the reason in why. */
int target_server_start_again(struct target_server *s,
                              char why[SERVER_PROCESS_WHY_MAX]);

/* Stops the server if it was started here and runs.  It is not waited for long,
 * and killed then: findings_stop look how it ends. */
void target_server_stop(struct target_server *s);

/* The same, but waits up to patience_ns.  Returns how long it took. */
int64_t target_server_stop_within(struct target_server *s, int64_t patience_ns);

/* Tells whether its process has not ended; true if that cannot be known. */
bool target_server_lives(const struct target_server *s);

/* Writes how its process has ended: "exit status 1", "signal 13 (SIGPIPE)", or
 * nothing if that cannot be known.  Returns whether that was the end of a
 * program in order: status 0, or for Java 143. */
bool target_server_end(const struct target_server *s,
                       char words[TARGET_SERVER_WORDS_MAX]);

/* Writes the last line that the server has written to stderr, printable: what a
 * program says when it fails.  "" if there is none, or if it was not started
 * here. */
void target_server_last_words(const struct target_server *s,
                              char words[TARGET_SERVER_END_MAX]);

/* Sets the load and, from how long a message takes alone, limit_ns and
 * silence_ns. */
void target_server_set_limits(struct target_server *s);

/* Returns how long to wait now for what takes at most ns on a quiet machine. */
int64_t target_server_patience(const struct target_server *s, int64_t ns);

/* Returns when everything that waits for the server must end; CLOCK_NEVER if
 * there is no such limit. */
int64_t target_server_deadline(const struct target_server *s);

/* Waits for ns.  Returns false, before that, if this program must end, or if
 * the wait would go on beyond target_server_deadline. */
bool target_server_pause(const struct target_server *s, int64_t ns);

/* Returns how many descriptors its process and their descendants have open; -1:
 * not known. */
int64_t target_server_descriptors(const struct target_server *s);

/* Returns how many listeners there are on the server's port: more than one if
 * its workers have one each (SO_REUSEPORT).  0: not known. */
int target_server_listeners(const struct target_server *s);

/* Tells whether one of its processes has such a listener open. */
bool target_server_listens(const struct target_server *s, pid_t pid);

/* Returns how many clients at once the server must serve when all is well: as
 * many as it has places, 16 at most; 16 if clients get the answers of others; 1
 * if nothing is known, or if the kernel may let a client wait for a busy worker
 * while another one is idle. */
int target_server_places(const struct target_server *s);

#endif

/* crowd - several clients of one server, held at once. */

#ifndef CLIENT_JUDGE_CROWD_H
#define CLIENT_JUDGE_CROWD_H

#include <stdbool.h>

#include "client/judge/target_server.h"

#define CROWD_MAX 256

struct crowd {
    const struct target_server *subject;
    struct talk clients[CROWD_MAX];
    size_t heard[CROWD_MAX]; /* bytes of its answer */
    bool answered[CROWD_MAX];
    int count;
    int served; /* how many of them have been answered */
};

/* Lets count clients connect, and each send a message.  Returns false if one
 * does not get in: then there are no more. */
bool crowd_open(struct crowd *c, const struct target_server *s, int count);

/* Takes in the answers that come, until all have come or none has for quiet_ns.
 * Returns how many clients have been answered by now. */
int crowd_listen(struct crowd *c, int64_t quiet_ns);

/* Ends a client, politely if it has been answered. */
void crowd_leave(struct crowd *c, int client);

/* Ends all that are left. */
void crowd_close(struct crowd *c);

#endif

/* probes - many probes of one server at the same time (see probe.h).
 *
 * All of them are driven by one loop, so none has to wait for another. */

#ifndef CLIENT_JUDGE_PROBES_H
#define CLIENT_JUDGE_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "client/judge/probe.h"

struct probes {
    int count;
    struct probe list[PROBE_MAX];
};

/* What a probe sends when it is connected. */
enum probes_text {
    PROBES_MESSAGE,   /* a message; it expects the answer */
    PROBES_BEGINNING, /* the beginning of one */
    PROBES_NOTHING,
};

/* How far a probe has come. */
enum probes_state {
    PROBES_CONNECTING,
    PROBES_WAITING, /* connected, and not answered */
    PROBES_SERVED,  /* answered, and still connected */
    PROBES_REFUSED, /* the server has closed or reset the connection */
    PROBES_WRONG,   /* something else than the answer came */
    PROBES_LEFT,    /* it has closed the connection itself */
};

/* Lets n more probes begin to connect.  Returns how many do: fewer if this
 * program has no more descriptors, or there are PROBE_MAX. */
int probes_add(struct probes *all, const struct target_server *s, int n,
               enum probes_text text);

/* Connects n probes, one after the other, which then send a message each.  It
 * stops at the first that is not connected in time: those behind it would not
 * be, either. */
void probes_open(struct probes *all, const struct target_server *s, int n);

/* As probes_add; then waits until they are connected, up to the server's
 * limit_ns. */
void probes_connect(struct probes *all, const struct target_server *s, int n,
                    enum probes_text text);

/* As probe_wait, for all of them. */
void probes_wait(struct probes *all, enum probe_until until, int64_t silence_ns,
                 int64_t limit_ns);

/* Waits for the answers that the server gives while no probe leaves: until all
 * have come, or none has come for the server's silence_ns.  Returns how many
 * are served. */
int probes_wait_served(struct probes *all);

/* Tells whether one of them has been answered, and is still connected. */
bool probes_is_served(const struct probe *p);

/* Waits until each has its answer or its end.  That takes as long as the server
 * goes on: 2 s longer than its limit_ns between two answers, ten times as long
 * for all. */
void probes_wait_answers(struct probes *all);

/* Returns how many are in that state. */
int probes_count(const struct probes *all, enum probes_state state);

/* Those that are served send goodbye and close; the others do so as soon as
 * they are served. */
void probes_leave(struct probes *all);

/* Closes the connections of those in that state. */
void probes_close_those(struct probes *all, enum probes_state state);

/* Resets all connections, and forgets the probes. */
void probes_reset(struct probes *all);

/* Closes all connections, and forgets the probes. */
void probes_close(struct probes *all);

#endif

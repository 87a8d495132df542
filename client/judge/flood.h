/* stream - one client that sends a great deal, and reads at the same time or
 * not at all.
 *
 * What it sends is a piece of memory, over and over.  What comes back is to be
 * answers, "ack" and "nak", and is counted. */

#ifndef CLIENT_JUDGE_FLOOD_H
#define CLIENT_JUDGE_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/judge/target_server.h"

struct flood {
    struct talk talk;
    const char *bytes; /* what is sent, over and over; the caller's */
    size_t len;
    size_t unit;  /* length of a message in it, with its ETX */
    int64_t sent; /* bytes */
    int64_t acks; /* answers that have come whole */
    int64_t naks;
    char part[3]; /* the beginning of the next answer */
    int part_len;
    bool ended;  /* end of input has come */
    bool broken; /* the connection was reset */
    bool wrong;  /* something else than an answer came */
};

/* Connects, in that manner, to send these bytes. */
enum talk_result
flood_open(struct flood *st, const struct target_server *s,
           enum talk_manner manner, const char *bytes, size_t len, size_t unit);

/* Sends what the kernel takes now, up to so many bytes in all; returns how many
 * bytes it took. */
size_t flood_send(struct flood *st, int64_t until);

/* Reads what is there. */
void flood_hear(struct flood *st);

/* Waits until there is something to read, or, if asked for, room to send, or ms
 * have passed. */
void flood_wait(const struct flood *st, bool to_send, int ms);

/* Tells whether nothing more can come: the end, a reset, or rubbish. */
bool flood_over(const struct flood *st);

/* Sends all that is left up to so many bytes, reading meanwhile, for as long as
 * anything moves within ns.  Returns whether all was sent. */
bool flood_send_all(struct flood *st, int64_t until, int64_t ns);

/* Reads until so many answers have come, or nothing within ns, or nothing more
 * can.  Returns whether they have. */
bool flood_hear_all(struct flood *st, int64_t answers, int64_t ns);

/* Lets the kernel take in so many bytes from now on. */
void flood_widen(const struct flood *st, int bytes);

/* Closes the connection. */
void flood_close(struct flood *st);

#endif

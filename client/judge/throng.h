/* throng - very many clients of one server at the same time, from one loop.
 *
 * Each connects, sends one message and waits for its answer; none waits for
 * another.  What has become of each is seen afterwards.  Compare crowd.h, which
 * holds a few.
 */
#ifndef CLIENT_JUDGE_THRONG_H
#define CLIENT_JUDGE_THRONG_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/judge/target_server.h"

/* What a client of a throng does. */
enum throng_manner {
    THRONG_TALKS,  /* sends a message */
    THRONG_BREAKS, /* sends the beginning of one */
    THRONG_SILENT, /* sends nothing, and hears nothing */
};

enum throng_state {
    THRONG_CONNECTING,
    THRONG_WAITING, /* for an answer, or, without a message, for nothing */
    THRONG_SERVED,
    THRONG_ENDED, /* refused: the server has closed or reset the connection */
    THRONG_WRONG, /* something else than an answer came */
    THRONG_GONE,  /* it has left */
};

/* When to stop attending to it. */
enum throng_until {
    THRONG_ALL_IN,   /* nobody is connecting */
    THRONG_ANSWERED, /* nor waiting */
};

/* What those do that have been served. */
enum throng_served {
    THRONG_STAY,
    THRONG_LEAVE,
};

struct throng_client {
    int fd;
    enum throng_state state;
    enum throng_manner manner;
    int heard; /* bytes of its answer */
};

struct throng {
    struct throng_client *clients;
    struct pollfd *polls; /* as many */
    int count;
    int room;
};

/* Makes a throng of nobody, with room for so many.  Ends the program if there
 * is not the memory. */
void throng_init(struct throng *c, int room);

/* Lets all leave, and frees it. */
void throng_free(struct throng *c);

/* Lets n more begin to connect, as far as there is room.  Returns how many did:
 * fewer if descriptors are short. */
int throng_add(struct throng *c, const struct target_server *s, int n,
               enum throng_manner manner);

/* Lets each go on as far as it can, until the time is over at the latest. */
void throng_attend(struct throng *c, enum throng_until until,
                   enum throng_served served, int64_t ns);

/* Returns how many are in that state. */
int throng_count(const struct throng *c, enum throng_state state);

/* Lets those in that state leave, with a goodbye if they have been served. */
void throng_leave(struct throng *c, enum throng_state state);

/* Lets all leave, by a reset, and forgets them. */
void throng_reset(struct throng *c);

/* Lets all leave, and forgets them. */
void throng_clear(struct throng *c);

#endif

/* observer - a callback table by which a program follows a run while it goes
 * on.  When a function is called, what has happened is in the record already.
 * A function that is NULL is not called. */

#ifndef CLIENT_PLAY_OBSERVER_H
#define CLIENT_PLAY_OBSERVER_H

#include "client/record/record.h"

enum observer_event {
    OBSERVER_CONNECTED,
    OBSERVER_ANSWERED, /* the last of the client's answers so far */
    OBSERVER_ENDED,    /* see the client's outcome */
};

struct observer {
    void *context; /* the first argument of each */
    /* Called for each event of a client, counted from 0. */
    void (*happened)(void *context, const struct record *r,
                     enum observer_event event, int client);
    /* Called before the run waits for something. */
    void (*waiting)(void *context);
    /* Called every tick_ns, or later if the run is busy; never if tick_ns is 0.
     * It may change tick_ns. */
    int64_t tick_ns;
    void (*tick)(void *context, const struct record *r, int64_t now_ns);
};

#endif

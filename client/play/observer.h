/* watcher - who is told of a run while it goes on.  What has happened is in
 * the record already when it is told. */

#ifndef CLIENT_PLAY_OBSERVER_H
#define CLIENT_PLAY_OBSERVER_H

#include "client/record/record.h"

enum observer_event {
    OBSERVER_CONNECTED,
    OBSERVER_ANSWERED, /* the last of the client's answers so far */
    OBSERVER_ENDED,    /* see the client's outcome */
};

/* A function that is NULL is not called. */
struct observer {
    void *context;
    /* Called for each event of a client, counted from 0. */
    void (*happened)(void *context, const struct record *r,
                     enum observer_event event, int client);
    /* Called before the run waits for something. */
    void (*waiting)(void *context);
    /* Called so often at most, whatever happens or does not; 0: never.  It may
     * change tick_ns. */
    int64_t tick_ns;
    void (*tick)(void *context, const struct record *r, int64_t now_ns);
};

#endif

/* bars - what is to be seen on a lane: stretches of waiting and of being
 * served, few enough to be drawn however many messages there were.  Plain data
 * without I/O, made from a panel. */

#ifndef CLIENT_DRAW_SPANS_H
#define CLIENT_DRAW_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/draw/panel.h"

enum spans_kind {
    SPANS_WAITING,
    SPANS_SERVED,
};

/* A message, or several one after another that are too short to be drawn
 * apart. */
struct spans_bar {
    enum spans_kind kind;
    int client;
    int first; /* message, and the last: counted from 0 */
    int last;
    int worker;         /* its place in worker_ids; -1: not known */
    bool other_clients; /* have a part in it, too */
    bool other_workers;
    int64_t began_ns;
    int64_t ended_ns;
};

struct spans {
    struct spans_bar *bar;
    int count;
    int room;
    int64_t close_ns; /* see below */
};

/* Finds out what the lane of a client shows: first all waiting, then all
 * service, each by time.
 *
 * A bar shorter than close_ns is made part of the one before it if it begins
 * less than close_ns after that began, or less than close_ns after that ended
 * and is of the same worker and client.  So a lane of length L has at most
 * about 2 L / close_ns bars of each kind, and bars of more than close_ns are
 * never lost.
 *
 * Returns 0, or -1 with errno set if there is not the memory.  To be freed by
 * spans_close. */
int spans_of_client(struct spans *bars, const struct panel *panel, int client,
                    int64_t close_ns);

/* Finds out what the lanes of all workers show: all service, by worker and then
 * by time. */
int spans_of_workers(struct spans *bars, const struct panel *panel,
                     int64_t close_ns);

/* Frees what the bars have taken. */
void spans_close(struct spans *bars);

#endif

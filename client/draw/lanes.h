/* lanes - the lanes of a panel, from the top down: one per client; then, if
 * they show something that those do not show, one per worker.  They are the
 * same in every picture. */

#ifndef CLIENT_DRAW_LANES_H
#define CLIENT_DRAW_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "client/draw/panel.h"
#include "client/draw/text.h"
#include "client/record/spans.h"

/* If there are too many clients, at most so many of those that ended first have
 * a lane, and as many of those that ended last. */
#define LANES_ENDS_MAX 8

struct lane {
    bool of_worker; /* otherwise of a client */
    bool more;      /* no lane: number lanes are left out here */
    int number;     /* of the client or the worker, counted from 0 */
};

struct lanes {
    const struct panel *panel;
    struct lane *list; /* the caller frees it */
    int count;
};

/* Returns the lanes of a panel, for at most so many clients, and for the first
 * of the workers, at most so many. */
struct lanes
lanes_open(const struct panel *panel, int clients_most, int workers_most);

/* Returns what a lane shows; the caller frees the list. */
struct spans lanes_spans(const struct panel *panel, const struct lane *lane);

/* Returns the scale for the times that stand beside the lanes of some panels:
 * from the start of each client to its end, and others, of which the shortest
 * takes min_ns. */
struct text_scale
lanes_scale(const struct lanes *lanes, int count, int64_t min_ns);

#endif

/* plan - what a run is to do: how many clients say what, and when.  Plain data:
 * made from the command line, kept in the record, changed by nobody. */

#ifndef CLIENT_RECORD_PLAN_H
#define CLIENT_RECORD_PLAN_H

#include <stdint.h>

#define PLAN_CLIENTS_MAX  100000
#define PLAN_MESSAGES_MAX 1000000  /* of one client */
#define PLAN_TOTAL_MAX    10000000 /* of all: 24 bytes of memory each */
#define PLAN_SIZE_MAX     (1024 * 1024)
#define PLAN_SIZE_NATURAL (-1) /* as long as "package 0" happens to be */

enum plan_manner {
    PLAN_POLITE, /* all messages, then goodbye */
    PLAN_VANISH, /* a reset in the middle of the last message */
    PLAN_SILENT, /* not a word */
};

struct plan {
    int clients;
    int messages; /* of each client */
    int pipeline; /* so many may be unanswered at once; at least 1 */
    int size;     /* bytes in a message, or PLAN_SIZE_NATURAL */
    enum plan_manner manner;
    int64_t think_ns;   /* pause between two messages of a client */
    int64_t stagger_ns; /* between the starts of two clients */
    int64_t dribble_ns; /* between two bytes; 0: as many as will go */
    int64_t timeout_ns; /* of the whole run; 0: none */

    /* A load (see load.h) has no number of messages, and of the above only
     * clients, pipeline and size. */
    int64_t duration_ns; /* it lasts so long; 0: this is no load */
    int64_t warmup_ns;   /* and so long before that nothing is counted */
    int per_connection;  /* messages until goodbye and a new connection;
                          * 0: all on one */
    int idle;            /* connections that say nothing, besides */
};

#endif

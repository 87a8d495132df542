/* plan - what the clients of a run do: how many there are, what they say, and
 * when.  It is plain data, made from the command line and kept in the record.
 */

#ifndef CLIENT_RECORD_PLAN_H
#define CLIENT_RECORD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_CLIENTS_MAX    100000
#define PLAN_MESSAGES_MAX   1000000  /* per client */
#define PLAN_TOTAL_MAX      10000000 /* in all; each takes 24 bytes of memory */
#define PLAN_RATE_MAX       1000000  /* requests per second */
#define PLAN_RETRY_MAX      1000
#define PLAN_SIZE_MAX       (1024 * 1024)
#define PLAN_SIZE_NATURAL   (-1) /* as long as the text "package 0" */
#define PLAN_MESSAGES_UNSET (-1)
#define PLAN_KV_KEY         "count"
#define PLAN_KV_TEXT        "ADD count 1"

enum plan_manner {
    PLAN_POLITE, /* send all messages, then goodbye */
    PLAN_VANISH, /* reset the connection in the middle of the last message */
    PLAN_SILENT, /* connect and send nothing */
};

/* What the clients ask for, and how the end of a message is marked (see
 * notes/protocol.md). */
enum plan_service {
    PLAN_ACK,
    PLAN_ECHO,
    PLAN_UPPER,
    PLAN_DAYTIME,
    PLAN_KV,
    PLAN_FILE,
};

enum plan_frame {
    PLAN_ETX,
    PLAN_LENGTH,
};

/* Their names, with NULL behind the last. */
extern const char *const plan_services[];
extern const char *const plan_frames[];

struct plan {
    enum plan_service service;
    enum plan_frame frame;
    const char *text; /* of each message; NULL: one that suits the service */
    int clients;
    int messages; /* per client */
    int pipeline; /* unanswered messages per client, at most; at least 1 */
    int size;     /* bytes per message, or PLAN_SIZE_NATURAL */
    enum plan_manner manner;
    int64_t think_ns;   /* pause between two messages of a client */
    int64_t stagger_ns; /* between the starts of two clients */
    int64_t dribble_ns; /* between two bytes; 0: send as many as possible */
    int64_t timeout_ns; /* of the whole run; 0: none */

    /* The file that must come, if it is known (see exchange.h). */
    const char *file; /* its path; NULL: it is not known */
    int64_t file_len;
    uint64_t file_checksum;

    /* Only for a load (see load.h).  Of the fields above, a load uses clients,
     * pipeline and size. */
    int64_t duration_ns; /* how long it is measured; 0: this is not a load */
    int64_t warmup_ns;   /* how long it runs before that */
    int per_connection;  /* messages until goodbye and a new connection;
                          * 0: all on one connection */
    int idle;            /* further connections on which nothing is sent */

    /* Only for an open loop (see requests.h). */
    int rate;            /* requests per second; 0: this is a closed loop */
    int64_t deadline_ns; /* after which a request is given up; 0: never */
    int retry;           /* how often a failed request is tried again */
};

#endif

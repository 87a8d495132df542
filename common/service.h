/* service - what a server answers (--service).
 *
 * A service is a function from a message to its answer.  It knows nothing of
 * sockets and clients, and the models know nothing of it but one line in main:
 * service_open, whose second argument says which part of the server answers
 * messages.  Most services keep nothing between two messages, so for them it
 * makes no difference.  But kv keeps a table for all clients, and then this
 * word decides in whose memory the table is, and whether it needs a lock. */

#ifndef COMMON_SERVICE_H
#define COMMON_SERVICE_H

#include <stddef.h>

#include "common/frame.h"
#include "common/session.h"

/* To add a service, add a kind here, and in service.c a name, a function and a
 * row of the table.  If bin/client is to use the service, add a kind in
 * client/record/plan.h, too. */
enum service_kind {
    SERVICE_ACK,
    SERVICE_ECHO,
    SERVICE_UPPER,
    SERVICE_DAYTIME,
    SERVICE_KV,
    SERVICE_FILE,
};

/* The names of the services, in this order, and NULL. */
extern const char *const service_names[];

/* Which part of a server answers messages, and so uses what a service keeps. */
enum service_sharing {
    SERVICE_ALONE,     /* one thread: no lock is needed */
    SERVICE_THREADS,   /* several threads of one process: they need a lock */
    SERVICE_PROCESSES, /* processes that the caller forks after service_open:
                        * they also need memory that they share, and a lock that
                        * is freed when a process is killed while it holds it */
};

#define SERVICE_TEXT_MAX (SESSION_ROOM - FRAME_HEAD - 1)

/* An answer. */
struct service_answer {
    char *bytes;      /* in the message or in room, with the frame around it */
    size_t size;      /* at most SESSION_ROOM if it is in room */
    const char *body; /* bytes that follow, which are never freed */
    size_t body_size;
    char room[SESSION_ROOM];
};

struct options;

/* Chooses the service and the frame that opt names, and makes what the service
 * keeps.  Call it once, before any fork and before any thread starts.  If it
 * fails, for example because a file cannot be read, it ends the program with
 * status 1. */
void service_open(const struct options *opt, enum service_sharing sharing);

/* Returns the session mode (session.h) for the service and the frame. */
unsigned service_mode(void);

/* Makes the answer to a message.  It may change the message, the FRAME_HEAD
 * bytes in front of it if the frame is length, and the byte behind it if the
 * frame is etx.  The answer is valid as long as the message and a are. */
void service_answer(struct service_answer *a, char *message, size_t len);

/* Makes the answer to a message that is too long or not ASCII. */
void service_refuse(struct service_answer *a);

#endif

/* flow - one client of a load: its connection now, and those that come after.
 *
 * As in a lane, a step does what can be done now.  Here the loop need not be
 * told what to wait for: a connection is watched edge-triggered from its
 * beginning to its end, so that epoll_ctl is called once for it, and epoll_wait
 * does not look at it again after its answer has been read. */

#ifndef CLIENT_PLAY_LOAD_CLIENT_H
#define CLIENT_PLAY_LOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "client/play/load.h"

#define FLOW_BUFFER 65536 /* bytes: sent, and received, at a time at most */
#define FLOW_ANSWER 3     /* bytes of "ack" and "nak" */

/* What all flows of a load share. */
struct flow_scene {
    struct load *load;
    int epoll;
    struct sockaddr_storage to;
    socklen_t to_len;
    /* When what is in flight was sent: plan.pipeline moments for each flow. */
    int64_t *sent_ns;
    bool measuring;  /* what happens now counts */
    bool closing;    /* nothing new is said but goodbye */
    int coming;      /* flows whose first connection is being made */
    int arrived;     /* flows whose first connection has been made */
    int over;        /* flows that have ended */
    size_t message;  /* bytes of a message */
    size_t messages; /* bytes of all in the block */
    char *block;     /* the same message several times, then goodbye */
    char answer[FLOW_BUFFER + FLOW_ANSWER]; /* the right one, over and over */
    char in[FLOW_BUFFER]; /* holds nothing from one step to the next */
};

enum flow_state {
    FLOW_ABSENT, /* not started yet */
    FLOW_CONNECTING,
    FLOW_TALKING,
    FLOW_LEAVING, /* goodbye is out */
    FLOW_OVER,
};

struct flow {
    int fd;
    uint8_t state;
    uint8_t heard;    /* bytes of an answer that is not complete */
    bool idle;        /* it says nothing */
    bool came;        /* it has been connected */
    int in_flight;    /* messages not answered */
    int next;         /* to be answered: its place in sent_ns */
    int said;         /* messages begun on this connection */
    size_t offset;    /* bytes gone out of the message, or goodbye, begun */
    int64_t since_ns; /* when it began to connect or to leave; 0: neither */
    int64_t answers;  /* on all its connections */
};

/* Makes the scene of a load that is to connect to that address.  Returns 0, or
 * -1 with errno set if there is not the memory; l and epoll stay the caller's.
 * To be freed by flow_strike. */
int flow_stage(struct flow_scene *scene, struct load *l, int epoll);

/* Frees what the scene has taken. */
void flow_strike(struct flow_scene *scene);

/* Connects a client, which has this place among all. */
void flow_start(struct flow_scene *scene, struct flow *f, int client);

/* Goes on after epoll has told of these events. */
void flow_step(struct flow_scene *scene, struct flow *f, int client,
               uint32_t events);

/* The load is over: says goodbye as soon as all is answered. */
void flow_close(struct flow_scene *scene, struct flow *f, int client);

/* Returns for how long the flow has had messages in flight at that moment, all
 * of them added up, or has been connecting or leaving. */
int64_t flow_waiting_ns(const struct flow_scene *scene, const struct flow *f,
                        int client, int64_t now_ns);

/* Closes the connection, whatever it is doing. */
void flow_cut(struct flow_scene *scene, struct flow *f);

#endif

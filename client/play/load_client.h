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

#include "client/play/answer.h"
#include "client/play/load.h"

#define LOAD_CLIENT_BUFFER 65536 /* bytes in one send, or recv, at most */

/* What all flows of a load share. */
struct load_client_scene {
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
    enum answer_result expected; /* the right answer to each message */
    char in[LOAD_CLIENT_BUFFER]; /* holds nothing from one step to the next */
};

enum load_client_state {
    LOAD_CLIENT_ABSENT, /* not started yet */
    LOAD_CLIENT_CONNECTING,
    LOAD_CLIENT_TALKING,
    LOAD_CLIENT_LEAVING, /* goodbye is out */
    LOAD_CLIENT_OVER,
};

struct load_client {
    int fd;
    uint8_t state;
    struct answer answer;
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
 * To be freed by load_client_strike. */
int
load_client_stage(struct load_client_scene *scene, struct load *l, int epoll);

/* Frees what the scene has taken. */
void load_client_strike(struct load_client_scene *scene);

/* Connects a client, which has this place among all. */
void load_client_start(struct load_client_scene *scene, struct load_client *f,
                       int client);

/* Goes on after epoll has told of these events. */
void load_client_step(struct load_client_scene *scene, struct load_client *f,
                      int client, uint32_t events);

/* The load is over: says goodbye as soon as all is answered. */
void load_client_close(struct load_client_scene *scene, struct load_client *f,
                       int client);

/* Returns for how long the flow has had messages in flight at that moment, all
 * of them added up, or has been connecting or leaving. */
int64_t
load_client_waiting_ns(const struct load_client_scene *scene,
                       const struct load_client *f, int client, int64_t now_ns);

/* Closes the connection, whatever it is doing. */
void load_client_cut(struct load_client_scene *scene, struct load_client *f);

#endif

#include "client/play/load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/play/loop.h"
#include "client/play/message.h"
#include "common/clock.h"
#include "common/log.h"

#define WARMUPS_MAX 20 /* as long again, while a client waits for an answer */
#define STARTS_MAX  64 /* clients that are being connected at a time */
#define TICK_NS     (100 * CLOCK_MS)

/* What the load has to know of a client, beside its connection. */
struct load_client {
    bool arrived;     /* its first connection has been made, or has failed */
    int64_t answers;  /* on all its connections */
    int64_t since_ns; /* when it began to connect or to leave; 0: neither */
};

struct run {
    struct loop loop;
    struct load *load;
    const struct load_observer *observer;
    struct load_client *clients; /* the busy ones, then the idle ones */
    /* When each message in flight was begun.  Each client has as many places as
     * messages in flight, rounded up to a power of two. */
    int64_t *begun_ns;
    int64_t places;
    enum record_answer expected; /* the right answer to each message */
    int started;                 /* busy clients that have begun to connect */
    int started_idle;
    int arriving;    /* clients whose first connection is being made */
    int64_t tick_ns; /* when the next tick is due */
    bool measuring;  /* what happens now counts */
    bool closing;    /* the load is over, clients leave */
    bool stopped;    /* the caller has asked to stop */
};

/* Returns where the time is kept at which this message of a client was begun.
 */
static int64_t *
begun(const struct run *r, const struct client *c, int64_t message)
{
    return &r->begun_ns[c->number * r->places + (message & (r->places - 1))];
}

/* A client has been connected, or has left: that took some time in which it had
 * no message in flight. */
static void
count_between(struct run *r, struct load_client *lc)
{
    if (r->measuring)
        r->load->between_ns += r->loop.group.now_ns - lc->since_ns;
    lc->since_ns = 0;
}

/* Connects a client, for the first time or again. */
static void
connect_client(struct run *r, int client, int64_t now_ns)
{
    int per_connection = r->load->plan.per_connection;

    r->clients[client].since_ns = now_ns;
    loop_start(&r->loop, client,
               per_connection > 0 ? per_connection : INT64_MAX);
}

/* The first connection of a client has been made, or has failed. */
static void
arrive(struct run *r, struct load_client *lc)
{
    if (!lc->arrived)
        r->arriving--;
    lc->arrived = true;
}

static void
connected(void *context, struct client *c)
{
    struct run *r = context;
    struct load_client *lc = &r->clients[c->number];

    if (!lc->arrived)
        r->load->arrived++;
    arrive(r, lc);
    r->load->connections++;
    histogram_add(&r->load->connecting, r->loop.group.now_ns - lc->since_ns, 1);
    count_between(r, lc);
}

static void
sent(void *context, struct client *c)
{
    struct run *r = context;

    if (c->state == CLIENT_LEAVING)
        r->clients[c->number].since_ns = c->begun_ns;
    else
        *begun(r, c, c->sent - 1) = c->begun_ns;
}

static void
answered(void *context, struct client *c, enum record_answer answer)
{
    struct run *r = context;

    if (answer != r->expected)
        return;
    r->clients[c->number].answers++;
    if (r->measuring)
        histogram_add(&r->load->answering,
                      r->loop.group.now_ns - *begun(r, c, c->answered - 1), 1);
}

static void
ended(void *context, struct client *c, const struct client_end *end)
{
    struct run *r = context;
    struct load *l = r->load;
    struct load_client *lc = &r->clients[c->number];

    arrive(r, lc);
    if (end->outcome == RECORD_CLOSED) {
        count_between(r, lc);
        if (!r->closing)
            connect_client(r, c->number, r->loop.group.now_ns);
    } else if (end->outcome == RECORD_FAILED) {
        if (l->failed < LOAD_FAULTS_MAX) {
            struct load_fault *f = &l->faults[l->failed];

            *f = (struct load_fault){.client = c->number,
                                     .after = lc->answers,
                                     .fault = end->fault,
                                     .error = end->error,
                                     .got_len = end->got_len};
            memcpy(f->got, end->got, sizeof(f->got));
        }
        l->failed++;
    }
}

static const struct client_callbacks callbacks = {
    .connected = connected, .sent = sent, .answered = answered, .ended = ended};

/* Waits once, until until_ns at the latest, and lets the clients go on. */
static void
turn(struct run *r, int64_t until_ns)
{
    if (!loop_wait(&r->loop, until_ns < r->tick_ns ? until_ns : r->tick_ns))
        r->stopped = true;
    if (r->loop.woken_ns < r->tick_ns)
        return;
    r->tick_ns = r->loop.woken_ns + TICK_NS;
    if (r->observer->tick != NULL)
        r->observer->tick(r->observer->context, r->load);
}

/* Tells whether there is a reason to go on: nobody asks to stop, and some
 * client has not ended. */
static bool
goes_on(const struct run *r)
{
    return !r->stopped && r->loop.group.ended < r->loop.count;
}

/* Lets the load go on for so long. */
static void
go_on(struct run *r, int64_t ns)
{
    int64_t until_ns = loop_now(&r->loop) + ns;

    while (goes_on(r) && r->loop.woken_ns < until_ns)
        turn(r, until_ns);
}

static int
count_started(const struct run *r)
{
    return r->started + r->started_idle;
}

/* Starts some more clients, the idle ones first, so that the server has
 * accepted them before it answers the first of the others. */
static void
start_some(struct run *r)
{
    const struct plan *plan = &r->load->plan;

    for (int i = 0; i < STARTS_MAX && r->arriving < STARTS_MAX &&
                    count_started(r) < r->loop.count;
         i++) {
        int client = r->started_idle < plan->idle
                         ? plan->clients + r->started_idle++
                         : r->started++;

        r->arriving++;
        connect_client(r, client, loop_now(&r->loop));
    }
}

/* Lets all clients connect that can.  When nothing has moved for long, those
 * that have begun to connect may still succeed later. */
static void
connect_all(struct run *r)
{
    int64_t until_ns = loop_now(&r->loop) + LOAD_CONNECT_NS;
    int arrived = 0;

    while (goes_on(r) && r->loop.woken_ns < until_ns) {
        start_some(r);
        if (count_started(r) == r->loop.count && r->arriving == 0)
            return;
        turn(r, until_ns);
        if (r->load->arrived != arrived)
            until_ns = r->loop.woken_ns + LOAD_CONNECT_NS;
        arrived = r->load->arrived;
    }
}

static void
count_unheard(struct run *r)
{
    r->load->unheard = 0;
    for (int i = 0; i < r->load->plan.clients; i++)
        r->load->unheard += r->loop.clients[i].state != CLIENT_ENDED &&
                            r->clients[i].answers == 0;
}

/* Lets the load go on for a while before it is measured, and longer if some
 * client still waits for its first answer. */
static void
warm_up(struct run *r)
{
    int64_t warmup_ns = r->load->plan.warmup_ns;
    int more = warmup_ns > 0 ? WARMUPS_MAX : 0;

    do {
        go_on(r, warmup_ns);
        count_unheard(r);
    } while (r->load->unheard > 0 && more-- > 0);
}

static int64_t
since(int64_t then_ns, int64_t now_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* Adds for how long a client has been waiting at this time; with sign -1, takes
 * it away. */
static void
add_waiting(struct run *r, const struct client *c, int64_t now_ns, int sign)
{
    const struct load_client *lc = &r->clients[c->number];
    struct load *l = r->load;

    if (c->state == CLIENT_ENDED)
        return;
    if (lc->since_ns != 0)
        l->between_ns += sign * since(lc->since_ns, now_ns);
    if (c->offset > 0)
        l->unfinished_ns += sign * since(c->begun_ns, now_ns);
    for (int64_t m = c->answered; m < c->sent; m++)
        l->unfinished_ns += sign * since(*begun(r, c, m), now_ns);
}

/* Measures for as long as the plan says. */
static void
measure(struct run *r)
{
    const struct load_observer *o = r->observer;
    struct load *l = r->load;
    int64_t began_ns;
    int64_t cpu_ns;

    if (!goes_on(r))
        return;
    if (o->begins != NULL && !o->begins(o->context, l)) {
        r->stopped = true;
        return;
    }
    r->measuring = true;
    cpu_ns = clock_used();
    l->began_ns = clock_now();
    began_ns = loop_now(&r->loop);
    /* What clients waited for before now is part of the times of their answers,
     * but not of what happens from now on. */
    for (int i = 0; i < l->plan.clients; i++)
        add_waiting(r, &r->loop.clients[i], began_ns, -1);
    go_on(r, l->plan.duration_ns);
    l->took_ns = loop_now(&r->loop) - began_ns;
    /* What they still wait for is the other way round.  A client without any
     * answer is not part of the result: it only gets back what was taken. */
    for (int i = 0; i < l->plan.clients; i++)
        add_waiting(r, &r->loop.clients[i],
                    began_ns + (r->clients[i].answers > 0 ? l->took_ns : 0), 1);
    l->cpu_ns = clock_used() - cpu_ns;
    r->measuring = false;
    if (o->ended != NULL)
        o->ended(o->context, l);
}

/* Lets the clients say goodbye, and ends those that cannot. */
static void
close_all(struct run *r)
{
    r->load->end = r->stopped ? RECORD_INTERRUPTED : RECORD_DONE;
    count_unheard(r);
    r->closing = true;
    for (int i = 0; i < r->loop.count; i++)
        client_leave(&r->loop.group, &r->loop.clients[i]);
    go_on(r, LOAD_LEAVE_NS);
    for (int i = 0; i < r->loop.count; i++)
        if (r->loop.clients[i].state != CLIENT_ENDED)
            client_end(&r->loop.group, &r->loop.clients[i],
                       &(struct client_end){.outcome = RECORD_OPEN});
}

/* Returns a block of as many messages as may be in flight, if they fit into a
 * buffer, and at least one; its bytes are to be freed. */
static struct client_repeated
repeat_message(const struct plan *plan)
{
    size_t len = message_bytes(plan, 0);
    size_t count = CLIENT_BUFFER / len;
    char *bytes;

    if (count > (size_t)plan->pipeline)
        count = (size_t)plan->pipeline;
    if (count == 0)
        count = 1;
    bytes = malloc(count * len);
    if (bytes == NULL)
        die("memory for the messages");
    for (size_t i = 0; i < count; i++)
        (void)message_copy(plan, 0, 0, bytes + i * len, len);
    return (struct client_repeated){
        .bytes = bytes, .len = len, .count = (int)count};
}

void
load_play(struct load *l, const struct sockaddr_storage *to, socklen_t to_len,
          const struct load_observer *observer, int stop_fd)
{
    struct run r = {.load = l,
                    .observer = observer,
                    .places = 1,
                    .expected = message_expected(&l->plan),
                    .tick_ns = TICK_NS};
    struct plan plan = l->plan;
    size_t busy = (size_t)plan.clients;
    int count = plan.clients + plan.idle;

    assert(plan.clients > 0 && plan.pipeline > 0);
    *l = (struct load){.plan = plan};
    plan.messages = 1; /* number 0 is the message, and number 1 is goodbye */
    r.clients = calloc((size_t)count, sizeof(*r.clients));
    while (r.places < plan.pipeline)
        r.places *= 2;
    r.begun_ns = calloc(busy * (size_t)r.places, sizeof(*r.begun_ns));
    if (r.clients == NULL || r.begun_ns == NULL)
        die("memory for the load");
    loop_open(&r.loop, &plan, count, to, to_len, &callbacks, &r, stop_fd);
    r.loop.group.repeated = repeat_message(&plan);
    for (int i = plan.clients; i < count; i++)
        r.loop.clients[i].silent = true;

    connect_all(&r);
    warm_up(&r);
    measure(&r);
    close_all(&r);

    free((char *)r.loop.group.repeated.bytes);
    loop_close(&r.loop);
    free(r.clients);
    free(r.begun_ns);
}

double
load_in_flight(const struct load *l)
{
    if (l->took_ns == 0)
        return 0;
    return (double)(l->answering.sum_ns + l->unfinished_ns) /
           (double)l->took_ns;
}

double
load_busy(const struct load *l)
{
    if (l->plan.pipeline > 1 && l->plan.per_connection > 0)
        return -1;
    return load_in_flight(l) / l->plan.pipeline +
           (l->took_ns > 0 ? (double)l->between_ns / (double)l->took_ns : 0);
}

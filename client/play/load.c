#include "client/play/load.h"

#include <assert.h>
#include <stdlib.h>

#include "client/play/loop.h"
#include "client/play/message.h"
#include "client/play/requests.h"
#include "common/clock.h"
#include "common/log.h"

#define WARMUPS_MAX 20 /* while a client waits for its first answer */
#define STARTS_MAX  64 /* clients that are being connected at a time */
#define TICK_NS     (100 * CLOCK_MS)
/* If no client gets connected for this long, the load begins without the rest.
 * The kernel repeats a connection request that was lost after 1 s and 3 s. */
#define CONNECT_NS (5 * CLOCK_S)
#define LEAVE_NS   CLOCK_S /* for the last answers and goodbye */

/* What the load keeps of a client beside its connection. */
struct load_client {
    bool arrived;     /* its first connection has been made, or has failed */
    int64_t answers;  /* on all its connections */
    int64_t since_ns; /* when it began to connect or to leave; 0: neither */
};

/* A load while it goes on. */
struct state {
    struct loop loop;
    struct load *load;
    const struct load_observer *observer;
    struct requests requests;    /* in an open loop */
    struct load_client *clients; /* the busy ones, then the idle ones */
    /* When each message in flight was begun; each client has plan.pipeline
     * entries. */
    int64_t *begun_ns;
    int started;     /* clients that have begun to connect */
    int arriving;    /* clients whose first connection is being made */
    int64_t tick_ns; /* when the next tick is due */
    bool measuring;  /* what happens now counts */
    bool closing;    /* the load is over, clients leave */
    bool stopped;    /* the caller has asked to stop */
};

static bool
is_open_loop(const struct state *s)
{
    return s->load->plan.rate > 0;
}

/* Returns the place for the time at which a client began this message. */
static int64_t *
begun(const struct state *s, const struct client *c, int64_t message)
{
    int64_t pipeline = s->load->plan.pipeline;

    return &s->begun_ns[c->number * pipeline + message % pipeline];
}

/* A client has been connected, or has left.  Adds the time that it took, in
 * which the client had no message in flight. */
static void
count_between(struct state *s, struct load_client *lc)
{
    if (s->measuring)
        s->load->between_ns += s->loop.group.now_ns - lc->since_ns;
    lc->since_ns = 0;
}

/* Connects a client, for the first time or again. */
static void
connect_client(struct state *s, int client, int64_t now_ns)
{
    int per_connection = s->load->plan.per_connection;

    s->clients[client].since_ns = now_ns;
    client_start(&s->loop.group, &s->loop.clients[client],
                 per_connection > 0 ? per_connection : INT64_MAX);
}

/* The first connection of a client has been made, or has failed; later ones do
 * not count. */
static void
arrive(struct state *s, struct load_client *lc)
{
    if (!lc->arrived)
        s->arriving--;
    lc->arrived = true;
}

static void
connected(void *context, struct client *c)
{
    struct state *s = context;
    struct load_client *lc = &s->clients[c->number];

    if (!lc->arrived)
        s->load->arrived++;
    arrive(s, lc);
    s->load->connections++;
    histogram_add(&s->load->connecting, s->loop.group.now_ns - c->started_ns);
    count_between(s, lc);
}

static void
sent(void *context, struct client *c)
{
    struct state *s = context;

    if (c->state == CLIENT_LEAVING)
        s->clients[c->number].since_ns = c->begun_ns;
    else {
        *begun(s, c, c->sent - 1) = c->begun_ns;
        s->load->sent_in_all++;
    }
}

static void
answered(void *context, struct client *c, enum record_answer answer)
{
    struct state *s = context;

    if (answer != message_expected(&s->load->plan))
        return; /* and the client ends next */
    s->clients[c->number].answers++;
    s->load->answers_in_all++;
    s->load->bytes += s->measuring ? c->exchange.text.len : 0;
    if (is_open_loop(s))
        requests_answered(&s->requests, c);
    else if (s->measuring)
        histogram_add(&s->load->answering,
                      s->loop.group.now_ns - *begun(s, c, c->answered - 1));
}

/* Keeps how a client has failed. */
static void
add_fault(struct load *l, const struct load_fault *fault)
{
    int kinds = 0;

    l->failed++;
    for (; kinds < LOAD_FAULTS_MAX && l->faults[kinds].count > 0; kinds++)
        if (l->plan.rate > 0 &&
            l->faults[kinds].end.fault == fault->end.fault &&
            l->faults[kinds].end.error == fault->end.error) {
            l->faults[kinds].count++;
            return;
        }
    if (kinds < LOAD_FAULTS_MAX)
        l->faults[kinds] = *fault;
}

/* Tells whether the end of a client is worth a word.  In an open loop, it is
 * not if the client had no request, and a request that is given up is counted
 * elsewhere. */
static bool
is_fault(const struct state *s, const struct client *c,
         const struct record_ending *end)
{
    if (end->outcome != RECORD_FAILED || end->fault == RECORD_TIMED_OUT)
        return false;
    return !is_open_loop(s) || c->number >= s->load->plan.clients ||
           s->requests.clients[c->number].busy;
}

static void
ended(void *context, struct client *c, const struct record_ending *end)
{
    struct state *s = context;
    struct load *l = s->load;
    struct load_client *lc = &s->clients[c->number];

    arrive(s, lc);
    if (is_fault(s, c, end))
        add_fault(l, &(struct load_fault){.client = c->number,
                                          .after = lc->answers,
                                          .end = *end,
                                          .count = 1});
    if (is_open_loop(s)) {
        if (c->number < l->plan.clients)
            requests_ended(&s->requests, c, end);
    } else if (end->outcome == RECORD_CLOSED) {
        count_between(s, lc);
        if (!s->closing)
            connect_client(s, c->number, s->loop.group.now_ns);
    }
}

static const struct client_callbacks callbacks = {
    .connected = connected, .sent = sent, .answered = answered, .ended = ended};

/* Waits once, until until_ns at the latest, and lets clients go on. */
static void
turn(struct state *s, int64_t until_ns)
{
    if (is_open_loop(s) && s->load->began_ns != 0) {
        int64_t next_ns = requests_go_on(&s->requests);

        until_ns = next_ns < until_ns ? next_ns : until_ns;
    }
    if (!loop_wait(&s->loop, until_ns < s->tick_ns ? until_ns : s->tick_ns))
        s->stopped = true;
    if (s->loop.woken_ns < s->tick_ns)
        return;
    s->tick_ns = s->loop.woken_ns + TICK_NS;
    if (s->observer->tick != NULL)
        s->observer->tick(s->observer->context, s->load);
}

/* Tells whether the load goes on: the caller has not asked to stop, and some
 * client has not ended.  In an open loop, clients that have ended connect again
 * with the next request. */
static bool
goes_on(const struct state *s)
{
    return !s->stopped && (s->loop.group.ended < s->loop.count ||
                           (is_open_loop(s) && !s->closing));
}

/* Lets the load go on for this time. */
static void
go_on(struct state *s, int64_t ns)
{
    int64_t until_ns = loop_now(&s->loop) + ns;

    while (goes_on(s) && s->loop.woken_ns < until_ns)
        turn(s, until_ns);
}

/* Returns how many clients connect before the load begins.  If each request of
 * an open loop may need a connection of its own, only the idle ones do. */
static int
count_early(const struct state *s)
{
    return is_open_loop(s) && s->load->plan.per_connection > 0
               ? s->load->plan.idle
               : s->loop.count;
}

/* Starts some more clients, the idle ones first, so that the server has
 * accepted them before it answers the first of the others. */
static void
start_some(struct state *s)
{
    const struct plan *plan = &s->load->plan;

    for (int i = 0; i < STARTS_MAX && s->arriving < STARTS_MAX &&
                    s->started < count_early(s);
         i++, s->started++, s->arriving++)
        connect_client(s, (plan->clients + s->started) % s->loop.count,
                       loop_now(&s->loop));
}

/* Connects all clients.  Gives up waiting after CONNECT_NS, but clients
 * that have begun to connect may still succeed later. */
static void
connect_all(struct state *s)
{
    int64_t until_ns = loop_now(&s->loop) + CONNECT_NS;
    int arrived = 0;

    while (goes_on(s) && s->loop.woken_ns < until_ns) {
        start_some(s);
        if (s->started == count_early(s) && s->arriving == 0)
            return;
        turn(s, until_ns);
        if (s->load->arrived != arrived)
            until_ns = s->loop.woken_ns + CONNECT_NS;
        arrived = s->load->arrived;
    }
}

static void
count_unanswered(struct state *s)
{
    s->load->unanswered = 0;
    for (int i = 0; i < s->load->plan.clients; i++)
        s->load->unanswered += s->loop.clients[i].state != CLIENT_ENDED &&
                               s->clients[i].answers == 0 &&
                               s->loop.clients[i].exchange.text.len == 0;
}

/* Lets the load go on for a while before it is measured, and longer if some
 * client still waits for its first answer. */
static void
warm_up(struct state *s)
{
    int64_t warmup_ns = s->load->plan.warmup_ns;
    int more = warmup_ns > 0 ? WARMUPS_MAX : 0;

    do {
        go_on(s, warmup_ns);
        count_unanswered(s);
    } while (s->load->unanswered > 0 && more-- > 0);
}

static int64_t
since(int64_t then_ns, int64_t now_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* Adds how long a client has been waiting at the time now_ns, or subtracts it
 * if sign is -1. */
static void
add_waiting(struct state *s, const struct client *c, int64_t now_ns, int sign)
{
    const struct load_client *lc = &s->clients[c->number];
    struct load *l = s->load;

    if (c->state == CLIENT_ENDED)
        return;
    if (lc->since_ns != 0)
        l->between_ns += sign * since(lc->since_ns, now_ns);
    if (!c->exchange.is_whole)
        l->bytes += sign * c->exchange.text.len;
    if (c->offset > 0)
        l->unfinished_ns += sign * since(c->begun_ns, now_ns);
    for (int64_t m = c->answered; m < c->sent; m++)
        l->unfinished_ns += sign * since(*begun(s, c, m), now_ns);
}

/* Measures for as long as the plan says. */
static void
measure(struct state *s)
{
    const struct load_observer *o = s->observer;
    struct load *l = s->load;
    int64_t began_ns;
    int64_t cpu_ns;

    if (!goes_on(s))
        return;
    if (o->begins != NULL && !o->begins(o->context, l)) {
        s->stopped = true;
        return;
    }
    s->measuring = true;
    cpu_ns = clock_used();
    l->began_ns = clock_now();
    began_ns = loop_now(&s->loop);
    if (is_open_loop(s)) {
        requests_begin(&s->requests);
        go_on(s, l->plan.duration_ns);
        l->took_ns = loop_now(&s->loop) - began_ns;
        l->cpu_ns = clock_used() - cpu_ns;
        return;
    }
    /* The times of answers will include waiting from before the measurement. */
    for (int i = 0; i < l->plan.clients; i++)
        add_waiting(s, &s->loop.clients[i], began_ns, -1);
    go_on(s, l->plan.duration_ns);
    l->took_ns = loop_now(&s->loop) - began_ns;
    /* Messages in flight now will be answered after it.  A client that got no
     * answer at all is left out: only what was subtracted is added again. */
    for (int i = 0; i < l->plan.clients; i++)
        add_waiting(s, &s->loop.clients[i],
                    began_ns + (s->clients[i].answers > 0 ? l->took_ns : 0), 1);
    l->cpu_ns = clock_used() - cpu_ns;
    s->measuring = false;
    if (o->ended != NULL)
        o->ended(o->context, l);
}

/* Waits for the answers to requests that were due before the load was over. */
static void
finish_requests(struct state *s)
{
    int64_t until_ns = loop_now(&s->loop) + LEAVE_NS;

    while (goes_on(s) && s->loop.woken_ns < until_ns &&
           !requests_done(&s->requests))
        turn(s, until_ns);
    requests_end(&s->requests);
}

/* Lets the clients say goodbye, and ends those that cannot in time. */
static void
close_all(struct state *s)
{
    s->load->end = s->stopped ? RECORD_INTERRUPTED : RECORD_DONE;
    if (!is_open_loop(s))
        count_unanswered(s);
    s->closing = true;
    for (int i = 0; i < s->loop.count; i++)
        if (s->loop.clients[i].state == CLIENT_ABSENT)
            client_end(&s->loop.group, &s->loop.clients[i],
                       &(struct record_ending){.outcome = RECORD_OPEN});
        else
            client_leave(&s->loop.group, &s->loop.clients[i]);
    go_on(s, LEAVE_NS);
    for (int i = 0; i < s->loop.count; i++)
        if (s->loop.clients[i].state != CLIENT_ENDED)
            client_end(&s->loop.group, &s->loop.clients[i],
                       &(struct record_ending){.outcome = RECORD_OPEN});
}

/* Returns as many messages in a row as may be in flight, if they fit into a
 * buffer, but at least one.  The caller frees the bytes. */
static struct client_repeated
repeat_message(const struct plan *plan)
{
    size_t len = message_bytes(plan, 0);
    size_t count = len > 0 ? CLIENT_BUFFER / len : 0;
    char *bytes;

    if (len == 0)
        return (struct client_repeated){.count = 0};
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
load_play(struct load *l, const struct address_list *to,
          const struct load_observer *observer, int stop_fd)
{
    struct state s = {.load = l, .observer = observer, .tick_ns = TICK_NS};
    struct plan plan = l->plan;
    size_t busy = (size_t)plan.clients;
    int count = plan.clients + plan.idle;

    assert(plan.clients > 0 && plan.pipeline > 0);
    *l = (struct load){.plan = plan};
    plan.messages = 1; /* number 0 is the message, and number 1 is goodbye */
    s.clients = calloc((size_t)count, sizeof(*s.clients));
    s.begun_ns = calloc(busy * (size_t)plan.pipeline, sizeof(*s.begun_ns));
    if (s.clients == NULL || s.begun_ns == NULL)
        die("memory for the load");
    loop_open(&s.loop, &plan, count, to, &callbacks, &s, stop_fd);
    s.loop.group.repeated = repeat_message(&plan);
    for (int i = plan.clients; i < count; i++)
        s.loop.clients[i].silent = true;

    if (is_open_loop(&s))
        requests_open(&s.requests, &s.loop, l);
    connect_all(&s);
    if (!is_open_loop(&s))
        warm_up(&s);
    measure(&s);
    if (is_open_loop(&s) && l->began_ns != 0)
        finish_requests(&s);
    l->stopped_ns = s.loop.stopped_ns;
    close_all(&s);

    free((char *)s.loop.group.repeated.bytes);
    loop_close(&s.loop);
    if (is_open_loop(&s))
        requests_close(&s.requests);
    free(s.clients);
    free(s.begun_ns);
}

double
load_in_flight(const struct load *l)
{
    if (l->took_ns == 0)
        return 0;
    if (l->plan.rate > 0)
        return (double)l->present_ns / (double)l->took_ns;
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

#include "client/play/requests.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"

/* Requests that are started in a row, before the loop looks for answers. */
#define STARTS_MAX 64

static void
row_open(struct requests_row *row, int clients)
{
    *row = (struct requests_row){
        .clients = calloc((size_t)clients, sizeof(*row->clients))};
    if (row->clients == NULL)
        die("memory for the requests");
}

static void
row_add(struct requests_row *row, int client, int clients)
{
    row->clients[(row->first + row->count++) % clients] = client;
}

static int
row_take(struct requests_row *row, int clients)
{
    int client = row->clients[row->first];

    row->first = (row->first + 1) % clients;
    row->count--;
    return client;
}

void
requests_open(struct requests *r, struct loop *loop, struct load *l)
{
    int clients = l->plan.clients;

    *r = (struct requests){.loop = loop, .load = l};
    r->clients = calloc((size_t)clients, sizeof(*r->clients));
    if (r->clients == NULL)
        die("memory for the requests");
    row_open(&r->free, clients);
    row_open(&r->again, clients);
    deadline_init(&r->give_ups);
    for (int i = 0; i < clients; i++) {
        row_add(&r->free, i, clients);
        loop->clients[i].granted = 0;
    }
}

void
requests_close(struct requests *r)
{
    free(r->clients);
    free(r->free.clients);
    free(r->again.clients);
}

void
requests_begin(struct requests *r)
{
    r->began_ns = loop_now(r->loop);
    r->until_ns = r->began_ns + r->load->plan.duration_ns;
    schedule_open(&r->schedule, r->load->plan.rate, r->load->plan.duration_ns);
}

/* Returns when the next request is due, on the clock of the loop. */
static int64_t
next_due_ns(const struct requests *r)
{
    return r->schedule.due_ns == CLOCK_NEVER ? CLOCK_NEVER
                                             : r->began_ns + r->schedule.due_ns;
}

/* Returns when to give up a request that became due, or is tried again, at
 * from_ns. */
static int64_t
give_up_ns(const struct requests *r, int64_t from_ns)
{
    int64_t deadline_ns = r->load->plan.deadline_ns;

    return deadline_ns == 0 || from_ns == CLOCK_NEVER ? CLOCK_NEVER
                                                      : from_ns + deadline_ns;
}

/* Takes the next request off the schedule.  Returns when it was due. */
static int64_t
take_due(struct requests *r)
{
    int64_t due_ns = next_due_ns(r);

    r->load->offered++;
    schedule_next(&r->schedule);
    return due_ns;
}

/* A request that was due at due_ns is over.  A request without an answer counts
 * with the time that it has waited: otherwise a server that answers few
 * requests would look fast. */
static void
finish(struct requests *r, int64_t due_ns, int64_t now_ns,
       enum load_outcome outcome)
{
    struct load *l = r->load;
    int64_t end_ns = now_ns < r->until_ns ? now_ns : r->until_ns;

    l->outcomes[outcome]++;
    l->present_ns += end_ns - due_ns;
    if (outcome == LOAD_ANSWERED && now_ns <= r->until_ns)
        l->in_time++;
    if (outcome != LOAD_REFUSED && outcome != LOAD_WRONG)
        histogram_add(&l->answering, now_ns - due_ns);
}

/* The same for the request that a client has. */
static void
finish_client(struct requests *r, int client, enum load_outcome outcome)
{
    struct requests_client *rc = &r->clients[client];

    deadline_remove(&rc->give_up);
    rc->busy = false;
    r->busy--;
    finish(r, rc->due_ns, r->loop->group.now_ns, outcome);
}

/* Tells whether a client has a connection on which it can send a message. */
static bool
is_connected(const struct client *c)
{
    return c->state == CLIENT_CONNECTING || c->state == CLIENT_TALKING;
}

/* Lets a client send its request.  It is given up deadline_ns after from_ns. */
static void
attempt(struct requests *r, int client, int64_t from_ns)
{
    struct client_group *g = &r->loop->group;
    struct client *c = &r->loop->clients[client];
    int per_connection = r->load->plan.per_connection;

    if (give_up_ns(r, from_ns) != CLOCK_NEVER)
        deadline_add(&r->give_ups, &r->clients[client].give_up,
                     give_up_ns(r, from_ns));
    if (is_connected(c)) {
        client_grant(g, c);
    } else {
        c->granted = 1;
        client_start(g, c, per_connection > 0 ? per_connection : INT64_MAX);
    }
}

/* Starts the request that is due. */
static void
start(struct requests *r)
{
    int client = row_take(&r->free, r->load->plan.clients);
    struct requests_client *rc = &r->clients[client];
    int64_t could_ns = next_due_ns(r);

    rc->due_ns = take_due(r);
    rc->tries = 0;
    rc->busy = true;
    r->busy++;
    if (could_ns < rc->free_ns) {
        could_ns = rc->free_ns;
        r->load->delayed++;
    }
    histogram_add(&r->load->starting, loop_now(r->loop) - could_ns);
    attempt(r, client, rc->due_ns);
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
requests_go_on(struct requests *r)
{
    const struct record_ending late = {.outcome = RECORD_FAILED,
                                       .fault = RECORD_TIMED_OUT};
    int64_t now_ns = loop_now(r->loop);

    r->loop->group.now_ns = now_ns;
    while (deadline_next(&r->give_ups) <= now_ns) {
        struct requests_client *rc =
            (struct requests_client *)deadline_first(&r->give_ups);

        client_end(&r->loop->group, &r->loop->clients[rc - r->clients], &late);
    }
    while (give_up_ns(r, next_due_ns(r)) <= now_ns)
        finish(r, take_due(r), now_ns, LOAD_GIVEN_UP);
    for (int n = r->again.count; n > 0; n--)
        attempt(r, row_take(&r->again, r->load->plan.clients), now_ns);
    for (int i = 0; i < STARTS_MAX && r->free.count > 0; i++) {
        if (next_due_ns(r) > now_ns)
            break;
        start(r);
    }
    if (r->again.count > 0)
        return now_ns;
    return earlier(deadline_next(&r->give_ups),
                   r->free.count > 0 ? next_due_ns(r)
                                     : give_up_ns(r, next_due_ns(r)));
}

bool
requests_done(const struct requests *r)
{
    return r->busy == 0 && r->schedule.left == 0;
}

void
requests_end(struct requests *r)
{
    const struct record_ending open = {.outcome = RECORD_OPEN};
    int64_t now_ns = loop_now(r->loop);

    if (now_ns < r->until_ns)
        r->until_ns = now_ns; /* it was interrupted */
    while (next_due_ns(r) < r->until_ns)
        finish(r, take_due(r), now_ns, LOAD_UNANSWERED);
    r->loop->group.now_ns = now_ns;
    for (int i = 0; i < r->load->plan.clients; i++) {
        if (!r->clients[i].busy)
            continue;
        finish_client(r, i, LOAD_UNANSWERED);
        if (r->loop->clients[i].state != CLIENT_ENDED)
            client_end(&r->loop->group, &r->loop->clients[i], &open);
    }
    r->schedule = (struct schedule){.due_ns = CLOCK_NEVER};
    r->again.count = 0;
}

/* A client can take the next request. */
static void
release(struct requests *r, int client)
{
    r->clients[client].free_ns = r->loop->group.now_ns;
    row_add(&r->free, client, r->load->plan.clients);
}

void
requests_answered(struct requests *r, const struct client *c)
{
    finish_client(r, c->number, LOAD_ANSWERED);
    if (c->answered < c->messages)
        release(r, c->number);
    else
        r->clients[c->number].leaving = true;
}

static enum load_outcome
outcome_of(enum record_fault fault)
{
    switch (fault) {
    case RECORD_WRONG:
    case RECORD_UNASKED:
    case RECORD_AFTER_GOODBYE:
        return LOAD_WRONG;
    case RECORD_TIMED_OUT:
        return LOAD_GIVEN_UP;
    default:
        return LOAD_REFUSED;
    }
}

void
requests_ended(struct requests *r, const struct client *c,
               const struct record_ending *end)
{
    struct requests_client *rc = &r->clients[c->number];
    enum load_outcome outcome = outcome_of(end->fault);
    struct load *l = r->load;

    if (rc->leaving) {
        rc->leaving = false;
        release(r, c->number);
    } else if (rc->busy && outcome != LOAD_WRONG && rc->tries < l->plan.retry) {
        rc->tries++;
        l->retries++;
        deadline_remove(&rc->give_up);
        row_add(&r->again, c->number, l->plan.clients);
    } else if (rc->busy) {
        finish_client(r, c->number, outcome);
        release(r, c->number);
    }
}

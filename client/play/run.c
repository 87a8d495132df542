#include "client/play/run.h"

#include <string.h>

#include "client/play/connection.h"
#include "client/play/looks.h"
#include "client/play/loop.h"
#include "common/clock.h"

/* Clients started in a row, before the loop looks at the others. */
#define STARTS_MAX 64

struct run {
    struct loop loop;
    struct record *record;
    const struct observer *observer;
    int started;     /* clients 0 to started - 1 have been started */
    int64_t tick_ns; /* when the observer's tick is due */
    struct looks looks;
};

static void
report(const struct run *r, enum observer_event event, const struct client *c)
{
    if (r->observer->happened != NULL)
        r->observer->happened(r->observer->context, r->record, event,
                              c->number);
}

static void
connected(void *context, struct client *c)
{
    struct run *r = context;
    struct record_client *entry = &r->record->clients[c->number];

    entry->connected_ns = r->loop.group.now_ns;
    entry->port = connection_port(c->fd);
    report(r, OBSERVER_CONNECTED, c);
}

static void
sent(void *context, struct client *c)
{
    struct run *r = context;
    struct record_client *entry = &r->record->clients[c->number];

    if (c->state == CLIENT_LEAVING)
        return; /* that was goodbye */
    record_message(r->record, c->number, entry->sent)->sent_ns =
        r->loop.group.now_ns;
    entry->sent++;
}

static void
answered(void *context, struct client *c, enum record_answer answer)
{
    struct run *r = context;
    struct record_client *entry = &r->record->clients[c->number];
    struct record_message *m =
        record_message(r->record, c->number, entry->answered);

    m->answered_ns = r->loop.group.now_ns;
    m->answer = answer;
    entry->text = c->exchange.text;
    entry->bytes += entry->text.len;
    entry->answered++;
    report(r, OBSERVER_ANSWERED, c);
}

static void
ended(void *context, struct client *c, const struct record_ending *end)
{
    struct run *r = context;
    struct record_client *entry = &r->record->clients[c->number];

    if (end->outcome != RECORD_OPEN)
        entry->ended_ns = loop_now(&r->loop);
    entry->end = *end;
    report(r, OBSERVER_ENDED, c);
}

static const struct client_callbacks callbacks = {
    .connected = connected, .sent = sent, .answered = answered, .ended = ended};

/* Returns when the next client must be started. */
static int64_t
next_start_ns(const struct run *r)
{
    if (r->started == r->loop.count)
        return CLOCK_NEVER;
    return r->started * r->record->plan.stagger_ns;
}

/* Starts the clients that are due, but not so many in a row that the running
 * ones would have to wait and their times would be wrong. */
static void
start_clients(struct run *r)
{
    for (int i = 0; i < STARTS_MAX; i++) {
        int64_t now_ns = loop_now(&r->loop);
        int client = r->started;

        if (next_start_ns(r) > now_ns)
            return;
        r->started++;
        r->record->clients[client].started_ns = now_ns;
        client_start(&r->loop.group, &r->loop.clients[client],
                     r->record->plan.messages);
    }
}

static void
tick(struct run *r)
{
    const struct observer *o = r->observer;
    int64_t now_ns = loop_now(&r->loop);

    if (now_ns < r->tick_ns)
        return;
    o->tick(o->context, r->record, now_ns);
    r->tick_ns = o->tick_ns > 0 ? now_ns + o->tick_ns : CLOCK_NEVER;
}

static int64_t
earliest(int64_t a, int64_t b, int64_t c, int64_t d)
{
    int64_t first = a < b ? a : b;
    int64_t second = c < d ? c : d;

    return first < second ? first : second;
}

/* Returns when the timeout of the plan is over.  Time in which this program was
 * stopped does not count. */
static int64_t
give_up_ns(const struct run *r)
{
    int64_t timeout_ns = r->record->plan.timeout_ns;

    return timeout_ns > 0 ? timeout_ns + r->loop.stopped_ns : CLOCK_NEVER;
}

static enum record_end
play(struct run *r)
{
    for (;;) {
        start_clients(r);
        if (r->loop.group.ended == r->loop.count)
            return RECORD_DONE;
        tick(r);
        looks_take(&r->looks, &r->loop, r->record, r->started);
        if (r->observer->waiting != NULL)
            r->observer->waiting(r->observer->context);
        if (!loop_wait(&r->loop, earliest(next_start_ns(r), r->tick_ns,
                                          r->looks.due_ns, give_up_ns(r))))
            return RECORD_INTERRUPTED;
        if (r->loop.group.ended < r->loop.count &&
            loop_now(&r->loop) >= give_up_ns(r))
            return RECORD_GAVE_UP;
    }
}

/* Ends the clients that are left when the run has been stopped.  Not to be done
 * in time is a client's fault, except for silent ones. */
static void
end_clients(struct run *r)
{
    struct record_ending end = {.outcome = RECORD_OPEN};

    if (r->record->end == RECORD_GAVE_UP &&
        r->record->plan.manner != PLAN_SILENT)
        end = (struct record_ending){.outcome = RECORD_FAILED,
                                     .fault = RECORD_TIMED_OUT};
    for (int i = 0; i < r->loop.count; i++)
        if (r->loop.clients[i].state != CLIENT_ENDED)
            client_end(&r->loop.group, &r->loop.clients[i], &end);
}

void
run_play(struct record *record, const struct address_list *to,
         const struct observer *observer, int stop_fd)
{
    struct run r = {
        .record = record,
        .observer = observer,
        .tick_ns = observer->tick_ns > 0 ? observer->tick_ns : CLOCK_NEVER,
    };

    loop_open(&r.loop, &record->plan, record->plan.clients, to, &callbacks, &r,
              stop_fd);
    for (int i = 0; i < r.loop.count; i++)
        r.loop.clients[i].silent = record->plan.manner == PLAN_SILENT;

    looks_open(&r.looks);
    record->end = play(&r);
    record->ended_ns = loop_now(&r.loop);
    looks_close(&r.looks, record);
    record->lag_ns = r.loop.lag_ns;
    record->stopped_ns = r.loop.stopped_ns;
    if (record->end != RECORD_DONE)
        end_clients(&r);
    loop_close(&r.loop);
}

#include "client/record/record.h"

#include <stdlib.h>
#include <string.h>

#include "client/memory.h"

const char *
record_answer_name(enum record_answer answer, enum plan_service service)
{
    if (answer == RECORD_NAK)
        return "nak";
    return service == PLAN_ACK ? "ack" : "answer";
}

static size_t
count_messages(const struct record *r)
{
    return (size_t)r->plan.clients * (size_t)r->plan.messages;
}

void
record_open(struct record *r, const struct plan *plan)
{
    *r = (struct record){.plan = *plan, .ended_ns = RECORD_NEVER};
    r->clients = memory_get((size_t)plan->clients, sizeof(*r->clients));
    r->messages = memory_get(count_messages(r), sizeof(*r->messages));
    for (int i = 0; i < plan->clients; i++) {
        r->clients[i].started_ns = RECORD_NEVER;
        r->clients[i].connected_ns = RECORD_NEVER;
        r->clients[i].ended_ns = RECORD_NEVER;
    }
}

void
record_open_services(struct record *r)
{
    size_t messages = count_messages(r);

    r->services = memory_get(messages, sizeof(*r->services));
    for (size_t i = 0; i < messages; i++)
        r->services[i] =
            (struct record_service){RECORD_NEVER, RECORD_NEVER, -1};
}

void
record_close_services(struct record *r)
{
    free(r->services);
    free(r->worker_ids);
    r->services = NULL;
    r->worker_ids = NULL;
    r->worker_count = 0;
    r->served_at_once = 0;
    r->children = 0;
}

/* Returns the index of the first worker whose id is not less than this one. */
static int
find_worker(const struct record *r, int id)
{
    int first = 0;
    int end = r->worker_count;

    while (first < end) {
        int middle = (first + end) / 2;

        if (r->worker_ids[middle] < id)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

void
record_set_worker(struct record *r, struct record_service *s, int id)
{
    int at = find_worker(r, id);
    int *ids = r->worker_ids;

    s->worker = id;
    if (at < r->worker_count && ids[at] == id)
        return;
    ids = memory_grow(ids, (size_t)r->worker_count + 1, sizeof(*ids));
    memmove(ids + at + 1, ids + at,
            (size_t)(r->worker_count - at) * sizeof(*ids));
    ids[at] = id;
    r->worker_ids = ids;
    r->worker_count++;
}

int
record_worker(const struct record *r, const struct record_service *s)
{
    return s->worker == -1 ? -1 : find_worker(r, s->worker);
}

void
record_add_look(struct record *r, int client, const struct record_look *look)
{
    struct record_client *c = &r->clients[client];
    const struct record_look *last =
        c->look_count > 0 ? &c->looks[c->look_count - 1] : NULL;

    if (last != NULL && last->place == look->place &&
        last->unread == look->unread &&
        (c->sent == 0 ||
         record_message(r, client, c->sent - 1)->sent_ns < last->seen_ns))
        return;
    c->looks = memory_grow(c->looks, (size_t)c->look_count + 1, sizeof(*look));
    c->looks[c->look_count++] = *look;
}

void
record_close(struct record *r)
{
    for (int i = 0; i < r->plan.clients; i++)
        free(r->clients[i].looks);
    free(r->clients);
    free(r->messages);
    record_close_services(r);
    r->clients = NULL;
    r->messages = NULL;
}

int64_t
record_end_ns(const struct record *r, int client)
{
    int64_t ended_ns = r->clients[client].ended_ns;

    return ended_ns != RECORD_NEVER ? ended_ns : r->ended_ns;
}

struct record_message *
record_message(const struct record *r, int client, int number)
{
    return &r->messages[(size_t)client * (size_t)r->plan.messages +
                        (size_t)number];
}

struct record_service *
record_service(const struct record *r, int client, int number)
{
    if (r->services == NULL)
        return NULL;
    return &r->services[(size_t)client * (size_t)r->plan.messages +
                        (size_t)number];
}

#include "client/record/record.h"

#include <stdlib.h>

const char *
record_answer_name(enum record_answer answer)
{
    return answer == RECORD_ACK ? "ack" : "nak";
}

int
record_open(struct record *r, const struct plan *plan)
{
    size_t clients = (size_t)plan->clients;
    size_t messages = clients * (size_t)plan->messages;

    *r = (struct record){.plan = *plan, .ended_ns = RECORD_NEVER};
    r->clients = calloc(clients, sizeof(*r->clients));
    /* calloc(0) may return NULL.  Pages that are never written cost nothing. */
    r->messages = calloc(messages > 0 ? messages : 1, sizeof(*r->messages));
    if (r->clients == NULL || r->messages == NULL) {
        record_close(r);
        return -1;
    }
    for (size_t i = 0; i < clients; i++) {
        r->clients[i].started_ns = RECORD_NEVER;
        r->clients[i].connected_ns = RECORD_NEVER;
        r->clients[i].ended_ns = RECORD_NEVER;
    }
    return 0;
}

int
record_open_services(struct record *r)
{
    size_t messages = (size_t)r->plan.clients * (size_t)r->plan.messages;

    r->services = calloc(messages > 0 ? messages : 1, sizeof(*r->services));
    if (r->services == NULL)
        return -1;
    for (size_t i = 0; i < messages; i++) {
        r->services[i].began_ns = RECORD_NEVER;
        r->services[i].ended_ns = RECORD_NEVER;
        r->services[i].worker = -1;
    }
    return 0;
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

int
record_worker(struct record *r, int id)
{
    int *ids;

    /* The last one is the likeliest, since a new process serves several
     * messages in a row. */
    for (int i = r->worker_count - 1; i >= 0; i--)
        if (r->worker_ids[i] == id)
            return i;
    ids = realloc(r->worker_ids, ((size_t)r->worker_count + 1) * sizeof(*ids));
    if (ids == NULL)
        return -1;
    r->worker_ids = ids;
    ids[r->worker_count] = id;
    return r->worker_count++;
}

void
record_close(struct record *r)
{
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

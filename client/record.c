#include "client/record.h"

#include <stdlib.h>

int
record_open(struct record *r, const struct plan *plan)
{
    size_t clients = (size_t)plan->clients;
    size_t messages = clients * (size_t)plan->messages;

    *r = (struct record){.plan = *plan, .ended_ns = RECORD_NEVER};
    r->clients = calloc(clients, sizeof(*r->clients));
    /* calloc(0) may return NULL.  Pages that nobody writes to cost nothing. */
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

void
record_close(struct record *r)
{
    free(r->clients);
    free(r->messages);
    r->clients = NULL;
    r->messages = NULL;
}

struct record_message *
record_message(const struct record *r, int client, int number)
{
    return &r->messages[(size_t)client * (size_t)r->plan.messages +
                        (size_t)number];
}

/* made_run - records of runs that a test makes by hand. */

#ifndef TESTS_UNIT_MADE_RUN_H
#define TESTS_UNIT_MADE_RUN_H

#include <stdlib.h>

#include "client/draw/panel.h"
#include "client/record/figures.h"
#include "client/record/record.h"

#define MS INT64_C(1000000)

/* Returns an empty record. */
static inline struct record
new_record(int clients, int messages)
{
    struct plan plan = {.clients = clients,
                        .messages = messages,
                        .pipeline = 1,
                        .size = PLAN_SIZE_NATURAL};
    struct record r;

    record_open(&r, &plan);
    return r;
}

/* Adds the next message of a client, and its answer. */
static inline void
add_answer(struct record *r, int client, int64_t sent_ns, int64_t answered_ns)
{
    struct record_client *c = &r->clients[client];
    struct record_message *m = record_message(r, client, c->answered);

    c->started_ns = 0;
    c->connected_ns = MS;
    m->sent_ns = sent_ns;
    m->answered_ns = answered_ns;
    m->answer = RECORD_ACK;
    c->sent++;
    c->answered++;
}

/* Says when a message was served, and by the worker of which id. */
static inline void
add_service(struct record *r, int client, int number, int64_t began_ns,
            int64_t ended_ns, int id)
{
    struct record_service *s;

    if (r->services == NULL)
        record_open_services(r);
    s = record_service(r, client, number);
    s->began_ns = began_ns;
    s->ended_ns = ended_ns;
    record_set_worker(r, s, id);
}

/* Says where a client was on the server's side from a moment on. */
static inline void
add_look(struct record *r, int client, int64_t seen_ns, enum kernel_place place)
{
    record_add_look(r, client, &(struct record_look){seen_ns, place, 0});
}

/* Says when and how a client ended. */
static inline void
finish(struct record *r, int client, int64_t ended_ns,
       enum record_outcome outcome)
{
    r->clients[client].ended_ns = ended_ns;
    r->clients[client].end.outcome = outcome;
    if (r->ended_ns < ended_ns)
        r->ended_ns = ended_ns;
}

/* Computes the figures of a record.  Returns a panel of it. */
static inline struct panel
panel_of(const struct record *r, struct figures *f, const char *title)
{
    struct panel panel;

    *f = figures_compute(r);
    panel = panel_alone(r, f);
    panel.title = title;
    return panel;
}

#endif

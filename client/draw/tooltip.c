#include "client/draw/tooltip.h"

#include <stdbool.h>
#include <stdint.h>

struct tip {
    FILE *out;
    const struct text_scale *scale;
};

/* Writes a time of a message. */
static void
put_time(const struct tip *t, int64_t ns, bool with_unit)
{
    char text[TEXT_TIME_MAX];

    text_scaled(text, t->scale, ns, with_unit);
    fputs(text, t->out);
}

static void
put_served(const struct tip *t, const struct record *r, const struct span *bar,
           struct figures_span span)
{
    fputs("served ", t->out);
    put_time(t, span.began_ns, false);
    fputs(" to ", t->out);
    put_time(t, span.ended_ns, true);
    if (bar->other_workers)
        fputs(" by several workers", t->out);
    else if (bar->worker != -1)
        fprintf(t->out, " by worker %d (%d)", bar->worker + 1,
                r->worker_ids[bar->worker]);
}

/* Writes what happened to the message of a bar. */
static void
put_message(const struct tip *t, const struct panel *panel,
            const struct span *bar)
{
    const struct record *r = panel->record;
    const struct record_message *m = record_message(r, bar->client, bar->first);
    const struct record_service *told =
        record_service(r, bar->client, bar->first);
    struct figures_span span =
        figures_service(panel->figures, r, bar->client, bar->first);
    struct span served = *bar;

    served.worker = told != NULL ? told->worker : -1;
    fprintf(t->out, ", message %d: sent ", bar->first + 1);
    put_time(t, m->sent_ns, true);
    if (span.began_ns != RECORD_NEVER) {
        fputs(", ", t->out);
        put_served(t, r, &served, span);
    }
    if (bar->first < r->clients[bar->client].answered) {
        fputs(m->answer == RECORD_NAK ? ", answered nak " : ", answered ",
              t->out);
        put_time(t, m->answered_ns, true);
    } else {
        fputs(", not answered", t->out);
    }
}

/* The same for a bar that stands for several messages. */
static void
put_messages(const struct tip *t, const struct panel *panel,
             const struct span *bar)
{
    struct figures_span span = {bar->began_ns, bar->ended_ns};

    if (bar->other_clients)
        fputs(" and others: ", t->out);
    else
        fprintf(t->out, ", messages %d to %d: ", bar->first + 1, bar->last + 1);
    if (bar->kind == SPANS_SERVED) {
        put_served(t, panel->record, bar, span);
        return;
    }
    fputs("waiting ", t->out);
    put_time(t, span.began_ns, false);
    fputs(" to ", t->out);
    put_time(t, span.ended_ns, true);
}

void
tooltip_write(FILE *out, const struct panel *panel, const struct span *bar,
              const struct text_scale *scale)
{
    const struct tip t = {out, scale};

    fprintf(out, "client %d", bar->client + 1);
    if (bar->last > bar->first || bar->other_clients)
        put_messages(&t, panel, bar);
    else
        put_message(&t, panel, bar);
}

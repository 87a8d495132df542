#include "client/draw/tooltip.h"

static void
put_times(FILE *out, const char *what, int64_t began_ns, int64_t ended_ns,
          const struct text_scale *scale)
{
    fprintf(out, "%s %s to %s", what, TEXT_SCALED(scale, began_ns, false),
            TEXT_SCALED(scale, ended_ns, true));
}

static void
put_worker(FILE *out, const struct record *r, int worker)
{
    if (worker != -1)
        fprintf(out, " by worker %d (%d)", worker + 1, r->worker_ids[worker]);
}

/* Writes everything that happened to the message of a span. */
static void
put_message(FILE *out, const struct panel *panel, const struct span *span,
            const struct text_scale *scale)
{
    const struct record *r = panel->record;
    int number = span->first;
    const struct record_message *m = record_message(r, span->client, number);
    const struct record_service *told = record_service(r, span->client, number);
    struct figures_span service =
        figures_service(panel->figures, r, span->client, number);

    fprintf(out, ", message %d: sent %s", number + 1,
            TEXT_SCALED(scale, m->sent_ns, true));
    if (service.began_ns != RECORD_NEVER) {
        put_times(out, ", served", service.began_ns, service.ended_ns, scale);
        put_worker(out, r, told != NULL ? record_worker(r, told) : -1);
    }
    if (number >= r->clients[span->client].answered)
        fputs(", not answered", out);
    else
        fprintf(out, ", answered %s%s", m->answer == RECORD_NAK ? "nak " : "",
                TEXT_SCALED(scale, m->answered_ns, true));
}

void
tooltip_write(FILE *out, const struct panel *panel, const struct span *span,
              const struct text_scale *scale)
{
    fprintf(out, "client %d", span->client + 1);
    if (span->first == SPANS_NO_MESSAGE)
        fputs(": ", out);
    else if (span->other_clients)
        fputs(" and others: ", out);
    else if (span->last != span->first)
        fprintf(out, ", messages %d to %d: ", span->first + 1, span->last + 1);
    else {
        put_message(out, panel, span, scale);
        return;
    }
    put_times(out, spans_words[span->kind], span->began_ns, span->ended_ns,
              scale);
    if (span->other_workers)
        fputs(" by several workers", out);
    else
        put_worker(out, panel->record, span->worker);
}

#include "client/draw/csv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "client/play/message.h"
#include "common/clock.h"

#define VERSION 1 /* of the columns */

void
csv_field(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

/* Writes a comma and a time, in integers, since there may be millions. */
static void
write_seconds(FILE *out, int64_t ns)
{
    int64_t us = (ns + CLOCK_US / 2) / CLOCK_US;

    putc(',', out);
    if (ns != RECORD_NEVER)
        fprintf(out, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
}

/* Returns when a message was served as far as the server told. */
static struct figures_span
told(const struct panel *p, int client, int number)
{
    const struct record_service *s = record_service(p->record, client, number);
    struct figures_span span = {RECORD_NEVER, RECORD_NEVER};

    if (s == NULL || s->began_ns == RECORD_NEVER)
        return span;
    span = figures_service(p->figures, p->record, client, number);
    if (s->ended_ns == RECORD_NEVER)
        span.ended_ns = RECORD_NEVER;
    return span;
}

/* Returns the process or thread that served a message, -1 if not known. */
static int
worker_id(const struct record *r, int client, int number)
{
    const struct record_service *s = record_service(r, client, number);

    return s != NULL && s->worker >= 0 ? r->worker_ids[s->worker] : -1;
}

/* Writes a comma and what there is to say of a message, from sent_s to
 * worker. */
static void
write_message(FILE *out, const struct panel *p, int client, int number)
{
    const struct record *r = p->record;
    const struct record_message *m = record_message(r, client, number);
    bool answered = number < r->clients[client].answered;
    struct figures_span service = told(p, client, number);
    int worker = worker_id(r, client, number);

    write_seconds(out, m->sent_ns);
    write_seconds(out, service.began_ns);
    write_seconds(out, service.ended_ns);
    write_seconds(out, answered ? m->answered_ns : RECORD_NEVER);
    fprintf(out, ",%s,", answered ? record_answer_name(m->answer) : "");
    if (worker != -1)
        fprintf(out, "%d", worker);
}

/* Writes the row of a message, or, if number is -1, of a client without any. */
static void
write_row(FILE *out, const struct panel *p, int client, int number)
{
    const struct record_client *c = &p->record->clients[client];

    fprintf(out, "%d,", VERSION);
    csv_field(out, p->title);
    fprintf(out, ",%d,", client + 1);
    if (number == -1)
        putc(',', out);
    else
        fprintf(out, "%d,%zu", number + 1,
                message_bytes(&p->record->plan, number) - 1);
    write_seconds(out, c->started_ns);
    write_seconds(out, c->connected_ns);
    if (number == -1)
        fputs(",,,,,,", out);
    else
        write_message(out, p, client, number);
    write_seconds(out, c->ended_ns);
    putc('\n', out);
}

void
csv_write(FILE *out, const struct panel *panels, int count)
{
    fputs("version,model,client,message,bytes,started_s,connected_s,sent_s,"
          "service_began_s,service_ended_s,answered_s,answer,worker,ended_s\n",
          out);
    for (int i = 0; i < count; i++) {
        const struct record *r = panels[i].record;

        for (int client = 0; client < r->plan.clients; client++) {
            if (r->clients[client].sent == 0)
                write_row(out, &panels[i], client, -1);
            for (int j = 0; j < r->clients[client].sent; j++)
                write_row(out, &panels[i], client, j);
        }
    }
}

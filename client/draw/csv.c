#include "client/draw/csv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/play/message.h"
#include "common/clock.h"

#define VERSION 1 /* of the columns */

void
csv_field(FILE *out, const char *text)
{
    const char *quote = strpbrk(text, ",\"\r\n") != NULL ? "\"" : "";
    const char *end = text + strlen(text);

    fputs(quote, out);
    while (text < end) {
        uint32_t code;
        size_t taken = text_character(text, (size_t)(end - text), &code);

        if (taken == 0) {
            fprintf(out, "\\x%02x", (unsigned char)*text++);
            continue;
        }
        if (*text == '"')
            putc('"', out);
        fwrite(text, 1, taken, out);
        text += taken;
    }
    fputs(quote, out);
}

/* Writes a comma and a time.  There may be millions of them, and integers are
 * written faster than a double. */
static void
write_seconds(FILE *out, int64_t ns)
{
    int64_t us = (ns + CLOCK_US / 2) / CLOCK_US;

    putc(',', out);
    if (ns != RECORD_NEVER)
        fprintf(out, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
}

/* Writes the row of a message; if the client has not sent it, the cells of the
 * message are empty. */
static void
write_row(FILE *out, const struct panel *p, int client, int number)
{
    const struct record *r = p->record;
    const struct record_client *c = &r->clients[client];
    const struct record_message *m = record_message(r, client, number);
    const struct record_service *logged = record_service(r, client, number);
    struct figures_span service = {RECORD_NEVER, RECORD_NEVER};
    bool sent = number < c->sent;
    bool answered = number < c->answered;

    if (sent && logged != NULL && logged->began_ns != RECORD_NEVER) {
        service = figures_service(p->figures, r, client, number);
        if (logged->ended_ns == RECORD_NEVER)
            service.ended_ns = RECORD_NEVER;
    }
    fprintf(out, "%d,", VERSION);
    csv_field(out, p->title);
    fprintf(out, ",%d,", client + 1);
    if (sent)
        fprintf(out, "%d,%zu", number + 1, message_bytes(&r->plan, number) - 1);
    else
        putc(',', out);
    write_seconds(out, c->started_ns);
    write_seconds(out, c->connected_ns);
    write_seconds(out, sent ? m->sent_ns : RECORD_NEVER);
    write_seconds(out, service.began_ns);
    write_seconds(out, service.ended_ns);
    write_seconds(out, answered ? m->answered_ns : RECORD_NEVER);
    fprintf(out, ",%s,", answered ? record_answer_name(m->answer) : "");
    if (sent && logged != NULL && logged->worker != -1)
        fprintf(out, "%d", logged->worker);
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
            int number = 0;

            do
                write_row(out, &panels[i], client, number);
            while (++number < r->clients[client].sent);
        }
    }
}

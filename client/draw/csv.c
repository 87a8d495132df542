#include "client/draw/csv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/draw/text.h"
#include "client/memory.h"
#include "client/play/message.h"
#include "client/record/spans.h"
#include "common/clock.h"
#include "common/command_line.h"

#define VERSION 2 /* of the columns */

void
csv_field(FILE *out, const char *text)
{
    const char *quote = strpbrk(text, ",\"\r\n") != NULL ? "\"" : "";
    const char *end = text + strlen(text);

    fputs(quote, out);
    /* A spreadsheet computes a text that looks like a formula even if it is in
     * quotes, and this text may come from a server or from a file name. */
    if (*text != '\0' && strchr("=+-@", *text) != NULL)
        fprintf(out, "\\x%02x", (unsigned char)*text++);
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

/* Writes the same for a value that may be unknown (RECORD_NEVER). */
static void
write_count(FILE *out, int64_t value)
{
    putc(',', out);
    if (value != RECORD_NEVER)
        fprintf(out, "%" PRId64, value);
}

const char *
csv_date(char out[CSV_DATE_MAX])
{
    time_t now = time(NULL);
    struct tm utc;

    *out = '\0';
    if (gmtime_r(&now, &utc) != NULL)
        (void)strftime(out, CSV_DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return out;
}

/* Returns the cells that are the same for all rows of a panel; the caller frees
 * them. */
static char *
write_conditions(const struct panel *p, const struct csv_conditions *conditions)
{
    const struct record *r = p->record;
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    write_seconds(out, r->look_ns > 0 ? r->look_ns : RECORD_NEVER);
    write_count(out, r->plan.clients);
    write_count(out, r->plan.messages);
    write_count(out, r->plan.pipeline);
    write_seconds(out, r->plan.think_ns);
    write_seconds(out, r->plan.stagger_ns);
    write_seconds(out, conditions->delay_ns);
    write_seconds(out, conditions->cpu_ns);
    fprintf(out, ",%s,%s\n", conditions->date, COMMAND_LINE_VERSION);
    memory_close(out);
    return text;
}

/* The spans of a client, of which those before next have been written. */
struct places {
    struct spans spans;
    int next;
};

/* Writes for how long a message was in each place in which the kernel saw it.
 */
static void
write_places(FILE *out, struct places *p, int number, bool known)
{
    static const enum spans_kind kinds[] = {SPANS_QUEUED, SPANS_UNREAD,
                                            SPANS_READ};
    int64_t ns[SPANS_KINDS] = {0};

    for (; p->next < p->spans.count && p->spans.list[p->next].first <= number;
         p->next++) {
        const struct span *s = &p->spans.list[p->next];

        if (s->first == number)
            ns[s->kind] += s->ended_ns - s->began_ns;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        write_seconds(out, known ? ns[kinds[i]] : RECORD_NEVER);
}

/* Writes the row of a message up to the cells that all rows have; if the client
 * has not sent it, the cells of the message are empty. */
static void
write_row(FILE *out, const struct panel *p, struct places *places, int client,
          int number)
{
    const struct record *r = p->record;
    const struct record_client *c = &r->clients[client];
    const struct record_message *m = record_message(r, client, number);
    const struct record_service *logged = record_service(r, client, number);
    struct figures_span service = {RECORD_NEVER, RECORD_NEVER};
    bool sent = number < c->sent;
    bool answered = number < c->answered;
    int worker = sent && logged != NULL ? record_worker(r, logged) : -1;

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
    fprintf(out, ",%s",
            answered ? record_answer_name(m->answer, r->plan.service) : "");
    write_count(out, worker != -1 ? worker + 1 : RECORD_NEVER);
    write_seconds(out, c->ended_ns);
    write_count(out, worker != -1 ? r->worker_ids[worker] : RECORD_NEVER);
    write_places(out, places, number, sent && r->look_ns > 0);
}

void
csv_write(FILE *out, const struct panel *panels, int count,
          const struct csv_conditions *conditions)
{
    fputs("version,model,client,message,bytes,started_s,connected_s,sent_s,"
          "service_began_s,service_ended_s,answered_s,answer,worker,ended_s,"
          "worker_id,accept_queue_s,unread_s,read_s,look_s,clients,messages,"
          "in_flight,think_s,stagger_s,delay_s,cpu_per_message_s,date,"
          "program_version\n",
          out);
    for (int i = 0; i < count; i++) {
        const struct record *r = panels[i].record;
        char *same = write_conditions(&panels[i], conditions);

        for (int client = 0; client < r->plan.clients; client++) {
            struct places places = {
                .spans = spans_of_client(r, panels[i].figures, client)};
            int number = 0;

            do {
                write_row(out, &panels[i], &places, client, number);
                fputs(same, out);
            } while (++number < r->clients[client].sent);
            free(places.spans.list);
        }
        free(same);
    }
}

#include "client/draw/service_report.h"

#include <inttypes.h>
#include <stdarg.h>

#include "client/draw/text.h"
#include "client/record/figures.h"
#include "common/clock.h"

#define LINE_MAX     400
#define MB           1e6
#define DECIMALS_MAX 6 /* of MB: one byte */

static void __attribute__((format(printf, 3, 4)))
write_line(FILE *out, int width, const char *format, ...)
{
    char line[LINE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    text_words(out, line, 0, width);
}

/* Returns how many decimals a number of MB needs to show two of its figures. */
static int
decimals_of(double mb)
{
    int decimals = 0;

    for (; mb > 0 && mb < 10 && decimals < DECIMALS_MAX; mb *= 10)
        decimals++;
    return decimals;
}

/* Writes how many bytes came in which time. */
static void
report_pace(FILE *out, int width, int64_t bytes, int64_t ns)
{
    double mb = (double)bytes / MB;
    double pace = mb / clock_seconds(ns);

    write_line(out, width, "%.*f MB in %s: %.*f MB/s", decimals_of(mb), mb,
               TEXT_TIME(ns), decimals_of(pace), pace);
}

/* Returns what follows the name of things of which there are so many. */
static const char *
were(int64_t count)
{
    return count == 1 ? " was" : "s were";
}

/* Compares what was added with what has been added to the number in the table:
 * answered of the sent ADDs were answered, and what became of the others is not
 * known. */
static bool
report_sum(FILE *out, int width, const struct record_sum *sum, int64_t sent,
           int64_t answered)
{
    int64_t added = sum->after - sum->before;

    if (!sum->is_known) {
        write_line(
            out, width,
            "Whether updates are lost is not known: the value of " PLAN_KV_KEY
            " could not be read.");
        return false;
    }
    if (added < answered)
        write_line(out, width,
                   "%" PRId64 " ADD%s answered, but the value of " PLAN_KV_KEY
                   " went from %" PRId64 " to %" PRId64 ": %" PRId64
                   " update%s lost.",
                   answered, were(answered), sum->before, sum->after,
                   answered - added, answered - added == 1 ? " is" : "s are");
    else if (added > sent)
        write_line(out, width,
                   "%" PRId64 " ADD%s sent, but the value of " PLAN_KV_KEY
                   " went from %" PRId64 " to %" PRId64 ": %" PRId64
                   " too many.",
                   sent, were(sent), sum->before, sum->after, added - sent);
    else
        write_line(out, width,
                   "%" PRId64 " ADD%s answered, and the value of " PLAN_KV_KEY
                   " went from %" PRId64 " to %" PRId64 ": no update is lost.",
                   answered, were(answered), sum->before, sum->after);
    return added >= answered && added <= sent;
}

/* Writes how many files were different from the first one, and which. */
static bool
report_files(FILE *out, int width, const struct record *r, int first, int files)
{
    const struct record_text *text = &r->clients[first].text;
    bool all_same = true;

    write_line(out, width,
               "%d file%s of %" PRId64 " byte%s, checksum %016" PRIx64, files,
               text_plural(files), text->len, text_plural(text->len),
               text->checksum);
    for (int i = first + 1; i < r->plan.clients; i++) {
        const struct record_text *other = &r->clients[i].text;

        if (r->clients[i].answered == 0 ||
            (other->len == text->len && other->checksum == text->checksum))
            continue;
        all_same = false;
        write_line(out, width,
                   "Client %d got another file: %" PRId64
                   " byte%s, checksum %016" PRIx64,
                   i + 1, other->len, text_plural(other->len), other->checksum);
    }
    return all_same;
}

/* Writes what the clients of a run got, how fast, and how fairly. */
static bool
report_transfers(FILE *out, int width, const struct record *r)
{
    int64_t shortest_ns = INT64_MAX;
    int64_t longest_ns = 0;
    int64_t bytes = 0;
    int first = r->plan.clients;
    int files = 0;
    bool all_same;

    for (int i = r->plan.clients - 1; i >= 0; i--) {
        const struct record_client *c = &r->clients[i];
        int64_t took_ns = figures_all_ns(r, i);

        bytes += c->bytes;
        files += c->answered;
        if (c->answered == 0)
            continue;
        first = i;
        if (c->end.outcome != RECORD_CLOSED)
            continue;
        shortest_ns = took_ns < shortest_ns ? took_ns : shortest_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
    }
    if (files == 0)
        return true;
    all_same = report_files(out, width, r, first, files);
    report_pace(out, width, bytes, r->ended_ns);
    if (r->plan.clients > 1 && longest_ns > 0)
        write_line(out, width,
                   "The slowest client took %.1f times as long as the fastest: "
                   "%s and %s.",
                   (double)longest_ns / (double)shortest_ns,
                   TEXT_TIME(longest_ns), TEXT_TIME(shortest_ns));
    return all_same;
}

bool
service_report(FILE *out, const struct record *r, int width)
{
    int64_t sent = 0;
    int64_t answered = 0;

    if (r->plan.service == PLAN_FILE)
        return report_transfers(out, width, r);
    if (r->plan.service != PLAN_KV)
        return true;
    for (int i = 0; i < r->plan.clients; i++) {
        const struct record_client *c = &r->clients[i];

        /* Of the message after those sent, a client may have sent a part. */
        sent += c->sent +
                (c->end.outcome == RECORD_FAILED && c->sent < r->plan.messages);
        answered += c->answered;
    }
    return report_sum(out, width, &r->sum, sent, answered);
}

bool
service_report_load(FILE *out, const struct load *l, int width)
{
    if (l->plan.service == PLAN_FILE && l->took_ns > 0)
        report_pace(out, width, l->bytes, l->took_ns);
    return l->plan.service != PLAN_KV ||
           report_sum(out, width, &l->sum, l->sent_in_all, l->answers_in_all);
}

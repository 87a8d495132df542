#include "client/record/figures.h"

#include <stdbool.h>
#include <stdlib.h>

#include "client/memory.h"
#include "common/clock.h"

/* When the end of one service lets another begin, the client may see the two in
 * either order, some microseconds apart.  So that this does not count as two at
 * once, the first part of each service is left out. */
#define LEFT_OUT_PERCENT 10

/* The log of a server has times in whole milliseconds. */
#define LOG_NS CLOCK_MS

/* The kernel repeats a request for a connection after a second. */
#define LATE_NS (900 * CLOCK_MS)

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Sorts the times and summarises them; percentiles by nearest rank. */
static struct figures_times
summarise(int64_t *times, size_t count)
{
    if (count == 0)
        return (struct figures_times){.count = 0};
    qsort(times, count, sizeof(*times), compare_times);
    return (struct figures_times){
        .count = (int64_t)count,
        .min_ns = times[0],
        .median_ns = times[(count - 1) / 2],
        .p99_ns = times[(count * 99 + 99) / 100 - 1],
        .max_ns = times[count - 1],
    };
}

int64_t
figures_first_ns(const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];

    if (c->answered == 0)
        return RECORD_NEVER;
    return record_message(r, client, 0)->answered_ns - c->started_ns;
}

int64_t
figures_all_ns(const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];

    if (c->started_ns == RECORD_NEVER || c->ended_ns == RECORD_NEVER)
        return RECORD_NEVER;
    return c->ended_ns - c->started_ns;
}

/* Returns a service as the server logged it, within what the client saw. */
static struct figures_span
logged(const struct record_service *s, int64_t sent_ns, int64_t until_ns)
{
    struct figures_span span = {s->began_ns, s->ended_ns};

    if (span.began_ns == RECORD_NEVER)
        return span;
    if (span.ended_ns == RECORD_NEVER || span.ended_ns > until_ns)
        span.ended_ns = until_ns;
    /* Times closer than the log can tell apart are the same moment. */
    if (span.began_ns < sent_ns + LOG_NS)
        span.began_ns = sent_ns;
    if (span.ended_ns > until_ns - LOG_NS)
        span.ended_ns = until_ns;
    /* The clocks do not agree, or the log is wrong. */
    if (span.ended_ns < sent_ns)
        span.ended_ns = sent_ns;
    if (span.began_ns > span.ended_ns)
        span.began_ns = span.ended_ns;
    return span;
}

struct figures_span
figures_service(const struct figures *f, const struct record *r, int client,
                int number)
{
    const struct record_message *m = record_message(r, client, number);
    bool answered = number < r->clients[client].answered;
    struct figures_span span = {RECORD_NEVER, RECORD_NEVER};

    if (r->services != NULL)
        span = logged(record_service(r, client, number), m->sent_ns,
                      answered ? m->answered_ns : record_end_ns(r, client));
    if (!answered || span.began_ns != RECORD_NEVER)
        return span;
    span.began_ns = m->answered_ns - f->answer.min_ns;
    span.ended_ns = m->answered_ns;
    if (number > 0 && m[-1].answered_ns > span.began_ns)
        span.began_ns = m[-1].answered_ns;
    return span;
}

static void
count_client(struct figures *f, const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];

    f->sent += c->sent;
    f->started += c->started_ns != RECORD_NEVER;
    f->connected += c->connected_ns != RECORD_NEVER;
    f->late += c->connected_ns - c->started_ns >= LATE_NS;
    f->vanished += c->end.outcome == RECORD_VANISHED;
    f->hung_up += c->end.outcome == RECORD_HUNG_UP;
    f->open += c->end.outcome == RECORD_OPEN;
    f->failed += c->end.outcome == RECORD_FAILED;
    for (int i = 0; i < c->answered; i++)
        f->naks += record_message(r, client, i)->answer == RECORD_NAK;
    f->acks += c->answered;
    if (c->ended_ns > f->all_done_ns)
        f->all_done_ns = c->ended_ns;
}

/* Computes the three distributions, one after another in the same memory. */
static void
collect_times(struct figures *f, const struct record *r, int64_t *times)
{
    size_t n = 0;

    for (int i = 0; i < r->plan.clients; i++)
        if (r->clients[i].connected_ns != RECORD_NEVER)
            times[n++] = r->clients[i].connected_ns - r->clients[i].started_ns;
    f->connecting = summarise(times, n);

    n = 0;
    for (int i = 0; i < r->plan.clients; i++)
        if (r->clients[i].answered > 0)
            times[n++] = figures_first_ns(r, i);
    f->first = summarise(times, n);

    n = 0;
    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].answered; j++) {
            const struct record_message *m = record_message(r, i, j);

            times[n++] = m->answered_ns - m->sent_ns;
        }
    f->answer = summarise(times, n);
}

/* Returns the most services that went on at the same moment.  The services of a
 * client follow one another, so this is the number of clients. */
static int
count_at_once(const struct figures *f, const struct record *r, int64_t *begins,
              int64_t *ends)
{
    size_t n = 0;
    size_t ended = 0;
    size_t most = 0;

    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->clients[i].answered; j++) {
            struct figures_span s = figures_service(f, r, i, j);
            int64_t length_ns = s.ended_ns - s.began_ns;

            /* Several answers arrived at the same moment. */
            if (length_ns == 0)
                continue;
            begins[n] = s.began_ns + length_ns * LEFT_OUT_PERCENT / 100;
            ends[n++] = s.ended_ns;
        }
    qsort(begins, n, sizeof(*begins), compare_times);
    qsort(ends, n, sizeof(*ends), compare_times);
    for (size_t begun = 0; begun < n; begun++) {
        while (ends[ended] <= begins[begun])
            ended++;
        if (begun + 1 - ended > most)
            most = begun + 1 - ended;
    }
    return (int)most;
}

struct figures
figures_compute(const struct record *r)
{
    struct figures f = {.at_once = -1};
    size_t clients = (size_t)r->plan.clients;
    size_t answers;
    int64_t *times;

    for (int i = 0; i < r->plan.clients; i++)
        count_client(&f, r, i);
    f.acks -= f.naks;
    if (f.open > 0)
        f.all_done_ns = r->ended_ns;
    answers = (size_t)(f.acks + f.naks);
    times = memory_get(clients + 2 * answers, sizeof(*times));
    collect_times(&f, r, times);
    if (r->services != NULL)
        f.at_once = r->served_at_once;
    else if (f.answer.count > 0 && f.answer.min_ns >= FIGURES_QUICK_NS &&
             f.answer.min_ns >= r->lag_ns)
        f.at_once = count_at_once(&f, r, times, times + answers);
    free(times);
    return f;
}

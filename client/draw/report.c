#include "client/draw/report.h"

#include <errno.h>
#include <string.h>

#include "client/play/message.h"
#include "client/draw/text.h"

#define BYTES_MAX       (4 * RECORD_GOT_MAX + 4)
#define CONNECT_SLOW_NS INT64_C(100000000) /* from here on worth a word */
#define SECOND          1e9

void
report_title(char out[REPORT_TITLE_MAX], const struct plan *plan)
{
    if (plan->manner == PLAN_SILENT)
        snprintf(out, REPORT_TITLE_MAX, "%d client%s, silent", plan->clients,
                 text_plural(plan->clients));
    else
        snprintf(out, REPORT_TITLE_MAX, "%d client%s, %d message%s%s",
                 plan->clients, text_plural(plan->clients), plan->messages,
                 text_plural(plan->messages), plan->clients > 1 ? " each" : "");
}

void
report_plan(FILE *out, const struct plan *plan, const char *address,
            const char *port, int width)
{
    struct text_flow flow = {.out = out, .width = width};
    char title[REPORT_TITLE_MAX];
    char time[TEXT_TIME_MAX];

    report_title(title, plan);
    fprintf(out, "%s, to %s port %s\n", title, address, port);

    if (plan->size != PLAN_SIZE_NATURAL)
        text_flow_item(&flow, "%d byte%s a message", plan->size,
                       text_plural(plan->size));
    if (plan->pipeline > 1)
        text_flow_item(&flow, "up to %d in flight", plan->pipeline);
    if (plan->think_ns > 0) {
        text_time(time, plan->think_ns);
        text_flow_item(&flow, "%s of thinking between messages", time);
    }
    if (plan->stagger_ns > 0) {
        text_time(time, plan->stagger_ns);
        text_flow_item(&flow, "%s between starts", time);
    }
    if (plan->dribble_ns > 0) {
        text_time(time, plan->dribble_ns);
        text_flow_item(&flow, "%s between bytes", time);
    }
    if (plan->manner == PLAN_VANISH)
        text_flow_item(&flow, "vanishing in the last message");
    text_flow_end(&flow);
}

/* Writes bytes that may be anything so that they can be seen. */
static void
write_bytes(char out[BYTES_MAX], const unsigned char *bytes, int len)
{
    size_t n = 0;

    for (int i = 0; i < len; i++)
        if (bytes[i] >= ' ' && bytes[i] <= '~')
            out[n++] = (char)bytes[i];
        else
            n += (size_t)snprintf(out + n, BYTES_MAX - n, "\\x%02x", bytes[i]);
    out[n] = '\0';
}

/* Returns the reason in the words of the suite; others in those of the
 * system. */
static const char *
reason(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "connection refused";
    case ECONNRESET:
    case EPIPE:
        return "connection reset";
    case ETIMEDOUT:
        return "connection timed out";
    case EADDRNOTAVAIL:
        return "no local port is free";
    default:
        return strerror(error);
    }
}

/* Returns which answer of a client was wrong, counted from 1.  If it was a
 * whole one it has been counted as an answer. */
static int
wrong_answer(const struct record *r, int client)
{
    int answered = r->clients[client].answered;

    if (answered > 0 && record_message(r, client, answered - 1)->answer !=
                            message_expected(&r->plan))
        return answered;
    return answered + 1;
}

void
report_trouble(char out[REPORT_FAULT_MAX], const struct report_trouble *t)
{
    char got[BYTES_MAX];
    char after[64];
    char of[32] = "";

    write_bytes(got, t->got, t->got_len);
    if (t->total > 0)
        snprintf(of, sizeof(of), " of %lld", (long long)t->total);
    snprintf(after, sizeof(after), "after %lld%s answer%s",
             (long long)t->answered, of,
             text_plural(t->total > 0 ? t->total : t->answered));
    switch (t->fault) {
    case RECORD_NO_CONNECTION:
        snprintf(out, REPORT_FAULT_MAX, "cannot connect: %s", reason(t->error));
        break;
    case RECORD_BROKEN:
        snprintf(out, REPORT_FAULT_MAX, "%s %s", reason(t->error), after);
        break;
    case RECORD_CLOSED_EARLY:
        snprintf(out, REPORT_FAULT_MAX, "the server closed %s", after);
        break;
    case RECORD_WRONG:
        snprintf(out, REPORT_FAULT_MAX, "answer %lld%s is '%s', not '%s'",
                 (long long)t->wrong, of, got, record_answer_name(t->expected));
        break;
    case RECORD_UNASKED:
        snprintf(out, REPORT_FAULT_MAX, "got '%s' unasked %s", got, after);
        break;
    case RECORD_AFTER_GOODBYE:
        snprintf(out, REPORT_FAULT_MAX, "got '%s' after goodbye", got);
        break;
    case RECORD_TIMED_OUT:
        snprintf(out, REPORT_FAULT_MAX, "gave up %s", after);
        break;
    case RECORD_NO_FAULT:
        *out = '\0';
        break;
    }
}

void
report_fault(char out[REPORT_FAULT_MAX], const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];

    if (c->fault == RECORD_TIMED_OUT && c->connected_ns == RECORD_NEVER)
        snprintf(out, REPORT_FAULT_MAX, "not %s when time was up",
                 c->started_ns == RECORD_NEVER ? "started" : "connected");
    else
        report_trouble(out, &(struct report_trouble){
                                .fault = c->fault,
                                .error = c->error,
                                .got = c->got,
                                .got_len = c->got_len,
                                .answered = c->answered,
                                .total = r->plan.messages,
                                .wrong = wrong_answer(r, client),
                                .expected = message_expected(&r->plan),
                            });
}

static void
write_answer(FILE *out, const struct record *r, int client)
{
    int number = r->clients[client].answered - 1;
    const struct record_message *m = record_message(r, client, number);
    char time[TEXT_TIME_MAX];

    text_time(time, m->answered_ns - m->sent_ns);
    fprintf(out, "package %d: %s after %s\n", number,
            record_answer_name(m->answer), time);
}

static void
write_connected(FILE *out, const struct record_client *c)
{
    int64_t took_ns = c->connected_ns - c->started_ns;
    char time[TEXT_TIME_MAX];

    text_time(time, took_ns);
    if (took_ns < CONNECT_SLOW_NS)
        fputs("connected\n", out);
    else
        fprintf(out, "connected after %s\n", time);
}

static void
write_end(FILE *out, const struct record *r, int client)
{
    char fault[REPORT_FAULT_MAX];

    switch (r->clients[client].outcome) {
    case RECORD_CLOSED:
        fputs("closed\n", out);
        break;
    case RECORD_VANISHED:
        fputs("vanished\n", out);
        break;
    case RECORD_HUNG_UP:
        fputs("the server hung up\n", out);
        break;
    case RECORD_OPEN:
        fputs("stopped\n", out);
        break;
    case RECORD_FAILED:
        report_fault(fault, r, client);
        fprintf(out, "%s\n", fault);
        break;
    }
}

/* Returns when the event happened that a client is being told of. */
static int64_t
event_ns(const struct record *r, enum observer_event event, int client)
{
    const struct record_client *c = &r->clients[client];

    if (event == OBSERVER_CONNECTED)
        return c->connected_ns;
    if (event == OBSERVER_ANSWERED)
        return record_message(r, client, c->answered - 1)->answered_ns;
    return c->ended_ns;
}

static void
write_event(void *context, const struct record *r, enum observer_event event,
            int client)
{
    FILE *out = context;
    int digits = snprintf(NULL, 0, "%d", r->plan.clients);

    if (ferror(out))
        return;
    /* Those who are stopped with the run are in the summary. */
    if (event == OBSERVER_ENDED && r->clients[client].outcome == RECORD_OPEN)
        return;
    fprintf(out, "%8.3f  client %-*d  ",
            (double)event_ns(r, event, client) / SECOND, digits, client + 1);
    if (event == OBSERVER_CONNECTED)
        write_connected(out, &r->clients[client]);
    else if (event == OBSERVER_ANSWERED)
        write_answer(out, r, client);
    else
        write_end(out, r, client);
}

static void
flush_events(void *context)
{
    /* A failure shows in ferror, and then nothing more is written. */
    if (!ferror((FILE *)context))
        (void)fflush(context);
}

struct observer
report_events(FILE *out)
{
    return (struct observer){
        .context = out,
        .happened = write_event,
        .waiting = flush_events,
    };
}

/* Writes "0.20 to 3.20 s", or one time where both read the
 * same. */
static void
write_range(char out[2 * TEXT_TIME_MAX + 4], const struct figures_times *t)
{
    struct text_scale scale = text_scale(t->min_ns, t->max_ns);
    char min[TEXT_TIME_MAX];
    char max[TEXT_TIME_MAX];
    bool same;

    text_scaled(min, &scale, t->min_ns, false);
    text_scaled(max, &scale, t->max_ns, false);
    same = strcmp(min, max) == 0;
    text_scaled(max, &scale, t->max_ns, true);
    if (same)
        snprintf(out, 2 * TEXT_TIME_MAX + 4, "%s", max);
    else
        snprintf(out, 2 * TEXT_TIME_MAX + 4, "%s to %s", min, max);
}

static void
add_answers(struct text_flow *flow, const struct figures_times *t)
{
    struct text_scale scale = text_scale(t->min_ns, t->max_ns);
    char min[TEXT_TIME_MAX];
    char median[TEXT_TIME_MAX];
    char p99[TEXT_TIME_MAX];
    char max[TEXT_TIME_MAX];

    text_scaled(min, &scale, t->min_ns, false);
    text_scaled(median, &scale, t->median_ns, false);
    text_scaled(p99, &scale, t->p99_ns, false);
    text_scaled(max, &scale, t->max_ns, true);
    if (t->count >= FIGURES_P99_MIN)
        text_flow_item(flow,
                       "each answer %s / %s / %s / %s (min / median / p99 / "
                       "max)",
                       min, median, p99, max);
    else
        text_flow_item(flow, "each answer %s / %s / %s (min / median / max)",
                       min, median, max);
}

static void
add_service(struct text_flow *flow, const struct figures *f)
{
    char t0[TEXT_TIME_MAX];

    if (f->answer.count == 0)
        return;
    text_time(t0, f->answer.min_ns);
    if (f->at_once == -1)
        text_flow_item(flow,
                       "served at once: answers are too quick to tell "
                       "(fastest %s)",
                       t0);
    else
        text_flow_item(flow, "served at once %d", f->at_once);
}

static void
add_end(struct text_flow *flow, const struct record *r, const struct figures *f)
{
    char time[TEXT_TIME_MAX];

    text_time(time, f->all_done_ns);
    if (r->end == RECORD_INTERRUPTED)
        text_flow_item(flow, "interrupted after %s", time);
    else if (r->end == RECORD_GAVE_UP)
        text_flow_item(flow, "given up after %s", time);
    else
        text_flow_item(flow, "%s %s",
                       f->failed > 0 ? "ended after" : "all done", time);
}

static void
add_times(struct text_flow *flow, const struct figures *f)
{
    char range[2 * TEXT_TIME_MAX + 4];

    if (f->first.count > 0) {
        write_range(range, &f->first);
        text_flow_item(flow, "first answer %s", range);
    }
    if (f->answer.count > 1)
        add_answers(flow, &f->answer);
    if (f->connecting.count > 0) {
        write_range(range, &f->connecting);
        text_flow_item(flow, "connecting %s", range);
    }
}

static void
add_count(struct text_flow *flow, int count, const char *what)
{
    if (count > 0)
        text_flow_item(flow, "%d client%s %s", count, text_plural(count), what);
}

void
report_summary(FILE *out, const struct record *r, const struct figures *f,
               int width)
{
    struct text_flow flow = {.out = out, .width = width};
    int64_t planned = (int64_t)r->plan.clients * r->plan.messages;

    add_service(&flow, f);
    add_end(&flow, r, f);
    add_times(&flow, f);
    add_count(&flow, f->vanished, "vanished");
    add_count(&flow, f->hung_up, "hung up on");
    add_count(&flow, f->open,
              r->plan.manner == PLAN_SILENT ? "still silent" : "not done");
    text_flow_end(&flow);

    if (r->plan.manner == PLAN_SILENT || f->sent == planned)
        text_flow_item(&flow, "%lld message%s,", (long long)f->sent,
                       text_plural(f->sent));
    else
        text_flow_item(&flow, "%lld of %lld message%s,", (long long)f->sent,
                       (long long)planned, text_plural(planned));
    fprintf(out, " %lld ack%s, %lld nak%s, %d error%s", (long long)f->acks,
            text_plural(f->acks), (long long)f->naks, text_plural(f->naks),
            f->failed, text_plural(f->failed));
    text_flow_end(&flow);
}

void
report_faults(FILE *out, const struct record *r)
{
    char fault[REPORT_FAULT_MAX];
    int failed = 0;

    for (int i = 0; i < r->plan.clients; i++) {
        const struct record_client *c = &r->clients[i];

        if (c->outcome != RECORD_FAILED || ++failed > REPORT_FAULTS_MAX)
            continue;
        report_fault(fault, r, i);
        fprintf(out, "client %d: %s (%.2f s)\n", i + 1, fault,
                (double)c->ended_ns / SECOND);
    }
    failed -= REPORT_FAULTS_MAX;
    if (failed > 0)
        fprintf(out, "... and %d more client%s failed\n", failed,
                text_plural(failed));
}

bool
report_nobody_there(const struct record *r)
{
    int refused = 0;

    for (int i = 0; i < r->plan.clients; i++) {
        const struct record_client *c = &r->clients[i];

        if (c->connected_ns != RECORD_NEVER)
            return false;
        refused += c->fault == RECORD_NO_CONNECTION && c->error == ECONNREFUSED;
    }
    return refused > 0;
}

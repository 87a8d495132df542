#include "client/draw/fault.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/play/message.h"
#include "common/clock.h"

#define LISTED_MAX 20                       /* clients of a run */
#define BYTES_MAX  (4 * RECORD_GOT_MAX + 1) /* "\x1b" for each */

const char *
fault_reason(int error)
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
        return "no local port is free, or this machine has "
               "no way to that address";
    default:
        return strerror(error);
    }
}

/* Returns which answer is right, if it has no bytes in common with the one that
 * came. */
static const char *
wanted(const struct plan *plan)
{
    static const char *const texts[] = {
        [PLAN_ACK] = "'ack'",
        [PLAN_ECHO] = "the message",
        [PLAN_UPPER] = "the message in upper case",
        [PLAN_DAYTIME] = "a line",
        [PLAN_KV] = "'VERSION NUMBER'",
        [PLAN_FILE] = "the file",
    };

    return message_expected(plan) == RECORD_NAK ? "'nak'"
                                                : texts[plan->service];
}

/* Writes the fault of a client that follows the plan and got so many answers,
 * of which the one with number wrong, counted from 1, may have been wrong. */
static void
write_fault(char out[FAULT_WORDS_MAX], const struct plan *plan,
            const struct record_ending *e, int64_t answered, int64_t wrong)
{
    /* A client of a load has no fixed number of messages. */
    int total = plan->duration_ns > 0 ? 0 : plan->messages;
    char got[BYTES_MAX];
    char want[BYTES_MAX];
    char after[64];
    char of[32] = "";

    text_visible(got, sizeof(got), (const char *)e->got, (size_t)e->got_len);
    if (total > 0)
        snprintf(of, sizeof(of), " of %d", total);
    /* The clients of an open loop differ in this, and are counted together. */
    *after = '\0';
    if (plan->rate == 0)
        snprintf(after, sizeof(after), " after %lld%s answer%s",
                 (long long)answered, of,
                 text_plural(total > 0 ? total : answered));
    switch (e->fault) {
    case RECORD_NO_CONNECTION:
        snprintf(out, FAULT_WORDS_MAX, "cannot connect: %s",
                 fault_reason(e->error));
        break;
    case RECORD_BROKEN:
        snprintf(out, FAULT_WORDS_MAX, "%s%s", fault_reason(e->error), after);
        break;
    case RECORD_CLOSED_EARLY:
        snprintf(out, FAULT_WORDS_MAX, "the server closed%s", after);
        break;
    case RECORD_WRONG:
        text_visible(want, sizeof(want), (const char *)e->want,
                     (size_t)e->want_len);
        if (e->got_at > 0 && plan->service == PLAN_FILE)
            snprintf(out, FAULT_WORDS_MAX,
                     "answer %lld%s is another file of %lld byte%s",
                     (long long)wrong, of, (long long)e->got_at,
                     text_plural(e->got_at));
        else if (e->got_at > 0 || e->want_len > 0)
            snprintf(out, FAULT_WORDS_MAX,
                     "answer %lld%s has '%s' behind %lld right byte%s, not "
                     "'%s'",
                     (long long)wrong, of, got, (long long)e->got_at,
                     text_plural(e->got_at), want);
        else
            snprintf(out, FAULT_WORDS_MAX, "answer %lld%s is '%s', not %s",
                     (long long)wrong, of, got, wanted(plan));
        break;
    case RECORD_UNASKED:
        snprintf(out, FAULT_WORDS_MAX, "got '%s' unasked%s", got, after);
        break;
    case RECORD_AFTER_GOODBYE:
        snprintf(out, FAULT_WORDS_MAX, "got '%s' after goodbye", got);
        break;
    case RECORD_TIMED_OUT:
        snprintf(out, FAULT_WORDS_MAX, "%s%s",
                 total > 0 && answered == total ? "the server did not close"
                                                : "gave up",
                 after);
        break;
    case RECORD_NO_FAULT:
        *out = '\0';
        break;
    }
}

void
fault_of_client(char out[FAULT_WORDS_MAX], const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];
    int wrong = c->answered + 1;

    /* A wrong answer that is whole has been counted as one. */
    if (c->answered > 0 && record_message(r, client, c->answered - 1)->answer !=
                               message_expected(&r->plan))
        wrong = c->answered;
    if (c->end.fault == RECORD_TIMED_OUT && c->connected_ns == RECORD_NEVER)
        snprintf(out, FAULT_WORDS_MAX, "not %s when time was up",
                 c->started_ns == RECORD_NEVER ? "started" : "connected");
    else
        write_fault(out, &r->plan, &c->end, c->answered, wrong);
}

void
fault_of_load(char out[FAULT_WORDS_MAX], const struct load *l, int fault)
{
    const struct load_fault *f = &l->faults[fault];

    write_fault(out, &l->plan, &f->end, f->after, f->after + 1);
}

static void
write_more(FILE *out, int more)
{
    if (more > 0)
        fprintf(out, "... and %d more client%s failed\n", more,
                text_plural(more));
}

/* Returns how many clients, from this one on, have failed in the same words. */
static int
count_same(const struct record *r, int first)
{
    char words[FAULT_WORDS_MAX];
    char others[FAULT_WORDS_MAX];
    int i = first + 1;

    fault_of_client(words, r, first);
    for (; i < r->plan.clients; i++) {
        fault_of_client(others, r, i);
        if (r->clients[i].end.outcome != RECORD_FAILED ||
            strcmp(others, words) != 0)
            break;
    }
    return i - first;
}

void
fault_list(FILE *out, const struct record *r)
{
    char words[FAULT_WORDS_MAX];
    int lines = 0;
    int more = 0;

    for (int i = 0, same; i < r->plan.clients; i += same) {
        const struct record_client *c = &r->clients[i];

        same = 1;
        if (c->end.outcome != RECORD_FAILED)
            continue;
        same = count_same(r, i);
        if (++lines > LISTED_MAX) {
            more += same;
            continue;
        }
        fault_of_client(words, r, i);
        if (same == 1)
            fprintf(out, "client %d: %s (%.2f s)\n", i + 1, words,
                    clock_seconds(c->ended_ns));
        else
            fprintf(out, "clients %d %s %d: %s (the first at %.2f s)\n", i + 1,
                    same == 2 ? "and" : "to", i + same, words,
                    clock_seconds(c->ended_ns));
    }
    write_more(out, more);
}

/* Returns how many faults of a load, from this one on, have the same words. */
static int
count_same_load(const struct load *l, int first, int end)
{
    char words[FAULT_WORDS_MAX];
    char others[FAULT_WORDS_MAX];
    int i = first + 1;

    fault_of_load(words, l, first);
    for (; i < end; i++) {
        fault_of_load(others, l, i);
        if (strcmp(others, words) != 0)
            break;
    }
    return i - first;
}

/* Writes a line for each kind of fault of an open loop. */
static void
list_open_loop(FILE *out, const struct load *l)
{
    char words[FAULT_WORDS_MAX];

    for (int i = 0; i < l->failed && i < LOAD_FAULTS_MAX; i++) {
        fault_of_load(words, l, i);
        if (l->faults[i].count > 0)
            fprintf(out, "%" PRId64 " connection%s: %s\n", l->faults[i].count,
                    text_plural(l->faults[i].count), words);
    }
}

void
fault_list_load(FILE *out, const struct load *l)
{
    int end = l->failed < LOAD_FAULTS_MAX ? l->failed : LOAD_FAULTS_MAX;
    char words[FAULT_WORDS_MAX];

    if (l->plan.rate > 0) {
        list_open_loop(out, l);
        return;
    }
    for (int i = 0, same; i < end; i += same) {
        int client = l->faults[i].client;
        bool idle = client >= l->plan.clients;

        same = count_same_load(l, i, end);
        fault_of_load(words, l, i);
        fprintf(out, "%sclient %d", idle ? "idle " : "",
                idle ? client - l->plan.clients + 1 : client + 1);
        if (same > 1)
            fprintf(out, " and %d other%s", same - 1, text_plural(same - 1));
        fprintf(out, ": %s\n", words);
    }
    write_more(out, l->failed - LOAD_FAULTS_MAX);
}

bool
fault_is_no_server(const struct record *r)
{
    bool refused = false;

    for (int i = 0; i < r->plan.clients; i++) {
        const struct record_client *c = &r->clients[i];

        if (c->connected_ns != RECORD_NEVER)
            return false;
        if (c->end.fault == RECORD_NO_CONNECTION &&
            c->end.error == ECONNREFUSED)
            refused = true;
    }
    return refused;
}

bool
fault_is_no_server_load(const struct load *l)
{
    return l->connections == 0 && l->failed > 0 &&
           l->faults[0].end.fault == RECORD_NO_CONNECTION &&
           l->faults[0].end.error == ECONNREFUSED;
}

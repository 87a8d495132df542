#include "client/inside/sentences.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/clock.h"

#define ITEMS_MAX 6 /* in a list of clients, which is otherwise a number */
#define GAP_NS    CLOCK_S /* a time without a sample is named if longer, */
#define GAP_MEANS 10      /* and so many times as long as the mean */

struct text {
    char *out;
    size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->out + t->len, SENTENCES_MAX - t->len, format, args);
    va_end(args);
    t->len += (size_t)n;
    if (t->len >= SENTENCES_MAX)
        t->len = SENTENCES_MAX - 1;
}

/* What is said about the clients in one place. */
struct statement {
    enum sample_place place;
    bool idle; /* about those that do not wait for an answer, or those that do
                */
    const char *one;
    const char *many;
};

static const struct statement statements[] = {
    {SAMPLE_SERVED, false, "is being served.", "are being served."},
    {SAMPLE_READ, false,
     "has been read: the server has its message, and has not answered.",
     "have been read: the server has their messages, and has not answered."},
    {SAMPLE_UNREAD, false,
     "is accepted, but the server has not read what it sent.",
     "are accepted, but the server has not read what they sent."},
    {SAMPLE_UNREAD, true,
     "has all its answers; the server has not read its goodbye.",
     "have all their answers; the server has not read their goodbyes."},
    {SAMPLE_QUEUED, false,
     "is connected and waits in the accept queue: the server has not seen it.",
     "are connected and wait in the accept queue: the server has not seen "
     "them."},
    {SAMPLE_HALF_OPEN, false,
     "is half connected: its handshake is not finished.",
     "are half connected: their handshakes are not finished."},
    {SAMPLE_LOST, false,
     "sees a connection, but the server's side keeps nothing of it, because "
     "the accept queue was full.",
     "see a connection, but the server's side keeps nothing of it, because "
     "the accept queue was full."},
    {SAMPLE_CONNECTING, false, "is not connected.", "are not connected."},
    {SAMPLE_CONNECTED, false, "is connected.", "are connected."},
    {SAMPLE_READ, true, "has nothing to ask at the moment.",
     "have nothing to ask at the moment."},
    {SAMPLE_FAILED, false, "failed.", "failed."},
};

static bool
is_about(const struct statement *st, const struct sample_client *c)
{
    bool accepted = c->place == SAMPLE_READ || c->place == SAMPLE_UNREAD;

    return c->place == st->place &&
           (accepted && c->wish != SAMPLE_ANSWER) == st->idle;
}

/* Writes the clients that a statement is about, as in "Client 2", "Clients 1, 3
 * to 5 and 7" or "40 clients".  Returns how many they are. */
static int
add_clients(struct text *t, const struct recording *r, const struct sample *s,
            const struct statement *st)
{
    int items[ITEMS_MAX]; /* numbers; negative: up to that number */
    int item_count = 0;
    int count = 0;

    for (int i = 0; i < r->clients; i++) {
        bool before = i > 0 && is_about(st, &s->clients[i - 1]);
        bool after = i + 1 < r->clients && is_about(st, &s->clients[i + 1]);

        if (!is_about(st, &s->clients[i]))
            continue;
        count++;
        if (before && after) /* in the middle of a range */
            continue;
        if (item_count < ITEMS_MAX)
            items[item_count] =
                before && i > 1 && is_about(st, &s->clients[i - 2]) ? -(i + 1)
                                                                    : i + 1;
        item_count++;
    }
    if (count == 0)
        return 0;
    if (t->len > 0)
        add(t, " ");
    if (item_count > ITEMS_MAX) {
        add(t, "%d clients", count);
        return count;
    }
    add(t, count == 1 ? "Client" : "Clients");
    for (int i = 0; i < item_count; i++)
        if (items[i] < 0)
            add(t, " to %d", -items[i]);
        else
            add(t, "%s%d",
                i == 0 ? " "
                : i == item_count - 1 ||
                        (i == item_count - 2 && items[item_count - 1] < 0)
                    ? " and "
                    : ", ",
                items[i]);
    return count;
}

static int
count_places(const struct recording *r, const struct sample *s,
             enum sample_place place)
{
    int count = 0;

    for (int i = 0; i < r->clients; i++)
        count += s->clients[i].place == place;
    return count;
}

static int
count_kinds(const struct sample *s, enum sample_kind kind)
{
    int count = 0;

    for (int i = 0; i < s->task_count; i++)
        count += s->tasks[i].kind == kind;
    return count;
}

/* Returns whether a client that is not connected was so, too, at an earlier
 * moment at which the accept queue was full. */
static bool
came_when_full(const struct recording *r, const struct sample *s)
{
    for (int i = 0; i < r->count && r->samples[i] != s; i++) {
        const struct sample *then = r->samples[i];

        for (int j = 0; j < r->clients; j++)
            if (then->room > 0 && then->queue >= then->room &&
                then->clients[j].place == SAMPLE_CONNECTING &&
                s->clients[j].place == SAMPLE_CONNECTING)
                return true;
    }
    return false;
}

/* Says why they wait, as far as it can be seen. */
static void
add_reasons(struct text *t, const struct recording *r, const struct sample *s)
{
    int running = count_kinds(s, SAMPLE_RUNNING);
    int ready = count_kinds(s, SAMPLE_READY);

    if (s->room > 0 && s->queue >= s->room) {
        if (count_places(r, s, SAMPLE_CONNECTING) > 0)
            add(t, " The accept queue is full, so the kernel drops the request "
                   "for a connection (SYN); the client sends it again after 1, "
                   "3 and 7 s.");
        else if (count_places(r, s, SAMPLE_HALF_OPEN) > 0)
            add(t, " The accept queue is full, so the kernel does not finish "
                   "the handshake.");
    } else if (came_when_full(r, s)) {
        add(t, " The accept queue has room now, but it was full when the "
               "request for a connection (SYN) came; the client sends it again "
               "after 1, 3 and 7 s.");
    } else if (s->overflows > 0 && count_places(r, s, SAMPLE_CONNECTING) > 0) {
        add(t, " An accept queue of this machine has been full since the run "
               "began.  If it was this one, it dropped the request for a "
               "connection (SYN); the client sends it again after 1, 3 and 7 "
               "s.");
    }
    if (r->listeners > 1 && count_places(r, s, SAMPLE_QUEUED) > 0)
        add(t,
            " Each of the server's %d listeners has an accept queue of its "
            "own: a client waits for the process or thread that accepts "
            "from its queue, even if others have nothing to do.",
            r->listeners);
    if (count_places(r, s, SAMPLE_UNREAD) > 0 && s->task_count == 1 &&
        running + ready == 1)
        add(t, " Nothing is read while the one thread of the server computes.");
    if (count_kinds(s, SAMPLE_RINGS) > 0)
        add(t, " What the server has asked io_uring to do goes on in the "
               "kernel and cannot be seen here.");
    if (ready > 0)
        add(t, " %d of the server's tasks could run, but %s no CPU.", ready,
            ready == 1 ? "has" : "have");
    if (s->torn)
        add(t, " The queue changed while this sample was taken, so its parts "
               "may not fit together.");
}

const char *
sentences_of(char out[SENTENCES_MAX], const struct recording *r,
             const struct sample *s)
{
    struct text t = {.out = out};
    int ended = count_places(r, s, SAMPLE_ENDED);

    *out = '\0';
    for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
        int count = add_clients(&t, r, s, &statements[i]);

        if (count > 0)
            add(&t, " %s", count == 1 ? statements[i].one : statements[i].many);
    }
    if (ended == r->clients)
        add(&t, "All clients have got their answers and have ended.");
    else if (t.len == 0)
        add(&t, "No client waits.");
    add_reasons(&t, r, s);
    return out;
}

const char *
sentences_lacks(char out[SENTENCES_MAX], const struct recording *r)
{
    struct text t = {.out = out};

    *out = '\0';
    if (r->lacks & RECORDING_QUEUES)
        add(&t, "The kernel does not tell about the server's connections here, "
                "so only what the clients see is shown. ");
    if (r->lacks & RECORDING_TASKS)
        add(&t, "It is not known which process is the server; --pid tells. ");
    if (r->lacks & RECORDING_CALLS)
        add(&t, "The kernel does not tell the server's system calls, so only "
                "the states of its processes are shown. ");
    if (t.len > 0)
        out[t.len - 1] = '\0';
    return out;
}

const char *
sentences_heading(char out[SENTENCES_MAX], const struct recording *r)
{
    struct text t = {.out = out};

    add(&t, "%s: where %d client%s waited; %d sample%s in %s", r->command,
        r->clients, text_plural(r->clients), r->count, text_plural(r->count),
        TEXT_TIME(r->samples[r->count - 1]->at_ns));
    if (recording_rate(r) > 0)
        add(&t, " (%d per second)", recording_rate(r));
    return out;
}

/* Finds the longest time without a sample.  Returns false if it is not much
 * longer than the others, because then this program ran all the time. */
static bool
find_gap(const struct recording *r, int64_t *from_ns, int64_t *gap_ns)
{
    int64_t mean_ns = r->samples[r->count - 1]->at_ns / r->count;

    *gap_ns = GAP_NS;
    for (int i = 1; i < r->count; i++) {
        int64_t before_ns = r->samples[i - 1]->at_ns;

        if (r->samples[i]->at_ns - before_ns <= *gap_ns)
            continue;
        *gap_ns = r->samples[i]->at_ns - before_ns;
        *from_ns = before_ns;
    }
    return *gap_ns > GAP_NS && *gap_ns > GAP_MEANS * mean_ns;
}

const char *
sentences_notes(char out[SENTENCES_MAX], const struct recording *r)
{
    int64_t overflows = r->samples[r->count - 1]->overflows;
    struct text t = {.out = out};
    char lacks[SENTENCES_MAX];
    int64_t from_ns;
    int64_t gap_ns;

    add(&t, "What is shown is the last sample before each moment.  A state "
            "that was shorter than the pause between two samples may be "
            "missing.");
    if (overflows > 0)
        add(&t,
            "  %lld time%s, a client found an accept queue of this machine "
            "full (the kernel counts all servers together).",
            (long long)overflows, text_plural(overflows));
    if (find_gap(r, &from_ns, &gap_ns))
        add(&t,
            "  From %s on, no sample was taken for %s, because inside was "
            "stopped or the machine was busy.  The clients, which are part of "
            "inside, did nothing in that time, either.",
            TEXT_TIME(from_ns), TEXT_TIME(gap_ns));
    if (*sentences_lacks(lacks, r) != '\0')
        add(&t, "  %s", lacks);
    return out;
}

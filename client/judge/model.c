#include "client/judge/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"

#define SIZE_TEXT_MAX 64

static const struct {
    const char *name;
    enum model_kind kind;
} names[] = {
    {"one-at-a-time", MODEL_ONE_AT_A_TIME},
    {"pool", MODEL_POOL},
    {"process-per-client", MODEL_PROCESS_PER_CLIENT},
    {"thread-per-client", MODEL_THREAD_PER_CLIENT},
    {"process-per-message", MODEL_PROCESS_PER_MESSAGE},
    {"thread-per-message", MODEL_THREAD_PER_MESSAGE},
    {"event-loop", MODEL_EVENT_LOOP},
    {"several-loops", MODEL_SEVERAL_LOOPS},
    {"loop-with-workers", MODEL_LOOP_WITH_WORKERS},
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static const struct model_size unknown = {.processes = -1, .threads = -1};

struct model
model_new(void)
{
    return (struct model){
        .at_once = -1,
        .first = unknown,
        .busy = unknown,
        .rest = unknown,
        .listeners = -1,
        .listening = -1,
        .accepting = -1,
        .with_clients = unknown,
        .with_messages = unknown,
        .active = -1,
        .loops = -1,
        .messages_at_once = -1,
    };
}

/* Tells whether a number has grown by about as many as there are clients: a
 * helper thread more is not one per client, and a client may have been served
 * by a thread that was there. */
static bool
is_per_client(int64_t before, int64_t after, int clients)
{
    return before != -1 && after != -1 && clients > 0 &&
           4 * (after - before) >= 3 * clients;
}

/* The same, for processes or for threads. */
static bool
has_grown(struct model_size before, struct model_size after, int clients)
{
    return is_per_client(before.processes, after.processes, clients) ||
           is_per_client(before.threads, after.threads, clients);
}

/* Tells whether the processes or threads for the clients stay when these
 * leave. */
static bool
is_kept(const struct model *m)
{
    return has_grown(m->first, m->rest, m->busy_clients);
}

/* Tells whether it has about as many threads or processes at rest as it has
 * served clients at once, or more. */
static bool
has_thread_per_place(const struct model *m)
{
    return 4 * m->rest.processes >= 3 * m->at_once ||
           4 * m->rest.threads >= 3 * m->at_once;
}

/* Tells whether few threads did the work for several clients.  It is not known
 * if clients may have waited for a worker although others were idle. */
static bool
shares_threads(const struct model *m)
{
    return !(m->bounded && m->listeners > 1) && m->active != -1 &&
           m->message_clients > 1 && 2 * m->active <= m->message_clients;
}

static enum model_kind
per_message_kind(const struct model *m)
{
    int half = m->message_clients / 2;

    /* With one client or two, it could be anything. */
    if (half < 2 || m->with_messages.processes == -1)
        return MODEL_UNKNOWN;
    if (m->with_messages.processes - m->with_clients.processes >= half)
        return MODEL_PROCESS_PER_MESSAGE;
    if (m->with_messages.threads - m->with_clients.threads >= half)
        return MODEL_THREAD_PER_MESSAGE;
    return MODEL_UNKNOWN;
}

/* Which model it is, if it serves more than one client at once, and its
 * processes and threads could be counted. */
static enum model_kind
kind_by_size(const struct model *m)
{
    bool grows = has_grown(m->first, m->busy, m->busy_clients);
    enum model_kind kind;

    if (grows && !(m->bounded && is_kept(m)))
        return is_per_client(m->first.processes, m->busy.processes,
                             m->busy_clients)
                   ? MODEL_PROCESS_PER_CLIENT
                   : MODEL_THREAD_PER_CLIENT;
    if (has_thread_per_place(m) && !shares_threads(m))
        return MODEL_POOL;
    kind = per_message_kind(m);
    if (kind != MODEL_UNKNOWN)
        return kind;
    if (m->messages_at_once > 1 || m->is_helped)
        return MODEL_LOOP_WITH_WORKERS;
    return m->rest.processes > 1 || m->loops > 1 ? MODEL_SEVERAL_LOOPS
                                                 : MODEL_EVENT_LOOP;
}

static enum model_kind
kind_of(const struct model *m)
{
    if (m->at_once == -1)
        return MODEL_UNKNOWN;
    if (m->at_once == 1)
        return MODEL_ONE_AT_A_TIME;
    if (m->first.processes != -1 && m->rest.processes != -1)
        return kind_by_size(m);
    return m->messages_at_once > 1 ? MODEL_LOOP_WITH_WORKERS : MODEL_UNKNOWN;
}

/* Writes "6 processes", "1 process of 6 threads". */
static void
write_size(char out[SIZE_TEXT_MAX], struct model_size size)
{
    int n =
        snprintf(out, SIZE_TEXT_MAX, "%lld process%s",
                 (long long)size.processes, size.processes == 1 ? "" : "es");

    if (size.threads > 1)
        snprintf(out + n, SIZE_TEXT_MAX - (size_t)n, " of %lld threads",
                 (long long)size.threads);
}

/* Writes how many it serves at once: "serves 5 clients at once, no more". */
static int
write_places(char *words, const char *name, const struct model *m)
{
    return snprintf(words, MODEL_TEXT_MAX, "%s: serves %d client%s %sat once%s",
                    name, m->at_once, text_plural(m->at_once),
                    m->bounded ? "" : "and more ",
                    m->bounded ? ", no more" : "");
}

static void
describe_pool(const struct model *m, char words[MODEL_TEXT_MAX])
{
    char name[SIZE_TEXT_MAX];
    char first[SIZE_TEXT_MAX];
    char rest[SIZE_TEXT_MAX];
    /* One or two more may have been late when the server started. */
    bool grown = 2 * (m->rest.processes - m->first.processes) >= m->at_once ||
                 2 * (m->rest.threads - m->first.threads) >= m->at_once;
    int n;

    snprintf(name, sizeof(name), "a pool of %d%s", m->at_once,
             m->bounded ? "" : " or more");
    n = write_places(words, name, m);
    write_size(first, m->first);
    write_size(rest, m->rest);
    n += snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                  grown ? "; it has grown, from %s to %s" : "; always %s",
                  grown ? first : rest, rest);
    if (m->listeners > 1)
        snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                 "; there are %d listeners on its port, each with a queue of "
                 "its own (SO_REUSEPORT)",
                 m->listeners);
    else if (m->rest.processes > 2 && m->listening == 1)
        snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                 "; one of them accepts all clients and passes them to the "
                 "others");
    else if (m->accepting > 0)
        snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                 m->accepting == 1 ? "; one of them waits in accept"
                                   : "; %d of them wait in accept",
                 m->accepting);
}

static void
describe_per_client(const struct model *m, const char *what,
                    char words[MODEL_TEXT_MAX])
{
    char first[SIZE_TEXT_MAX];
    char busy[SIZE_TEXT_MAX];
    int n;

    write_size(first, m->first);
    write_size(busy, m->busy);
    n = snprintf(words, MODEL_TEXT_MAX,
                 "one %s per client%s: %s at rest, %s with %d client%s", what,
                 is_kept(m) ? ", kept for the next client" : "", first, busy,
                 m->busy_clients, text_plural(m->busy_clients));
    if (m->bounded)
        snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                 "; serves %d at once, no more", m->at_once);
}

static void
describe_per_message(const struct model *m, const char *what,
                     char words[MODEL_TEXT_MAX])
{
    char clients[SIZE_TEXT_MAX];
    char messages[SIZE_TEXT_MAX];

    write_size(clients, m->with_clients);
    write_size(messages, m->with_messages);
    snprintf(words, MODEL_TEXT_MAX,
             "one %s per message: %s with %d silent clients, %s while it works "
             "on a message of each",
             what, clients, m->message_clients, messages);
}

static void
describe_loop(const struct model *m, const char *name,
              char words[MODEL_TEXT_MAX])
{
    char size[SIZE_TEXT_MAX];
    int n = write_places(words, name, m);

    write_size(size, m->busy);
    n += snprintf(words + n, MODEL_TEXT_MAX - (size_t)n, "%s with %s%s",
                  m->bounded ? "," : "", size,
                  m->select_limit ? "; has the limit of select" : "");
    if (m->messages_at_once > 1)
        snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                 "; works on %d messages at a time", m->messages_at_once);
    else if (m->is_helped)
        snprintf(words + n, MODEL_TEXT_MAX - (size_t)n,
                 "; one of them waits for the sockets, and others take part in "
                 "the work");
}

static void
describe_unknown(const struct model *m, char words[MODEL_TEXT_MAX])
{
    if (m->at_once == -1)
        snprintf(words, MODEL_TEXT_MAX,
                 "no model: how many it serves at once is not known");
    else if (m->bounded)
        snprintf(words, MODEL_TEXT_MAX,
                 "a pool of %d, or anything else that serves %d clients at "
                 "once, no more",
                 m->at_once, m->at_once);
    else
        snprintf(words, MODEL_TEXT_MAX,
                 "an event loop, or one process or thread per client: serves "
                 "%d clients and more at once",
                 m->at_once);
}

static void
describe_one(const struct model *m, char words[MODEL_TEXT_MAX])
{
    const char *what = "";

    if (m->busy.processes > m->first.processes &&
        m->busy.processes > m->rest.processes)
        what = ", although it starts a process for each";
    else if (m->busy.threads > m->first.threads &&
             m->busy.threads > m->rest.threads)
        what = ", although it starts a thread for each";
    snprintf(words, MODEL_TEXT_MAX,
             "one at a time: serves 1 client, the next waits%s", what);
}

enum model_kind
model_describe(const struct model *m, char words[MODEL_TEXT_MAX])
{
    enum model_kind kind = kind_of(m);

    switch (kind) {
    case MODEL_UNKNOWN:
        describe_unknown(m, words);
        break;
    case MODEL_ONE_AT_A_TIME:
        describe_one(m, words);
        break;
    case MODEL_POOL:
        describe_pool(m, words);
        break;
    case MODEL_PROCESS_PER_CLIENT:
        describe_per_client(m, "process", words);
        break;
    case MODEL_THREAD_PER_CLIENT:
        describe_per_client(m, "thread", words);
        break;
    case MODEL_PROCESS_PER_MESSAGE:
        describe_per_message(m, "process", words);
        break;
    case MODEL_THREAD_PER_MESSAGE:
        describe_per_message(m, "thread", words);
        break;
    case MODEL_EVENT_LOOP:
        describe_loop(m, "an event loop", words);
        break;
    case MODEL_SEVERAL_LOOPS:
        describe_loop(m, "several event loops", words);
        break;
    case MODEL_LOOP_WITH_WORKERS:
        describe_loop(m, "an event loop with workers", words);
        break;
    }
    return kind;
}

bool
model_parse(const char *text, struct model_wanted *wanted)
{
    size_t len = strcspn(text, ":");
    char *end;
    long number;

    for (size_t i = 0; i < NAMES; i++)
        if (strncmp(text, names[i].name, len) == 0 &&
            names[i].name[len] == '\0') {
            *wanted = (struct model_wanted){names[i].kind, -1};
            if (text[len] == '\0')
                return true;
            number = strtol(text + len + 1, &end, 10);
            if (wanted->kind != MODEL_POOL || end == text + len + 1 ||
                *end != '\0' || number < 2 || number > MODEL_PLACES_MAX)
                return false;
            wanted->places = (int)number;
            return true;
        }
    return false;
}

bool
model_is(const struct model *m, const struct model_wanted *wanted)
{
    enum model_kind kind = kind_of(m);

    if (wanted->places != -1 && !(m->bounded && m->at_once == wanted->places))
        return false;
    return kind == wanted->kind ||
           (kind == MODEL_SEVERAL_LOOPS && wanted->kind == MODEL_EVENT_LOOP);
}

const char *
model_names(void)
{
    return "one-at-a-time, pool, pool:N (2 to 199), process-per-client, "
           "thread-per-client, process-per-message, thread-per-message, "
           "event-loop, several-loops or loop-with-workers";
}

#include "client/judge/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"

#define PLACES_MAX 1000

static const struct {
    const char *name;
    enum model_kind model;
} names[] = {
    {"one-at-a-time", MODEL_ONE_AT_A_TIME},
    {"pool", MODEL_POOL},
    {"process-per-client", MODEL_PROCESS_PER_CLIENT},
    {"thread-per-client", MODEL_THREAD_PER_CLIENT},
    {"event-loop", MODEL_EVENT_LOOP},
};

#define NAMES (sizeof(names) / sizeof(names[0]))

struct model
model_new(void)
{
    return (struct model){
        .at_once = -1,
        .processes_at_rest = -1,
        .threads_at_rest = -1,
        .processes_busy = -1,
        .threads_busy = -1,
    };
}

/* Writes "6 processes", "1 process of 6 threads". */
static void
write_shape(char *out, size_t size, int64_t processes, int64_t threads)
{
    int n = snprintf(out, size, "%lld process%s", (long long)processes,
                     processes == 1 ? "" : "es");

    if (threads > 1)
        snprintf(out + n, size - (size_t)n, " of %lld threads",
                 (long long)threads);
}

static enum model_kind
model_of(const struct model *m)
{
    if (m->at_once == -1)
        return MODEL_UNKNOWN;
    /* A few more are not one per client. */
    if (m->processes_at_rest != -1 &&
        m->processes_busy - m->processes_at_rest >= m->busy_clients)
        return MODEL_PROCESS_PER_CLIENT;
    if (m->threads_at_rest != -1 &&
        m->threads_busy - m->threads_at_rest >= m->busy_clients)
        return MODEL_THREAD_PER_CLIENT;
    if (m->at_once == 1)
        return MODEL_ONE_AT_A_TIME;
    if (m->bounded)
        return MODEL_POOL;
    return m->processes_at_rest == -1 ? MODEL_UNKNOWN : MODEL_EVENT_LOOP;
}

enum model_kind
model_describe(const struct model *m, char words[MODEL_TEXT_MAX])
{
    enum model_kind model = model_of(m);
    char rest[64] = "";
    char busy[64] = "";

    write_shape(rest, sizeof(rest), m->processes_at_rest, m->threads_at_rest);
    write_shape(busy, sizeof(busy), m->processes_busy, m->threads_busy);
    switch (model) {
    case MODEL_ONE_AT_A_TIME:
        snprintf(words, MODEL_TEXT_MAX,
                 "one at a time: serves 1 client, the next waits");
        break;
    case MODEL_POOL:
        snprintf(words, MODEL_TEXT_MAX,
                 "a pool of %d: serves %d clients at once, no more%s%s",
                 m->at_once, m->at_once,
                 m->processes_at_rest == -1 ? "" : "; always ",
                 m->processes_at_rest == -1 ? "" : rest);
        break;
    case MODEL_PROCESS_PER_CLIENT:
    case MODEL_THREAD_PER_CLIENT:
        snprintf(words, MODEL_TEXT_MAX,
                 "one %s per client: %s at rest, %s with %d client%s",
                 model == MODEL_PROCESS_PER_CLIENT ? "process" : "thread", rest,
                 busy, m->busy_clients, text_plural(m->busy_clients));
        break;
    case MODEL_EVENT_LOOP:
        snprintf(words, MODEL_TEXT_MAX,
                 "an event loop: serves %d clients and more at once with %s%s",
                 m->at_once, busy,
                 m->select_limit ? "; has the limit of select" : "");
        break;
    case MODEL_UNKNOWN:
        snprintf(words, MODEL_TEXT_MAX,
                 m->at_once == -1
                     ? "no model: how many it serves at once is not known"
                     : "an event loop, or one process or thread per client: "
                       "serves %d clients and more at once",
                 m->at_once);
        break;
    }
    return model;
}

bool
model_parse(const char *text, enum model_kind *model, int *places)
{
    size_t len = strcspn(text, ":");
    char *end;
    long number;

    for (size_t i = 0; i < NAMES; i++)
        if (strncmp(text, names[i].name, len) == 0 &&
            names[i].name[len] == '\0') {
            *model = names[i].model;
            *places = -1;
            if (text[len] == '\0')
                return true;
            number = strtol(text + len + 1, &end, 10);
            if (*model != MODEL_POOL || end == text + len + 1 || *end != '\0' ||
                number < 1 || number > PLACES_MAX)
                return false;
            *places = (int)number;
            return true;
        }
    return false;
}

const char *
model_names(void)
{
    return "one-at-a-time, pool, pool:N, process-per-client, thread-per-client "
           "or event-loop";
}

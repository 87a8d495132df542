#include "client/judge/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
model_of(const struct model *c)
{
    if (c->at_once == -1)
        return MODEL_UNKNOWN;
    /* One more, or a few, are not one for each. */
    if (c->processes_at_rest != -1 &&
        c->processes_busy - c->processes_at_rest >= c->busy_clients)
        return MODEL_PROCESS_PER_CLIENT;
    if (c->threads_at_rest != -1 &&
        c->threads_busy - c->threads_at_rest >= c->busy_clients)
        return MODEL_THREAD_PER_CLIENT;
    if (c->at_once == 1)
        return MODEL_ONE_AT_A_TIME;
    if (c->bounded)
        return MODEL_POOL;
    return c->processes_at_rest == -1 ? MODEL_UNKNOWN : MODEL_EVENT_LOOP;
}

enum model_kind
model_tell(const struct model *c, char words[MODEL_TEXT_MAX])
{
    enum model_kind model = model_of(c);
    char rest[64] = "";
    char busy[64] = "";

    write_shape(rest, sizeof(rest), c->processes_at_rest, c->threads_at_rest);
    write_shape(busy, sizeof(busy), c->processes_busy, c->threads_busy);
    switch (model) {
    case MODEL_ONE_AT_A_TIME:
        snprintf(words, MODEL_TEXT_MAX,
                 "one at a time: serves 1 client, the next waits");
        break;
    case MODEL_POOL:
        snprintf(words, MODEL_TEXT_MAX,
                 "a pool of %d: serves %d clients at once, no more%s%s",
                 c->at_once, c->at_once,
                 c->processes_at_rest == -1 ? "" : "; always ",
                 c->processes_at_rest == -1 ? "" : rest);
        break;
    case MODEL_PROCESS_PER_CLIENT:
    case MODEL_THREAD_PER_CLIENT:
        snprintf(words, MODEL_TEXT_MAX,
                 "one %s a client: %s at rest, %s with %d clients",
                 model == MODEL_PROCESS_PER_CLIENT ? "process" : "thread", rest,
                 busy, c->busy_clients);
        break;
    case MODEL_EVENT_LOOP:
        snprintf(words, MODEL_TEXT_MAX,
                 "an event loop: serves %d clients and more at once with %s%s",
                 c->at_once, busy,
                 c->select_limit ? "; has the limit of select" : "");
        break;
    case MODEL_UNKNOWN:
        snprintf(
            words, MODEL_TEXT_MAX,
            c->at_once == -1
                ? "unknown: its capacity was not looked at"
                : "serves %d clients and more at once: an event loop, or a "
                  "process or thread a client",
            c->at_once);
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

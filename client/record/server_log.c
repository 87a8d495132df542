#include "client/record/server_log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define LINE_LEN    512
#define PORT_MAX    65535
#define UNKNOWN     (-1)
#define SECONDS_MAX 1e6 /* no run takes longer */

/* A line of the log. */
struct event {
    int64_t ns; /* since the server's start */
    int worker; /* process or thread */
    char verb[16];
    const char *rest; /* key=value ... */
};

/* A client as the server numbers it. */
struct connection {
    int client; /* its index in the record, or UNKNOWN */
    int served; /* messages whose service has ended */
    bool in_service;
};

struct reading {
    struct record *record;
    int by_port[PORT_MAX + 1]; /* the next client with this port, or UNKNOWN */
    int *next;                 /* of each client, the next with its port */
    struct connection *connections; /* by the server's number */
    size_t connection_count;
    int in_service; /* now */
    int children;   /* that exist now */
    bool any;       /* a service of the record was found */
    /* The server started between these two times of the record. */
    int64_t earliest_ns;
    int64_t latest_ns;
    bool no_memory;
};

/* Reads "    0.413 12003/12004 message  client=1 bytes=9"; the number behind a
 * slash is the thread. */
static bool
parse(struct event *e, const char *line)
{
    double s;
    int at = 0;

    if (sscanf(line, "%lf %d%n", &s, &e->worker, &at) != 2 ||
        !(s >= 0 && s <= SECONDS_MAX))
        return false;
    line += at;
    if (sscanf(line, "/%d%n", &e->worker, &at) == 1)
        line += at;
    if (sscanf(line, " %15s%n", e->verb, &at) != 1)
        return false;
    e->ns = (int64_t)(s * 1e3 + 0.5) * CLOCK_MS;
    e->rest = line + at;
    return true;
}

/* Returns the connection that an event is about; NULL if it is about none, or
 * if there is not enough memory. */
static struct connection *
find_connection(struct reading *g, const struct event *e)
{
    /* The server counts from 1, and clients that are not ours are few. */
    const long most = 2L * g->record->plan.clients + 1000;
    const char *key = strstr(e->rest, " client=");
    long id = key != NULL ? strtol(key + strlen(" client="), NULL, 10) : -1;
    size_t wanted = 2 * ((size_t)id + 1);
    struct connection *connections;

    if (id < 0 || id >= most)
        return NULL;
    if ((size_t)id < g->connection_count)
        return &g->connections[id];
    connections = realloc(g->connections, wanted * sizeof(*connections));
    if (connections == NULL) {
        g->no_memory = true;
        return NULL;
    }
    for (size_t i = g->connection_count; i < wanted; i++)
        connections[i] = (struct connection){.client = UNKNOWN};
    g->connections = connections;
    g->connection_count = wanted;
    return &g->connections[id];
}

static void
on_accept(struct reading *g, const struct event *e, struct connection *c)
{
    const char *from = strstr(e->rest, " from=");
    const char *colon = from == NULL ? NULL : strrchr(from, ':');
    long port = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);

    if (port <= 0 || port > PORT_MAX || g->by_port[port] == UNKNOWN)
        return;
    c->client = g->by_port[port];
    g->by_port[port] = g->next[c->client];
}

/* The server begins with a message, which was sent before. */
static void
on_message(struct reading *g, const struct event *e, struct connection *c)
{
    struct record *r = g->record;
    struct record_service *s;
    int64_t start_ns;

    if (c->client == UNKNOWN || c->in_service ||
        c->served >= r->clients[c->client].sent)
        return;
    s = record_service(r, c->client, c->served);
    s->began_ns = e->ns;
    s->worker = record_worker(r, e->worker);
    if (s->worker == -1)
        g->no_memory = true;
    c->in_service = true;
    if (++g->in_service > r->served_at_once)
        r->served_at_once = g->in_service;
    start_ns = record_message(r, c->client, c->served)->sent_ns - e->ns;
    if (!g->any || start_ns > g->earliest_ns)
        g->earliest_ns = start_ns;
    g->any = true;
}

/* The server has served a message, which was answered after that. */
static void
on_ack(struct reading *g, const struct event *e, struct connection *c)
{
    struct record *r = g->record;
    int64_t start_ns;

    if (c->client == UNKNOWN || !c->in_service)
        return;
    record_service(r, c->client, c->served)->ended_ns = e->ns;
    c->in_service = false;
    g->in_service--;
    if (c->served < r->clients[c->client].answered) {
        start_ns = record_message(r, c->client, c->served)->answered_ns - e->ns;
        if (start_ns < g->latest_ns)
            g->latest_ns = start_ns;
    }
    c->served++;
}

/* The server refuses a message in its turn, without serving it. */
static void
on_nak(struct reading *g, const struct event *e, struct connection *c)
{
    on_message(g, e, c);
    on_ack(g, e, c);
}

static void
on_close(struct reading *g, const struct event *e, struct connection *c)
{
    (void)e;
    g->in_service -= c->in_service;
    c->in_service = false;
    c->client = UNKNOWN;
}

static void
read_event(struct reading *g, const struct event *e)
{
    static const struct {
        const char *verb;
        void (*read)(struct reading *, const struct event *,
                     struct connection *);
    } verbs[] = {
        {"accept", on_accept}, {"message", on_message}, {"ack", on_ack},
        {"nak", on_nak},       {"close", on_close},
    };
    struct connection *c = find_connection(g, e);

    g->children += strcmp(e->verb, "spawn") == 0;
    g->children -= strcmp(e->verb, "reap") == 0;
    if (g->children > g->record->children)
        g->record->children = g->children;
    for (size_t i = 0; c != NULL && i < sizeof(verbs) / sizeof(*verbs); i++)
        if (strcmp(e->verb, verbs[i].verb) == 0)
            verbs[i].read(g, e, c);
}

static int
compare_ids(const void *a, const void *b)
{
    int x = *(const int *)a;
    int y = *(const int *)b;

    return (x > y) - (x < y);
}

/* Numbers the workers by their ids, which is the order in which they were
 * started, instead of the order in which they first served. */
static void
order_workers(struct reading *g, size_t messages)
{
    struct record *r = g->record;
    size_t count = (size_t)r->worker_count;
    int *sorted = malloc((count + 1) * sizeof(*sorted));

    if (sorted == NULL) {
        g->no_memory = true;
        return;
    }
    memcpy(sorted, r->worker_ids, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_ids);
    for (size_t i = 0; i < messages; i++) {
        int *worker = &r->services[i].worker;
        const int *id;

        if (*worker == -1)
            continue;
        id = bsearch(&r->worker_ids[*worker], sorted, count, sizeof(*sorted),
                     compare_ids);
        *worker = (int)(id - sorted);
    }
    free(r->worker_ids);
    r->worker_ids = sorted;
}

/* Changes the times of all services from the server's clock to the record's. */
static void
move_services(struct reading *g, size_t messages)
{
    int64_t start_ns = g->earliest_ns;

    /* In the middle of what is possible: since the log has whole milliseconds,
     * that is an interval of a millisecond or more. */
    if (g->latest_ns != INT64_MAX)
        start_ns += (g->latest_ns - g->earliest_ns) / 2;
    for (size_t i = 0; i < messages; i++) {
        struct record_service *s = &g->record->services[i];

        if (s->began_ns != RECORD_NEVER)
            s->began_ns += start_ns;
        if (s->ended_ns != RECORD_NEVER)
            s->ended_ns += start_ns;
    }
}

/* Returns a reading that has seen nothing; NULL if there is not enough memory.
 */
static struct reading *
new_reading(struct record *r)
{
    struct reading *g = calloc(1, sizeof(*g));
    int *next = calloc((size_t)r->plan.clients, sizeof(*next));

    if (g == NULL || next == NULL || record_open_services(r) == -1) {
        free(g);
        free(next);
        return NULL;
    }
    g->record = r;
    g->next = next;
    g->latest_ns = INT64_MAX;
    for (int i = 0; i <= PORT_MAX; i++)
        g->by_port[i] = UNKNOWN;
    for (int i = r->plan.clients - 1; i >= 0; i--) {
        next[i] = g->by_port[r->clients[i].port];
        g->by_port[r->clients[i].port] = i;
    }
    return g;
}

int
server_log_read(struct record *r, FILE *log)
{
    size_t messages = (size_t)r->plan.clients * (size_t)r->plan.messages;
    struct reading *g = new_reading(r);
    char line[LINE_LEN];
    struct event e;
    int status;

    if (g == NULL)
        return -1;
    while (!g->no_memory && fgets(line, sizeof(line), log) != NULL)
        if (parse(&e, line))
            read_event(g, &e);
    if (g->any) {
        move_services(g, messages);
        order_workers(g, messages);
    } else {
        record_close_services(r);
    }
    status = g->no_memory ? -1 : 0;
    free(g->connections);
    free(g->next);
    free(g);
    return status;
}

#include "client/record/server_log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/memory.h"
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
    int connection_count;
    int in_service; /* now */
    int children;   /* that exist now */
    /* The server started between these two times of the record. */
    int64_t earliest_ns; /* INT64_MIN: no service of the record was found */
    int64_t latest_ns;
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

/* Returns the connection that an event is about; NULL if it is about none. */
static struct connection *
find_connection(struct reading *g, const struct event *e)
{
    const char *key = strstr(e->rest, " client=");
    long id = key != NULL ? strtol(key + strlen(" client="), NULL, 10) : -1;

    return id >= 0 && id < g->connection_count ? &g->connections[id] : NULL;
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
    record_set_worker(r, s, e->worker);
    c->in_service = true;
    if (++g->in_service > r->served_at_once)
        r->served_at_once = g->in_service;
    start_ns = record_message(r, c->client, c->served)->sent_ns - e->ns;
    if (start_ns > g->earliest_ns)
        g->earliest_ns = start_ns;
}

/* The server has served a message, which was answered after that. */
static void
on_ack(struct reading *g, const struct event *e, struct connection *c)
{
    struct record *r = g->record;
    const struct record_message *m;
    int number = c->served;

    if (c->client == UNKNOWN || !c->in_service)
        return;
    record_service(r, c->client, number)->ended_ns = e->ns;
    m = record_message(r, c->client, number);
    if (number < r->clients[c->client].answered &&
        m->answered_ns - e->ns < g->latest_ns)
        g->latest_ns = m->answered_ns - e->ns;
    c->in_service = false;
    g->in_service--;
    c->served++;
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
        {"accept", on_accept},
        {"message", on_message},
        {"ack", on_ack},
        /* It refuses a message in its turn, without serving it. */
        {"nak", on_message},
        {"nak", on_ack},
        {"close", on_close},
    };
    struct connection *c = find_connection(g, e);

    /* Of a thread that is started or joined, these lines have no pid. */
    if (strstr(e->rest, " pid=") != NULL) {
        g->children += strcmp(e->verb, "spawn") == 0;
        g->children -= strcmp(e->verb, "reap") == 0;
    }
    if (g->children > g->record->children)
        g->record->children = g->children;
    for (size_t i = 0; c != NULL && i < sizeof(verbs) / sizeof(*verbs); i++)
        if (strcmp(e->verb, verbs[i].verb) == 0)
            verbs[i].read(g, e, c);
}

/* Changes the times of all services from the server's clock to the record's. */
static void
move_services(const struct reading *g)
{
    const struct record *r = g->record;
    int64_t start_ns = g->earliest_ns;

    /* In the middle of what is possible: since the log has whole milliseconds,
     * that is an interval of a millisecond or more. */
    if (g->latest_ns != INT64_MAX)
        start_ns += (g->latest_ns - g->earliest_ns) / 2;
    g->record->log_start_ns = start_ns;
    for (int i = 0; i < r->plan.clients; i++)
        for (int j = 0; j < r->plan.messages; j++) {
            struct record_service *s = record_service(r, i, j);

            if (s->began_ns != RECORD_NEVER)
                s->began_ns += start_ns;
            if (s->ended_ns != RECORD_NEVER)
                s->ended_ns += start_ns;
        }
}

/* Prepares to read: no client is connected yet. */
static void
begin(struct reading *g, struct record *r)
{
    int clients = r->plan.clients;

    *g = (struct reading){
        .record = r,
        /* The server counts from 1, and clients that are not ours are few. */
        .connection_count = 2 * clients + 1000,
        .earliest_ns = INT64_MIN,
        .latest_ns = INT64_MAX,
    };
    g->connections =
        memory_get((size_t)g->connection_count, sizeof(*g->connections));
    for (int i = 0; i < g->connection_count; i++)
        g->connections[i].client = UNKNOWN;
    g->next = memory_get((size_t)clients, sizeof(*g->next));
    for (int i = 0; i <= PORT_MAX; i++)
        g->by_port[i] = UNKNOWN;
    for (int i = clients - 1; i >= 0; i--) {
        g->next[i] = g->by_port[r->clients[i].port];
        g->by_port[r->clients[i].port] = i;
    }
}

void
server_log_read(struct record *r, FILE *log)
{
    static struct reading g;
    char line[LINE_LEN];
    struct event e;

    record_open_services(r);
    begin(&g, r);
    while (fgets(line, sizeof(line), log) != NULL)
        if (parse(&e, line))
            read_event(&g, &e);
    if (g.earliest_ns != INT64_MIN)
        move_services(&g);
    else
        record_close_services(r);
    free(g.connections);
    free(g.next);
}

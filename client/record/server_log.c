#include "client/record/server_log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define LINE_LEN    512
#define PORT_MAX    65535
#define NOBODY      (-1)
#define SECONDS_MAX 1e6 /* of a server that is compared */

/* A line of the log. */
struct event {
    int64_t ns; /* since the server's start */
    int worker; /* process or thread */
    char verb[16];
    char *rest; /* key=value ... */
};

/* A client as the server numbers it. */
struct visitor {
    int client; /* its place in the record, or NOBODY */
    int served; /* messages whose service has ended */
    bool in_service;
};

struct reading {
    struct record *record;
    int by_port[PORT_MAX + 1]; /* the next client with that port, or NOBODY */
    int *next;                 /* of each client, the next with its port */
    struct visitor *visitors;  /* by the server's number */
    size_t visitor_count;
    int in_service; /* now */
    int children;   /* that live now */
    /* Where the server's time begins in the record's: between these. */
    int64_t earliest_ns;
    int64_t latest_ns;
    bool any;
    bool no_memory;
};

/* Reads "    0.413 12003/12004 message  client=1 bytes=9"; line is changed. */
static bool
parse(struct event *e, char *line)
{
    int id = 0;
    int thread = 0;
    int at = 0;
    double s;

    if (sscanf(line, "%lf %d%n", &s, &id, &at) != 2 ||
        !(s >= 0 && s <= SECONDS_MAX))
        return false;
    line += at;
    if (sscanf(line, "/%d%n", &thread, &at) == 1) {
        id = thread;
        line += at;
    }
    if (sscanf(line, " %15s%n", e->verb, &at) != 1)
        return false;
    e->ns = (int64_t)(s * 1e3 + 0.5) * CLOCK_MS;
    e->worker = id;
    e->rest = line + at;
    return true;
}

/* Returns the number behind " key=", or -1. */
static long
value(const char *rest, const char *key)
{
    const char *at = strstr(rest, key);

    return at == NULL ? -1 : strtol(at + strlen(key), NULL, 10);
}

/* Returns the visitor with the server's number id, NULL if that is none, or if
 * there is not the memory. */
static struct visitor *
visitor(struct reading *g, long id)
{
    /* Numbers are given out from 1 on, and other clients than ours are few. */
    size_t most = 2 * (size_t)g->record->plan.clients + 1000;
    size_t wanted = (size_t)id + 1;
    struct visitor *visitors;

    if (id < 0 || wanted > most)
        return NULL;
    if (wanted > g->visitor_count) {
        wanted *= 2;
        visitors = realloc(g->visitors, wanted * sizeof(*visitors));
        if (visitors == NULL) {
            g->no_memory = true;
            return NULL;
        }
        for (size_t i = g->visitor_count; i < wanted; i++)
            visitors[i] = (struct visitor){.client = NOBODY};
        g->visitors = visitors;
        g->visitor_count = wanted;
    }
    return &g->visitors[id];
}

static void
arrived(struct reading *g, const struct event *e, struct visitor *v)
{
    const char *from = strstr(e->rest, " from=");
    const char *colon = from == NULL ? NULL : strrchr(from, ':');
    long port = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);

    if (port <= 0 || port > PORT_MAX || g->by_port[port] == NOBODY)
        return;
    v->client = g->by_port[port];
    g->by_port[port] = g->next[v->client];
}

/* The server began with a message: not before it was sent. */
static void
began(struct reading *g, const struct event *e, struct visitor *v)
{
    struct record *r = g->record;
    struct record_service *s;
    int64_t begin_ns;

    if (v->client == NOBODY || v->in_service ||
        v->served >= r->clients[v->client].sent)
        return;
    s = record_service(r, v->client, v->served);
    s->began_ns = e->ns;
    s->worker = record_worker(r, e->worker);
    if (s->worker == -1)
        g->no_memory = true;
    v->in_service = true;
    if (++g->in_service > r->served_at_once)
        r->served_at_once = g->in_service;
    begin_ns = record_message(r, v->client, v->served)->sent_ns - e->ns;
    if (!g->any || begin_ns > g->earliest_ns)
        g->earliest_ns = begin_ns;
    if (!g->any)
        g->latest_ns = INT64_MAX;
    g->any = true;
}

/* The server is done with a message: its answer came after that. */
static void
ended(struct reading *g, const struct event *e, struct visitor *v)
{
    struct record *r = g->record;
    int64_t end_ns;

    if (v->client == NOBODY || !v->in_service)
        return;
    record_service(r, v->client, v->served)->ended_ns = e->ns;
    v->in_service = false;
    g->in_service--;
    if (v->served < r->clients[v->client].answered) {
        end_ns = record_message(r, v->client, v->served)->answered_ns - e->ns;
        if (end_ns < g->latest_ns)
            g->latest_ns = end_ns;
    }
    v->served++;
}

static void
left(struct reading *g, struct visitor *v)
{
    if (v->in_service)
        g->in_service--;
    v->in_service = false;
    v->client = NOBODY;
}

/* A message that is refused is answered in its turn, without work. */
static void
refused(struct reading *g, const struct event *e, struct visitor *v)
{
    began(g, e, v);
    ended(g, e, v);
}

/* The server has started, or reaped, a child. */
static void
count_child(struct reading *g, int change)
{
    g->children += change;
    if (g->children > g->record->children)
        g->record->children = g->children;
}

static void
take(struct reading *g, const struct event *e)
{
    struct visitor *v;

    if (strcmp(e->verb, "spawn") == 0)
        count_child(g, 1);
    if (strcmp(e->verb, "reap") == 0)
        count_child(g, -1);
    v = visitor(g, value(e->rest, " client="));
    if (v == NULL)
        return;
    if (strcmp(e->verb, "accept") == 0)
        arrived(g, e, v);
    else if (strcmp(e->verb, "message") == 0)
        began(g, e, v);
    else if (strcmp(e->verb, "ack") == 0)
        ended(g, e, v);
    else if (strcmp(e->verb, "nak") == 0)
        refused(g, e, v);
    else if (strcmp(e->verb, "close") == 0)
        left(g, v);
}

static int
compare_ids(const void *a, const void *b)
{
    int x = *(const int *)a;
    int y = *(const int *)b;

    return (x > y) - (x < y);
}

/* Numbers the workers in the order in which they were started, which is that of
 * their ids, and not in that in which they first served. */
static void
order_workers(struct reading *g)
{
    struct record *r = g->record;
    size_t messages = (size_t)r->plan.clients * (size_t)r->plan.messages;
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
        const int *place;

        if (*worker == -1)
            continue;
        place = bsearch(&r->worker_ids[*worker], sorted, count, sizeof(*sorted),
                        compare_ids);
        *worker = (int)(place - sorted);
    }
    free(r->worker_ids);
    r->worker_ids = sorted;
}

/* Moves all services from the server's time to the record's. */
static void
move_services(struct reading *g)
{
    struct record *r = g->record;
    size_t messages = (size_t)r->plan.clients * (size_t)r->plan.messages;
    int64_t begin_ns = g->earliest_ns;

    /* In the middle of what is possible, which whole milliseconds make an
     * interval of one at least. */
    if (g->latest_ns != INT64_MAX)
        begin_ns += (g->latest_ns - g->earliest_ns) / 2;
    for (size_t i = 0; i < messages; i++) {
        struct record_service *s = &r->services[i];

        if (s->began_ns != RECORD_NEVER)
            s->began_ns += begin_ns;
        if (s->ended_ns != RECORD_NEVER)
            s->ended_ns += begin_ns;
    }
}

static void
read_lines(struct reading *g, FILE *log)
{
    char line[LINE_LEN];
    struct event e;

    while (!g->no_memory && fgets(line, sizeof(line), log) != NULL)
        if (parse(&e, line))
            take(g, &e);
}

int
server_log_read(struct record *r, FILE *log)
{
    struct reading *g = calloc(1, sizeof(*g));
    bool no_memory;

    if (g != NULL)
        g->next = calloc((size_t)r->plan.clients, sizeof(*g->next));
    if (g == NULL || g->next == NULL || record_open_services(r) == -1) {
        free(g == NULL ? NULL : g->next);
        free(g);
        return -1;
    }
    g->record = r;
    for (int i = 0; i <= PORT_MAX; i++)
        g->by_port[i] = NOBODY;
    for (int i = r->plan.clients - 1; i >= 0; i--) {
        g->next[i] = g->by_port[r->clients[i].port];
        g->by_port[r->clients[i].port] = i;
    }
    read_lines(g, log);
    if (g->any) {
        move_services(g);
        order_workers(g);
    } else {
        record_close_services(r);
    }
    no_memory = g->no_memory;
    free(g->visitors);
    free(g->next);
    free(g);
    return no_memory ? -1 : 0;
}

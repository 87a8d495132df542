#include "client/inside/sampler.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/inside/sockets.h"
#include "common/clock.h"

#define PAUSE_NS     (20 * CLOCK_MS)  /* between two samples */
#define SHARE        100              /* a sample takes this part of a pause */
#define MEAN         8                /* samples */
#define OVERFLOWS_NS (500 * CLOCK_MS) /* asking costs as much as a sample */

/* Finds the addresses that a connection to the server has at both ends, which
 * depends on the routes of this machine.  A UDP socket finds them without
 * sending anything. */
static void
find_addresses(const struct address *to, struct sockaddr_storage *server,
               struct sockaddr_storage *client)
{
    int fd = socket(to->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t server_len = sizeof(*server);
    socklen_t client_len = sizeof(*client);

    *server = *client = to->to;
    if (fd == -1)
        return;
    if (connect(fd, (const struct sockaddr *)&to->to, to->to_len) == 0) {
        (void)getpeername(fd, (struct sockaddr *)server, &server_len);
        (void)getsockname(fd, (struct sockaddr *)client, &client_len);
    }
    close(fd);
}

void
sampler_open(struct sampler *s, struct recording *recording,
             const struct address *to, pid_t pid, int log_fd)
{
    struct sockaddr_storage server;
    struct kernel_queue queue;

    memset(s, 0, sizeof(*s));
    s->recording = recording;
    s->sample.clients = s->clients;
    s->sample.tasks = s->list;
    find_addresses(to, &server, &s->client);
    if (!kernel_open(&s->kernel, &server)) {
        kernel_close(&s->kernel);
        recording->lacks |= RECORDING_QUEUES;
    }
    if (pid == 0 && kernel_ask_queue(&s->kernel, &queue))
        pid = sockets_holder(queue.inode);
    if (pid == 0)
        recording->lacks |= RECORDING_TASKS;
    tasks_open(&s->tasks, pid);
    assignment_open(&s->assignment, recording->clients, log_fd);
    s->overflows_before = sockets_overflows();
}

void
sampler_close(struct sampler *s)
{
    kernel_close(&s->kernel);
    tasks_close(&s->tasks);
}

/* --- clients ---------------------------------------------------------------
 */

static struct kernel_connection
ask(struct sampler *s, int port)
{
    if (s->client.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&s->client)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)&s->client)->sin_port = htons((uint16_t)port);
    return kernel_ask(&s->kernel, &s->client);
}

static enum sample_place
place_of(const struct record_client *c, enum kernel_place place)
{
    switch (place) {
    case KERNEL_NOWHERE:
        /* Nothing is left, or nothing was ever there. */
        return c->answered > 0 ? SAMPLE_CLOSED : SAMPLE_LOST;
    case KERNEL_HALF_OPEN:
        return SAMPLE_HALF_OPEN;
    case KERNEL_QUEUED:
        return SAMPLE_QUEUED;
    case KERNEL_UNREAD:
        return SAMPLE_UNREAD;
    case KERNEL_READ:
        return SAMPLE_READ;
    case KERNEL_CLOSED:
        return SAMPLE_CLOSED;
    default:
        return SAMPLE_CONNECTED;
    }
}

static enum sample_wish
wish_of(const struct record_client *c, const struct plan *plan)
{
    if (c->answered == plan->messages || plan->manner == PLAN_SILENT)
        return SAMPLE_END;
    if (c->sent == c->answered && c->sent > 0 && plan->think_ns > 0)
        return SAMPLE_PAUSE;
    return SAMPLE_ANSWER;
}

static struct sample_client
look_at_client(struct sampler *s, const struct record *r, int client)
{
    const struct record_client *c = &r->clients[client];
    struct kernel_connection there;
    struct sample_client seen = {.place = SAMPLE_ABSENT};
    unsigned inode = 0;

    if (c->ended_ns != RECORD_NEVER) {
        seen.place =
            c->end.outcome == RECORD_FAILED ? SAMPLE_FAILED : SAMPLE_ENDED;
    } else if (c->connected_ns != RECORD_NEVER) {
        there = ask(s, c->port);
        seen.place = place_of(c, there.place);
        seen.unread = there.unread;
        seen.wish = wish_of(c, &r->plan);
        seen.message = seen.wish == SAMPLE_ANSWER ? c->answered + 1 : 0;
        inode = there.inode;
    } else if (c->started_ns != RECORD_NEVER) {
        seen.place = SAMPLE_CONNECTING;
        seen.wish = SAMPLE_CONNECTION;
    }
    assignment_set_inode(&s->assignment, client, inode);
    return seen;
}

/* --- tasks -----------------------------------------------------------------
 */

static int
name_task(struct sampler *s, const struct task *t)
{
    char name[RECORDING_NAME_MAX];

    if (t->tid == s->tasks.pid)
        snprintf(name, sizeof(name), "server");
    else if (t->tid == t->pid)
        snprintf(name, sizeof(name), "child %d", ++s->children);
    else
        snprintf(name, sizeof(name), "thread %d", ++s->threads);
    return recording_add_row(s->recording, t->pid, t->tid, name);
}

static void
look_at_tasks(struct sampler *s, bool renew)
{
    struct sample *sample = &s->sample;

    tasks_look(&s->tasks, sample->at_ns, renew);
    if (s->tasks.hides_calls)
        s->recording->lacks |= RECORDING_CALLS;
    sample->task_count = 0;
    for (int i = 0; i < s->tasks.count; i++) {
        struct task *t = &s->tasks.list[i];
        struct sample_task *seen = &s->list[sample->task_count];

        if (t->row == -1)
            t->row = name_task(s, t);
        if (t->row == SAMPLE_NOBODY)
            continue;
        *seen = (struct sample_task){
            .row = t->row,
            .kind = t->kind,
            .call = recording_call(s->recording, t->call),
            .fd = t->fd,
            .since_ns = t->since_ns,
            .cpu_ns = t->cpu_ns,
        };
        seen->client =
            assignment_client(&s->assignment, &s->tasks, t, &seen->inferred);
        sample->task_count++;
    }
}

static void
mark(struct sampler *s, int client)
{
    struct sample_client *c = &s->clients[client];

    if (c->place == SAMPLE_READ && c->wish == SAMPLE_ANSWER)
        c->place = SAMPLE_SERVED;
}

/* A client whose message has been read is served if the log says so, or if a
 * task works for it. */
static void
mark_served(struct sampler *s)
{
    for (int i = 0; i < s->recording->clients; i++)
        if (s->assignment.clients[i].worker != 0)
            mark(s, i);
    for (int i = 0; i < s->sample.task_count; i++) {
        const struct sample_task *t = &s->list[i];

        if (t->client != SAMPLE_NOBODY && !t->inferred &&
            t->kind != SAMPLE_RECEIVES)
            mark(s, t->client);
    }
}

/* Returns whether more clients were seen in the accept queue than it held. */
static bool
too_many_queued(const struct sampler *s)
{
    int queued = 0;

    for (int i = 0; i < s->recording->clients; i++)
        queued += s->clients[i].place == SAMPLE_QUEUED;
    return s->sample.queue != SAMPLE_UNKNOWN && queued > s->sample.queue;
}

/* --- the whole -------------------------------------------------------------
 */

static int64_t
count_overflows(struct sampler *s)
{
    if (s->sample.at_ns >= s->overflows_ns) {
        s->overflows = sockets_overflows();
        s->overflows_ns = s->sample.at_ns + OVERFLOWS_NS;
    }
    if (s->overflows == SAMPLE_UNKNOWN || s->overflows_before == SAMPLE_UNKNOWN)
        return SAMPLE_UNKNOWN;
    return s->overflows - s->overflows_before;
}

int64_t
sampler_take(struct sampler *s, const struct record *r, int64_t now_ns)
{
    int64_t used_ns = clock_used();
    struct sample *sample = &s->sample;
    struct kernel_queue queue = {.length = SAMPLE_UNKNOWN,
                                 .limit = SAMPLE_UNKNOWN};
    int changes = s->assignment.changes;

    sample->at_ns = now_ns - now_ns % CLOCK_US; /* as in a file */
    (void)kernel_ask_queue(&s->kernel, &queue);
    if (queue.listeners > s->recording->listeners)
        s->recording->listeners = queue.listeners;
    sample->queue = queue.length;
    sample->room = queue.limit + (queue.limit != SAMPLE_UNKNOWN);
    for (int i = 0; i < s->recording->clients; i++)
        s->clients[i] = look_at_client(s, r, i);
    assignment_read_log(&s->assignment, r);
    look_at_tasks(s, s->assignment.changes != changes);
    mark_served(s);
    (void)kernel_ask_queue(&s->kernel, &queue);
    sample->torn = queue.length != sample->queue || too_many_queued(s);
    sample->overflows = count_overflows(s);
    recording_add(s->recording, sample);

    used_ns = clock_used() - used_ns;
    s->cost_ns += (used_ns - s->cost_ns) / MEAN;
    return s->cost_ns * SHARE > PAUSE_NS ? s->cost_ns * SHARE : PAUSE_NS;
}

#include "client/compare/trial_run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/target/command.h"
#include "client/target/process_tree.h"
#include "client/record/server_log.h"
#include "client/target/server_process.h"
#include "client/draw/fault.h"
#include "client/play/run.h"
#include "client/draw/text.h"
#include "client/play/observer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

/* The family is looked at so often, and rarer where it is so large that the
 * looking would cost more than one part in LOOK_SHARE of the time. */
#define LOOK_NS    (10 * CLOCK_MS)
#define LOOK_SHARE 10
#define DYING_NS   (100 * CLOCK_MS) /* after its clients have seen it die */
#define LOG_MAX    (1024 * 1024)    /* bytes of a log that are kept */

/* The reason why a server did not start is that of the failure. */
_Static_assert(SERVER_PROCESS_WHY_MAX == TRIAL_FAILURE_MAX,
               "one holds the other");

/* Who looks while the clients play. */
struct lookout {
    struct observer watcher;
    struct progress *progress;
    struct cost *cost;
    pid_t pid;
};

static void
raise_to(int64_t *most, int64_t value)
{
    if (value != -1 && (*most == TRIAL_UNKNOWN || value > *most))
        *most = value;
}

static void
look(struct lookout *l)
{
    int64_t began_ns = clock_now();
    struct process_size f = process_tree_size(l->pid);

    raise_to(&l->cost->processes, f.processes);
    raise_to(&l->cost->threads, f.threads);
    raise_to(&l->cost->peak_bytes, f.memory);
    l->watcher.tick_ns = (clock_now() - began_ns) * LOOK_SHARE;
    if (l->watcher.tick_ns < LOOK_NS)
        l->watcher.tick_ns = LOOK_NS;
}

static void
look_out(void *context, const struct record *r, int64_t now_ns)
{
    struct lookout *l = context;

    look(l);
    progress_show(l->progress, r, now_ns);
}

/* Returns what was used between two moments; unknown if one is. */
static int64_t
used(int64_t after, int64_t before)
{
    return before == -1 || after < before ? TRIAL_UNKNOWN : after - before;
}

static void
write_cost(struct cost *cost, const struct server_process_end *end,
           const struct process_use *before, const struct record *r)
{
    int64_t family = 1 + r->children;

    cost->cpu_ns = used(end->use.cpu_ns, before->cpu_ns);
    cost->voluntary = used(end->use.voluntary, before->voluntary);
    cost->involuntary = used(end->use.involuntary, before->involuntary);
    /* A family that grew and went between two looks: its log knows how large it
     * was, and nobody how much memory it had. */
    if (cost->processes != TRIAL_UNKNOWN && cost->processes < family) {
        if (cost->processes * 10 < family * 9)
            cost->peak_bytes = TRIAL_UNKNOWN;
        cost->processes = family;
    }
}

/* Says which client failed first, and how many others did. */
static void
blame_client(struct trial *t)
{
    const struct record *r = &t->record;
    char fault[FAULT_WORDS_MAX];
    int client = 0;
    int others = t->figures.failed - 1;

    while (r->clients[client].outcome != RECORD_FAILED)
        client++;
    fault_of_client(fault, r, client);
    if (others == 0)
        snprintf(t->failure, sizeof(t->failure), "client %d: %.100s",
                 client + 1, fault);
    else
        snprintf(t->failure, sizeof(t->failure),
                 "client %d: %.100s; %d other client%s failed", client + 1,
                 fault, others, text_plural(others));
}

/* Finds out whether the run was whole, and says why not. */
static void
conclude(struct trial *t, const struct server_process_end *end)
{
    const struct plan *plan = &t->record.plan;
    char status[32];
    char time[TEXT_TIME_MAX];

    server_process_status(status, sizeof(status), end->status);
    text_time(time, t->record.ended_ns);
    if (t->record.end == RECORD_INTERRUPTED)
        snprintf(t->failure, sizeof(t->failure), "interrupted after %s", time);
    else if (end->by_itself && t->figures.failed > 0)
        snprintf(t->failure, sizeof(t->failure),
                 "ended after %" PRId64 " of %" PRId64 " answers: %s",
                 t->figures.acks + t->figures.naks,
                 (int64_t)plan->clients * plan->messages, status);
    else if (t->figures.failed > 0)
        blame_client(t);
    else if (end->by_itself)
        snprintf(t->remark, sizeof(t->remark),
                 "ended without being asked to: %s", status);
    else if (!end->killed && end->status != 0 && end->status != SIGTERM)
        snprintf(t->remark, sizeof(t->remark), "when asked to end: %s", status);
    else if (end->killed)
        snprintf(t->remark, sizeof(t->remark),
                 "did not end within %d s of SIGTERM, and was killed",
                 (int)(SERVER_PROCESS_STOP_NS / CLOCK_S));
}

/* Returns the beginning of the log as text, to be freed; NULL if there is not
 * the memory, which is no reason to lose all else. */
static char *
keep_log(FILE *log)
{
    size_t size = LOG_MAX;
    char *text;

    if (fseek(log, 0, SEEK_END) == 0 && ftell(log) >= 0 &&
        ftell(log) < (long)size)
        size = (size_t)ftell(log);
    rewind(log);
    text = malloc(size + 1);
    if (text == NULL)
        return NULL;
    size = fread(text, 1, size, log);
    text[size] = '\0';
    for (char *nul = text;
         (nul = memchr(nul, '\0', size - (size_t)(nul - text))) != NULL;)
        *nul = '?';
    return text;
}

static bool
has_failures(const struct record *r)
{
    for (int i = 0; i < r->plan.clients; i++)
        if (r->clients[i].outcome == RECORD_FAILED)
            return true;
    return false;
}

static void
play_clients(struct trial *t, const struct server_process *server,
             const struct trial_run *play)
{
    struct lookout lookout = {
        .progress = play->progress,
        .cost = &t->cost,
        .pid = server->pid,
    };
    struct sockaddr_storage to;
    socklen_t to_len = net_resolve(server->address, server->port, &to);

    lookout.watcher.context = &lookout;
    lookout.watcher.tick = look_out;
    look(&lookout);
    run_play(&t->record, &to, to_len, &lookout.watcher, play->stop_fd);
    look(&lookout);
}

void
trial_run_play(struct trial *t, const char *text, const struct trial_run *play)
{
    struct server_process server;
    struct server_process_end end;
    struct process_use before;
    int64_t began_ns = clock_now();

    t->cost = (struct cost){
        TRIAL_UNKNOWN, TRIAL_UNKNOWN, TRIAL_UNKNOWN, TRIAL_UNKNOWN,
        TRIAL_UNKNOWN, TRIAL_UNKNOWN, TRIAL_UNKNOWN,
    };
    t->predicted_ns = RECORD_NEVER;
    if (record_open(&t->record, &play->plan) == -1)
        die("memory for the record");
    progress_next(play->progress, t->label);
    if (server_process_start(&server, text, play->delay, play->cpu,
                             play->stop_fd, t->failure) == 0) {
        before = process_tree_use(server.pid);
        play_clients(t, &server, play);
        if (has_failures(&t->record))
            (void)server_process_await_end(&server, DYING_NS);
        end = server_process_stop(&server, t->record.end == RECORD_INTERRUPTED
                                               ? SERVER_PROCESS_HURRY_NS
                                               : SERVER_PROCESS_STOP_NS);
        rewind(server.log);
        if (server_log_read(&t->record, server.log) == -1)
            die("memory for the log");
        write_cost(&t->cost, &end, &before, &t->record);
        if (trial_conclude(t, &play->work, play->cores) == -1)
            die("memory for the figures");
        conclude(t, &end);
    } else {
        t->record.ended_ns = 0;
    }
    if (server.words != NULL)
        t->command = command_line(server.words);
    if (server.log != NULL)
        t->log = keep_log(server.log);
    server_process_close(&server);
    progress_done(play->progress, clock_now() - began_ns);
}

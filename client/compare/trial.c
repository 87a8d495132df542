#include "client/compare/trial.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/compare/prediction.h"
#include "client/draw/fault.h"
#include "client/draw/text.h"
#include "client/play/observer.h"
#include "client/play/run.h"
#include "client/record/server_log.h"
#include "client/target/command.h"
#include "client/target/process_tree.h"
#include "client/target/server_process.h"
#include "common/clock.h"

/* The size of the server is measured every LOOK_NS; less often if there are so
 * many processes that it would take more than one part in LOOK_SHARE of the
 * time. */
#define LOOK_NS    (10 * CLOCK_MS)
#define LOOK_SHARE 10

#define DYING_NS (100 * CLOCK_MS) /* from a client's failure to a crash */
#define LOG_MAX  (1024 * 1024)    /* bytes of a log that are kept */

/* A server that does not start gives its reason as the failure. */
_Static_assert(SERVER_PROCESS_WHY_MAX == TRIAL_FAILURE_MAX,
               "one holds the other");

/* Measures the server while the clients talk to it. */
struct meter {
    struct observer observer;
    struct progress *progress;
    struct trial_cost *cost;
    pid_t pid;
};

static void
raise_to(int64_t *most, int64_t value)
{
    if (value != -1 && (*most == TRIAL_UNKNOWN || value > *most))
        *most = value;
}

static void
measure(struct meter *m)
{
    int64_t began_ns = clock_now();
    struct process_size size = process_tree_size(m->pid);

    raise_to(&m->cost->processes, size.processes);
    raise_to(&m->cost->threads, size.threads);
    raise_to(&m->cost->peak_bytes, size.memory);
    m->observer.tick_ns = (clock_now() - began_ns) * LOOK_SHARE;
    if (m->observer.tick_ns < LOOK_NS)
        m->observer.tick_ns = LOOK_NS;
}

static void
tick(void *context, const struct record *r, int64_t now_ns)
{
    struct meter *m = context;

    measure(m);
    progress_show(m->progress, r, now_ns);
}

static void
play_clients(struct trial *t, const struct server_process *server,
             const struct trial_setup *setup)
{
    struct meter meter = {
        .observer = {.context = &meter, .tick = tick},
        .progress = setup->progress,
        .cost = &t->cost,
        .pid = server->pid,
    };

    measure(&meter);
    run_play(&t->record, &server->to, &meter.observer, setup->stop_fd);
    measure(&meter);
}

/* Returns what was used between two moments. */
static int64_t
used(int64_t after, int64_t before)
{
    return before == -1 || after < before ? TRIAL_UNKNOWN : after - before;
}

static void
write_cost(struct trial_cost *cost, const struct process_use *after,
           const struct process_use *before, const struct record *r)
{
    int64_t logged = 1 + r->children;

    cost->cpu_ns = used(after->cpu_ns, before->cpu_ns);
    cost->voluntary = used(after->voluntary, before->voluntary);
    cost->involuntary = used(after->involuntary, before->involuntary);
    /* If processes came and went between two measurements, the log knows how
     * many they were, but not how much memory they had. */
    if (cost->processes != TRIAL_UNKNOWN && cost->processes < logged) {
        if (cost->processes * 10 < logged * 9)
            cost->peak_bytes = TRIAL_UNKNOWN;
        cost->processes = logged;
    }
}

/* Returns the first client that failed, counted from 0; -1: none. */
static int
first_failed(const struct record *r)
{
    for (int i = 0; i < r->plan.clients; i++)
        if (r->clients[i].end.outcome == RECORD_FAILED)
            return i;
    return -1;
}

/* Writes what went wrong with the first client that failed, and how many others
 * failed. */
static void
blame_client(struct trial *t)
{
    int client = first_failed(&t->record);
    int others = t->figures.failed - 1;
    char fault[FAULT_WORDS_MAX];
    int len;

    fault_of_client(fault, &t->record, client);
    len = text_print(t->failure, sizeof(t->failure), "client %d: %s",
                     client + 1, fault);
    if (others > 0)
        text_print(t->failure + len, sizeof(t->failure) - (size_t)len,
                   "; %d other client%s failed", others, text_plural(others));
}

/* Writes why the run is not whole, or what else went wrong. */
static void
write_failure(struct trial *t, const struct server_process_end *end)
{
    const struct plan *plan = &t->record.plan;
    char status[32];

    server_process_status(status, sizeof(status), end->status);
    if (t->record.end == RECORD_INTERRUPTED)
        snprintf(t->failure, sizeof(t->failure), "interrupted after %s",
                 TEXT_TIME(t->record.ended_ns));
    else if (end->by_itself && t->figures.failed > 0)
        snprintf(t->failure, sizeof(t->failure),
                 "ended after %" PRId64 " of %" PRId64 " answers: %s",
                 t->figures.acks + t->figures.naks,
                 (int64_t)plan->clients * plan->messages, status);
    else if (t->figures.failed > 0)
        blame_client(t);
    else if (end->by_itself)
        snprintf(t->remark, sizeof(t->remark), "ended before SIGTERM: %s",
                 status);
    else if (end->killed)
        snprintf(t->remark, sizeof(t->remark),
                 "did not end within %d s of SIGTERM, and was killed",
                 (int)(SERVER_PROCESS_STOP_NS / CLOCK_S));
    else if (end->status != 0 && end->status != SIGTERM)
        snprintf(t->remark, sizeof(t->remark), "ended after SIGTERM: %s",
                 status);
}

/* Returns the first LOG_MAX bytes of the log as text, which the caller frees;
 * NULL if there is not enough memory, because the run is worth more. */
static char *
read_log(FILE *log)
{
    char *text = malloc(LOG_MAX + 1);
    size_t size;
    char *shorter;

    if (text == NULL)
        return NULL;
    rewind(log);
    size = fread(text, 1, LOG_MAX, log);
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0')
            text[i] = '?';
    text[size] = '\0';
    shorter = realloc(text, size + 1);
    return shorter != NULL ? shorter : text;
}

void
trial_conclude(struct trial *t, const struct trial_work *work, double cores)
{
    t->figures = figures_compute(&t->record);
    prediction_compute(t, work, cores);
}

/* What the machine had done at some moment. */
struct machine {
    int64_t ns;     /* of the monotonic clock */
    int64_t all_ns; /* CPU time of all programs; -1: not known */
    int64_t own_ns; /* CPU time of this program */
};

static struct machine
look_at_machine(void)
{
    return (struct machine){clock_now(), process_all_cpu(), clock_used()};
}

/* Returns how many thousandths of a core programs have used since then that are
 * neither this program nor the server, which used server_ns. */
static int64_t
used_by_others(const struct machine *then, int64_t server_ns)
{
    struct machine now = look_at_machine();
    int64_t others_ns =
        now.all_ns - then->all_ns - (now.own_ns - then->own_ns) - server_ns;

    if (then->all_ns == -1 || now.all_ns == -1 || server_ns == TRIAL_UNKNOWN)
        return TRIAL_UNKNOWN;
    return others_ns > 0 ? others_ns * 1000 / (now.ns - then->ns) : 0;
}

/* Lets the clients talk to the server, which has been started, and stops it. */
static void
run_clients(struct trial *t, struct server_process *server,
            const struct trial_setup *setup)
{
    struct process_use before = process_tree_use(server->pid);
    struct server_process_end end;
    struct machine machine = look_at_machine();
    char stopped[PROCESS_TREE_STOPPED_MAX];
    size_t len;

    play_clients(t, server, setup);
    (void)process_tree_stopped(stopped, server->pid);
    if (first_failed(&t->record) != -1)
        (void)server_process_await_end(server, DYING_NS);
    end = server_process_stop(server, t->record.end == RECORD_INTERRUPTED
                                          ? SERVER_PROCESS_HURRY_NS
                                          : SERVER_PROCESS_STOP_NS);
    rewind(server->log);
    server_log_read(&t->record, server->log);
    write_cost(&t->cost, &end.use, &before, &t->record);
    t->cost.others = used_by_others(&machine, t->cost.cpu_ns);
    trial_conclude(t, &setup->work, setup->cores.time);
    write_failure(t, &end);
    len = strlen(t->failure);
    if (len > 0)
        text_print(t->failure + len, sizeof(t->failure) - len, "%s", stopped);
}

void
trial_run(struct trial *t, const char *text, const struct trial_setup *setup)
{
    struct server_process server;

    t->cost = (struct trial_cost){
        TRIAL_UNKNOWN,
        TRIAL_UNKNOWN,
        0,
        TRIAL_UNKNOWN,
        TRIAL_UNKNOWN,
        TRIAL_UNKNOWN,
        TRIAL_UNKNOWN,
        TRIAL_UNKNOWN,
        0,
        0,
        TRIAL_UNKNOWN,
    };
    t->predicted_ns = RECORD_NEVER;
    record_open(&t->record, &setup->plan);
    progress_next(setup->progress, t->label);
    if (server_process_start(&server, text, setup->delay, setup->cpu,
                             setup->stop_fd, t->failure) == 0)
        run_clients(t, &server, setup);
    else
        t->record.ended_ns = 0;
    if (server.words != NULL)
        t->command = command_text(server.words);
    if (server.log != NULL)
        t->log = read_log(server.log);
    server_process_close(&server);
    progress_done(setup->progress);
}

/* Returns how far the CPU time of a run was from the median, at most. */
static int64_t
differs_by(const struct trial *t)
{
    int64_t less_ns = t->cost.cpu_ns - t->cost.cpu_least_ns;
    int64_t more_ns = t->cost.cpu_most_ns - t->cost.cpu_ns;

    return less_ns > more_ns ? less_ns : more_ns;
}

void
trial_subtract_baseline(struct trial *trials, int count,
                        const struct trial_work *work)
{
    const struct trial *baseline = NULL;

    for (int i = 0; i < count && baseline == NULL; i++)
        if (trials[i].serves_one_at_a_time && *trials[i].failure == '\0' &&
            trials[i].cost.cpu_ns != TRIAL_UNKNOWN)
            baseline = &trials[i];
    for (int i = 0; i < count; i++) {
        struct trial *t = &trials[i];
        const struct plan *plan = &t->record.plan;
        int64_t work_ns = plan->messages * work->cpu_ns;
        int64_t rest_ns;

        t->cost.own_cpu_ns = TRIAL_UNKNOWN;
        if (baseline == NULL || t == baseline ||
            t->cost.cpu_ns == TRIAL_UNKNOWN)
            continue;
        t->cost.own_cpu_ns =
            (t->cost.cpu_ns - baseline->cost.cpu_ns) / plan->clients;
        t->cost.noise_ns =
            (differs_by(t) + differs_by(baseline)) / plan->clients;
        if (t->runs > 1)
            continue;
        rest_ns = baseline->cost.cpu_ns / plan->clients - work_ns;
        t->cost.noise_ns = work_ns / TRIAL_NOISE + (rest_ns > 0 ? rest_ns : 0);
    }
}

void
trial_close(struct trial *t)
{
    free(t->label);
    free(t->command);
    free(t->log);
    record_close(&t->record);
}

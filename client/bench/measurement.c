#include "client/bench/measurement.h"

#include <stdio.h>

#include "client/draw/fault.h"
#include "client/draw/text.h"
#include "client/play/load.h"
#include "client/target/process_tree.h"
#include "client/target/server_process.h"

/* A server that does not start gives its reason as that of the costs. */
_Static_assert(SERVER_PROCESS_WHY_MAX == COSTS_WHY_MAX, "one holds the other");

#define NO_WORK "0" /* the server does nothing but what its model needs */

/* The server, and what it had used when measuring began and ended. */
struct meter {
    struct server_process server;
    int64_t before_ns;
    int64_t after_ns;
};

static bool
is_complete(const struct load *l)
{
    return l->failed == 0 && l->unanswered == 0;
}

/* A load in which clients fail is not worth the time. */
static bool
begins(void *context, const struct load *l)
{
    struct meter *m = context;

    m->before_ns = process_tree_use(m->server.pid).cpu_ns;
    return is_complete(l);
}

static void
ended(void *context, const struct load *l)
{
    struct meter *m = context;

    (void)l;
    m->after_ns = process_tree_use(m->server.pid).cpu_ns;
}

/* Writes what was wrong with a load; stopped is that of process_tree_stopped.
 */
static void
explain(char why[COSTS_WHY_MAX], const struct load *l, const char *stopped)
{
    char words[FAULT_WORDS_MAX];

    if (l->failed == 0) {
        snprintf(why, COSTS_WHY_MAX, "%d of %d clients got no answer%s",
                 l->unanswered, l->plan.clients, stopped);
        return;
    }
    fault_of_load(words, l, 0);
    text_print(why, COSTS_WHY_MAX, "%d of %d clients failed: %s%s", l->failed,
               l->plan.clients + l->plan.idle, words, stopped);
}

bool
measurement_take(struct costs_sample *sample, const char *command,
                 const struct plan *plan, int stop_fd, char why[COSTS_WHY_MAX])
{
    static struct load l;
    struct meter meter = {.before_ns = 0};
    struct load_observer observer = {
        .context = &meter, .begins = begins, .ended = ended};
    char stopped[PROCESS_TREE_STOPPED_MAX];
    bool started = server_process_start(&meter.server, command, NO_WORK,
                                        NO_WORK, stop_fd, why) == 0;

    if (started) {
        l.plan = *plan;
        load_play(&l, &meter.server.to, &observer, stop_fd);
        (void)process_tree_stopped(stopped, meter.server.pid);
        (void)server_process_stop(&meter.server, SERVER_PROCESS_STOP_NS);
    }
    server_process_close(&meter.server);
    if (!started)
        return false;
    if (!is_complete(&l)) {
        explain(why, &l, stopped);
        return false;
    }
    if (meter.after_ns <= meter.before_ns) {
        snprintf(why, COSTS_WHY_MAX, "its CPU time is not known");
        return false;
    }
    *sample = (struct costs_sample){
        .answers = l.answering.count,
        .took_ns = l.took_ns,
        .server_ns = meter.after_ns - meter.before_ns,
        .client_ns = l.cpu_ns,
        .mb = plan->service == PLAN_FILE ? (double)l.bytes / 1e6 : 0,
    };
    return true;
}

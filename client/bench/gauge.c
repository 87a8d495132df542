#include "client/bench/gauge.h"

#include <stdio.h>

#include "client/draw/fault.h"
#include "client/interrupt.h"
#include "client/target/process_tree.h"
#include "client/target/server_process.h"
#include "client/play/load.h"
#include "common/net.h"

#define NO_WORK "0" /* the server is to do nothing but its model's own */

/* The server, and what it had used when measuring began and ended. */
struct meter {
    struct server_process server;
    int64_t before_ns;
    int64_t after_ns;
};

static bool
is_whole(const struct load *l)
{
    return l->failed == 0 && l->unheard == 0;
}

/* A load that is not whole is not worth the time. */
static bool
begins(void *context, const struct load *l)
{
    struct meter *m = context;

    m->before_ns = process_tree_use(m->server.pid).cpu_ns;
    return is_whole(l);
}

static void
ended(void *context, const struct load *l)
{
    struct meter *m = context;

    (void)l;
    m->after_ns = process_tree_use(m->server.pid).cpu_ns;
}

/* Says what was wrong with a load. */
static void
blame(char why[RATES_WHY_MAX], const struct load *l)
{
    char words[FAULT_WORDS_MAX];

    if (l->failed == 0) {
        snprintf(why, RATES_WHY_MAX, "%d of %d clients got no answer",
                 l->unheard, l->plan.clients);
        return;
    }
    fault_of_load(words, l, 0);
    snprintf(why, RATES_WHY_MAX, "%d of %d clients failed: %.100s", l->failed,
             l->plan.clients + l->plan.idle, words);
}

enum gauge_result
gauge(struct rates_sample *sample, const char *command, const struct plan *plan,
      int stop_fd, char why[RATES_WHY_MAX])
{
    static struct load l;
    struct meter meter = {.before_ns = 0};
    struct load_observer observer = {
        .context = &meter, .begins = begins, .ended = ended};
    char trouble[SERVER_PROCESS_WHY_MAX] = "";
    struct sockaddr_storage to;
    socklen_t to_len;
    bool launched = server_process_start(&meter.server, command, NO_WORK,
                                         NO_WORK, stop_fd, trouble) == 0;

    *sample = (struct rates_sample){.answers = 0};
    if (launched) {
        to_len = net_resolve(meter.server.address, meter.server.port, &to);
        l.plan = *plan;
        load_play(&l, &to, to_len, &observer, stop_fd);
        (void)server_process_stop(&meter.server, SERVER_PROCESS_STOP_NS);
    }
    server_process_close(&meter.server);
    if (interrupt_requested())
        return GAUGE_INTERRUPTED;
    if (!launched) {
        snprintf(why, RATES_WHY_MAX, "%.150s", trouble);
        return GAUGE_UNFIT;
    }
    if (!is_whole(&l)) {
        blame(why, &l);
        return GAUGE_UNFIT;
    }
    if (meter.after_ns <= meter.before_ns) {
        snprintf(why, RATES_WHY_MAX, "its CPU time is not known");
        return GAUGE_UNFIT;
    }
    *sample = (struct rates_sample){
        .answers = l.answering.count,
        .took_ns = l.took_ns,
        .server_ns = meter.after_ns - meter.before_ns,
        .client_ns = l.cpu_ns,
    };
    return GAUGE_DONE;
}

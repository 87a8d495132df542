#include "client/compare/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/clock.h"

static int64_t
smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Clients take turns, at_once of them at a time, and none is served before its
 * turn.  Thinking belongs to the turn. */
static void
predict_by_turns(struct trial *t, const struct work *work)
{
    const struct plan *plan = &t->record.plan;
    int at_once = t->figures.at_once;
    int turns = (plan->clients + at_once - 1) / at_once;
    int64_t each_ns = work->delay_ns + work->cpu_ns;
    int64_t think_ns = plan->messages > 0 ? plan->think_ns : 0;
    char each[TEXT_TIME_MAX];
    char think[TEXT_TIME_MAX];
    char all[TEXT_TIME_MAX];

    t->predicted_ns =
        turns * (plan->messages * each_ns + (plan->messages - 1) * think_ns);
    text_time(each, each_ns);
    text_time(think, think_ns);
    text_time(all, t->predicted_ns);
    if (think_ns == 0)
        snprintf(t->formula, sizeof(t->formula),
                 "ceil(%d clients / %d) x %d messages x %s = %s", plan->clients,
                 at_once, plan->messages, each, all);
    else
        snprintf(t->formula, sizeof(t->formula),
                 "ceil(%d clients / %d) x (%d messages x %s + %d x %s of "
                 "thinking) = %s",
                 plan->clients, at_once, plan->messages, each,
                 plan->messages - 1, think, all);
}

/* However many are in service, computing needs cores, and a worker uses one.
 * That is the least: it takes as long only if no core is ever idle. */
static void
predict_by_cores(struct trial *t, const struct work *work, int cores)
{
    const struct plan *plan = &t->record.plan;
    int workers = t->record.worker_count > 0 ? t->record.worker_count
                                             : t->figures.at_once;
    int64_t used = smaller(cores, workers);
    int64_t all_ns =
        work->delay_ns + plan->clients * plan->messages * work->cpu_ns / used;
    char delay[TEXT_TIME_MAX] = "";
    char each[TEXT_TIME_MAX];
    char all[TEXT_TIME_MAX];

    if (all_ns <= t->predicted_ns)
        return;
    t->predicted_ns = all_ns;
    t->at_least = used > 1 || work->delay_ns > 0;
    text_time(each, work->cpu_ns);
    text_time(all, all_ns);
    if (work->delay_ns > 0)
        text_time(delay, work->delay_ns);
    snprintf(
        t->formula, sizeof(t->formula),
        "%s%s%s%d clients x %d messages x %s of computing / %d core%s = %s",
        t->at_least ? "at least " : "", delay, *delay != '\0' ? " + " : "",
        plan->clients, plan->messages, each, (int)used, text_plural(used), all);
}

/* The last client cannot be done before it has come. */
static void
predict_by_stagger(struct trial *t, const struct work *work)
{
    const struct plan *plan = &t->record.plan;
    int64_t last_ns = (plan->clients - 1) * plan->stagger_ns +
                      plan->messages * (work->delay_ns + work->cpu_ns);
    char last[TEXT_TIME_MAX];
    char all[TEXT_TIME_MAX];

    if (plan->messages > 0)
        last_ns += (plan->messages - 1) * plan->think_ns;
    if (plan->stagger_ns == 0 || last_ns <= t->predicted_ns)
        return;
    t->predicted_ns = last_ns;
    text_time(last, plan->stagger_ns);
    text_time(all, last_ns);
    snprintf(t->formula, sizeof(t->formula),
             "the last client comes after %d x %s: %s", plan->clients - 1, last,
             all);
}

int
trial_conclude(struct trial *t, const struct work *work, int cores)
{
    if (figures_compute(&t->figures, &t->record) == -1)
        return -1;
    t->predicted_ns = RECORD_NEVER;
    *t->formula = '\0';
    if (t->figures.at_once <= 0 || work->delay_ns + work->cpu_ns == 0)
        return 0;
    predict_by_turns(t, work);
    predict_by_cores(t, work, cores);
    predict_by_stagger(t, work);
    return 0;
}

void
trial_subtract_baseline(struct trial *trials, int count)
{
    const struct trial *baseline = NULL;

    for (int i = 0; i < count && baseline == NULL; i++)
        if (trials[i].serves_one_at_a_time && *trials[i].failure == '\0' &&
            trials[i].cost.cpu_ns != TRIAL_UNKNOWN)
            baseline = &trials[i];
    for (int i = 0; i < count; i++) {
        struct trial *t = &trials[i];

        t->cost.own_cpu_ns = TRIAL_UNKNOWN;
        if (baseline != NULL && t != baseline &&
            t->cost.cpu_ns != TRIAL_UNKNOWN)
            t->cost.own_cpu_ns = (t->cost.cpu_ns - baseline->cost.cpu_ns) /
                                 t->record.plan.clients;
    }
}

struct panel
trial_panel(const struct trial *t)
{
    return (struct panel){
        .title = t->label,
        .record = &t->record,
        .figures = &t->figures,
        .failure = t->failure,
        .formula = t->formula,
        .predicted_ns = *t->failure == '\0' ? t->predicted_ns : RECORD_NEVER,
        .guess_ns = t->guess_ns,
    };
}

void
trial_close(struct trial *t)
{
    free(t->label);
    free(t->command);
    free(t->log);
    record_close(&t->record);
}

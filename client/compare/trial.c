#include "client/compare/trial.h"

#include <stdlib.h>

#include "client/compare/prediction.h"

int
trial_conclude(struct trial *t, const struct work *work, int cores)
{
    if (figures_compute(&t->figures, &t->record) == -1)
        return -1;
    prediction_compute(t, work, cores);
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

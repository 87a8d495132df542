/* Tests what is predicted for runs of known shape, and what a model itself
 * costs. */

#include "client/compare/repetition.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

#define MS INT64_C(1000000)

static bool at_most;

/* Returns a run of a server that promises to serve so many clients at once with
 * so many workers. */
static struct trial
new_trial(const struct plan *plan, int at_once, int workers)
{
    struct trial t = {.guess_ns = RECORD_NEVER};

    record_open(&t.record, plan);
    record_open_services(&t.record);
    t.record.ended_ns = 0;
    t.promise.at_once = at_once;
    t.promise.at_most = at_most;
    t.promise.computed_at_once = workers;
    /* What was measured does not matter. */
    t.record.served_at_once = 2;
    return t;
}

static void
expect(struct plan plan, int at_once, int workers, struct trial_work work,
       int64_t predicted_ns, const char *formula)
{
    struct trial t = new_trial(&plan, at_once, workers);

    trial_conclude(&t, &work, 2);
    CHECK(t.predicted_ns == predicted_ns);
    CHECK(strcmp(t.formula, formula) == 0);
    if (t.predicted_ns != predicted_ns || strcmp(t.formula, formula) != 0)
        printf("%lld ns, '%s'\n", (long long)t.predicted_ns, t.formula);
    trial_close(&t);
}

static void
test_waiting(void)
{
    struct plan plan = {.clients = 6, .messages = 3};
    struct trial_work work = {.delay_ns = 100 * MS};

    expect(plan, 1, 1, work, 1800 * MS,
           "ceil(6 clients / 1) x 3 messages x 100 ms = 1.80 s");
    expect(plan, 5, 5, work, 600 * MS,
           "ceil(6 clients / 5) x 3 messages x 100 ms = 600 ms");
    expect(plan, 6, 1, work, 300 * MS,
           "ceil(6 clients / 6) x 3 messages x 100 ms = 300 ms");
    at_most = true; /* the kernel may queue several for one worker */
    expect(plan, 5, 5, work, 600 * MS,
           "at least ceil(6 clients / 5) x 3 messages x 100 ms = 600 ms");
    at_most = false;
    plan.think_ns = 50 * MS;
    expect(plan, 5, 5, work, 800 * MS,
           "ceil(6 clients / 5) x (3 messages x 100 ms + 2 x 50 ms of "
           "thinking) = 800 ms");
}

static void
test_computing(void)
{
    struct plan plan = {.clients = 6, .messages = 3};
    struct trial_work work = {.cpu_ns = 50 * MS};

    /* A worker uses one core of the two, however many clients it serves. */
    expect(plan, 6, 1, work, 900 * MS,
           "6 clients x 3 messages x 50 ms of computing / 1 core = 900 ms");
    expect(plan, 6, 6, work, 450 * MS,
           "at least 6 clients x 3 messages x 50 ms of computing / 2 cores = "
           "450 ms");
    expect(plan, 1, 1, work, 900 * MS,
           "ceil(6 clients / 1) x 3 messages x 50 ms = 900 ms");
}

static void
test_stagger(void)
{
    struct plan plan = {.clients = 4, .messages = 1, .stagger_ns = 200 * MS};
    struct trial_work work = {.delay_ns = 50 * MS};

    expect(plan, 1, 1, work, 650 * MS,
           "the last client starts after 3 x 200 ms and is done after 650 ms");
}

static void
test_nothing_to_predict(void)
{
    struct plan plan = {.clients = 4, .messages = 1};
    struct trial_work none = {.delay_ns = 0};
    struct trial_work work = {.delay_ns = 50 * MS};

    expect(plan, 4, 1, none, RECORD_NEVER, "");
    expect(plan, 0, 0, work, RECORD_NEVER, "");
    plan.messages = 0;
    expect(plan, 4, 1, work, RECORD_NEVER, "");
}

static void
test_baseline(void)
{
    struct plan plan = {.clients = 4, .messages = 1};
    struct trial trials[3];
    struct trial_work work = {.cpu_ns = MS / 5};
    static char names[3][16] = {"a loop", "one at a time", "a pool"};
    static const int64_t cpu_ns[3] = {2 * MS, 4 * MS, 12 * MS};

    for (int i = 0; i < 3; i++) {
        trials[i] = new_trial(&plan, 1, 1);
        trials[i].label = names[i];
        trials[i].cost.cpu_ns = cpu_ns[i];
    }
    trials[1].serves_one_at_a_time = true;
    trial_subtract_baseline(trials, 3, &work);
    CHECK(trials[0].cost.own_cpu_ns == -MS / 2);
    CHECK(trials[1].cost.own_cpu_ns == TRIAL_UNKNOWN);
    CHECK(trials[2].cost.own_cpu_ns == 2 * MS);
    /* The baseline uses 1 ms per client, of which 0.2 ms are the work. */
    CHECK(trials[2].cost.noise_ns == MS * 8 / 10 + MS / 100);
    /* Without a baseline that has no failure, nothing is known. */
    strcpy(trials[1].failure, "ended");
    trial_subtract_baseline(trials, 3, &work);
    CHECK(trials[2].cost.own_cpu_ns == TRIAL_UNKNOWN);
    for (int i = 0; i < 3; i++)
        record_close(&trials[i].record);
}

/* Of three runs, the one with the middle time is kept, with the middle costs.
 */
static void
test_repetition(void)
{
    struct plan plan = {.clients = 4, .messages = 1};
    static const int64_t done_ns[3] = {30 * MS, 10 * MS, 20 * MS};
    static const int64_t cpu_ns[3] = {5 * MS, 9 * MS, 6 * MS};
    struct trial runs[3];
    struct trial all[2] = {new_trial(&plan, 1, 1), {.runs = 0}};
    struct trial_work work = {.cpu_ns = MS};

    for (int i = 0; i < 3; i++) {
        runs[i] = new_trial(&plan, 1, 1);
        runs[i].figures.all_done_ns = done_ns[i];
        runs[i].cost.cpu_ns = cpu_ns[i];
        runs[i].cost.others = i == 1 ? TRIAL_UNKNOWN : 100 * i;
    }
    repetition_merge(&all[1], runs, 3);
    CHECK(all[1].runs == 3 && all[1].figures.all_done_ns == 20 * MS);
    CHECK(all[1].least_ns == 10 * MS && all[1].most_ns == 30 * MS);
    CHECK(all[1].cost.cpu_ns == 6 * MS && all[1].cost.others == 200);
    /* It differs by 3 ms from the median, and the baseline by 2 ms. */
    all[0].serves_one_at_a_time = true;
    all[0].cost.cpu_ns = all[0].cost.cpu_least_ns = 4 * MS;
    all[0].cost.cpu_most_ns = 6 * MS;
    all[0].runs = 3;
    trial_subtract_baseline(all, 2, &work);
    CHECK(all[1].cost.own_cpu_ns == MS / 2);
    CHECK(all[1].cost.noise_ns == 5 * MS / 4);
    for (int i = 0; i < 2; i++)
        record_close(&all[i].record);
}

int
main(void)
{
    test_waiting();
    test_computing();
    test_stagger();
    test_nothing_to_predict();
    test_baseline();
    test_repetition();
    return check_done();
}

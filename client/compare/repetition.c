#include "client/compare/repetition.h"

#include <stddef.h>
#include <stdlib.h>

#include "client/memory.h"

/* The costs of which medians are taken; others keeps the greatest. */
static const size_t costs[] = {
    offsetof(struct trial_cost, cpu_ns),
    offsetof(struct trial_cost, peak_bytes),
    offsetof(struct trial_cost, processes),
    offsetof(struct trial_cost, threads),
    offsetof(struct trial_cost, voluntary),
    offsetof(struct trial_cost, involuntary),
};

static int64_t *
cost_of(struct trial *t, size_t offset)
{
    return (int64_t *)(void *)((char *)&t->cost + offset);
}

static int
compare_values(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Copies a cost of all runs into values, in ascending order.  Returns false if
 * it is not known of one of them. */
static bool
sort_costs(int64_t *values, struct trial *runs, int count, size_t offset)
{
    for (int i = 0; i < count; i++)
        values[i] = *cost_of(&runs[i], offset);
    qsort(values, (size_t)count, sizeof(*values), compare_values);
    return values[0] != TRIAL_UNKNOWN;
}

/* Returns the run whose time is the median. */
static struct trial *
find_median(struct trial *runs, int count)
{
    for (int i = 0; i < count; i++) {
        int shorter = 0;

        for (int j = 0; j < count; j++) {
            int64_t ns = runs[j].figures.all_done_ns;
            int64_t this_ns = runs[i].figures.all_done_ns;

            shorter += ns < this_ns || (ns == this_ns && j < i);
        }
        if (shorter == (count - 1) / 2)
            return &runs[i];
    }
    return runs; /* not reached: one of them is in the middle */
}

/* Frees a run, but not the label, which all runs share. */
static void
close_run(struct trial *run)
{
    run->label = NULL;
    trial_close(run);
}

void
repetition_merge(struct trial *t, struct trial *runs, int count)
{
    struct trial *median = find_median(runs, count);
    int64_t *values = memory_get((size_t)count, sizeof(*values));

    *t = *median;
    t->runs = count;
    for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
        *cost_of(t, costs[i]) = sort_costs(values, runs, count, costs[i])
                                    ? values[(count - 1) / 2]
                                    : TRIAL_UNKNOWN;
    t->cost.cpu_least_ns = t->cost.cpu_most_ns = TRIAL_UNKNOWN;
    if (sort_costs(values, runs, count, offsetof(struct trial_cost, cpu_ns))) {
        t->cost.cpu_least_ns = values[0];
        t->cost.cpu_most_ns = values[count - 1];
    }
    t->least_ns = t->most_ns = t->figures.all_done_ns;
    for (int i = 0; i < count; i++) {
        int64_t ns = runs[i].figures.all_done_ns;

        t->least_ns = ns < t->least_ns ? ns : t->least_ns;
        t->most_ns = ns > t->most_ns ? ns : t->most_ns;
        if (runs[i].cost.others > t->cost.others)
            t->cost.others = runs[i].cost.others;
        if (&runs[i] != median)
            close_run(&runs[i]);
    }
    free(values);
}

void
repetition_run(struct trial *t, const char *text,
               const struct trial_setup *setup)
{
    struct trial *runs = memory_get((size_t)setup->runs, sizeof(*runs));
    int count = 0;

    do {
        runs[count] = *t;
        trial_run(&runs[count], text, setup);
    } while (*runs[count++].failure == '\0' && count < setup->runs);
    /* A run that failed is the only one that counts. */
    if (*runs[count - 1].failure != '\0') {
        for (int i = 0; i < count - 1; i++)
            close_run(&runs[i]);
        runs[0] = runs[count - 1];
        count = 1;
    }
    repetition_merge(t, runs, count);
    free(runs);
}

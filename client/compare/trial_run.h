/* trial_run - runs a trial: starts the server, lets the clients talk to it,
 * observes meanwhile what it costs, stops it and reads its log. */

#ifndef CLIENT_COMPARE_TRIAL_RUN_H
#define CLIENT_COMPARE_TRIAL_RUN_H

#include "client/compare/trial.h"
#include "client/draw/progress.h"
#include "client/record/plan.h"

/* What is the same for all servers. */
struct trial_run_setup {
    struct plan plan;
    struct work work;
    const char *delay; /* work.delay_ns as a TIME */
    const char *cpu;   /* work.cpu_ns as a TIME */
    int cores;
    int stop_fd; /* readable: this program is asked to end */
    struct progress *progress;
};

/* Runs the server that text describes (see command.h) and fills t, which has
 * its label already.  If the run fails, t->failure says why.  If memory fails,
 * the program ends with status 1. */
void trial_run(struct trial *t, const char *text,
               const struct trial_run_setup *setup);

#endif

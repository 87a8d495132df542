/* play - a server's turn: it is started, the clients are played against it,
 * what it costs is looked at meanwhile, it is stopped, and its log is read. */

#ifndef CLIENT_COMPARE_TRIAL_RUN_H
#define CLIENT_COMPARE_TRIAL_RUN_H

#include "client/record/plan.h"
#include "client/draw/progress.h"
#include "client/compare/trial.h"

/* What is the same for all servers. */
struct trial_run {
    struct plan plan;
    struct work work;
    const char *delay; /* the same as a TIME */
    const char *cpu;
    int cores;
    int stop_fd;
    struct progress *progress;
};

/* Plays with the server that text (see command.h) describes and fills t, whose
 * label is set.  What goes wrong is in t->failure; if memory fails, the program
 * ends with status 1. */
void
trial_run_play(struct trial *t, const char *text, const struct trial_run *play);

#endif

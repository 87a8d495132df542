/* repetition - runs a server several times, because one run may be disturbed by
 * other programs, and makes one trial of the runs. */

#ifndef CLIENT_COMPARE_REPETITION_H
#define CLIENT_COMPARE_REPETITION_H

#include "client/compare/trial.h"

/* Runs the server that text describes setup->runs times and fills t, which has
 * its label already (see trial_run).  Ends after a run that fails; t is then
 * that run. */
void repetition_run(struct trial *t, const char *text,
                    const struct trial_setup *setup);

/* Makes one trial of count runs of a server, at least 1: the run whose time is
 * the median, with the medians of all costs, and how far the runs differ.
 * Frees all other runs. */
void repetition_merge(struct trial *t, struct trial *runs, int count);

#endif

/* prediction - how long a run takes, said before: by the model of the server,
 * and by the person at the terminal. */

#ifndef CLIENT_COMPARE_PREDICTION_H
#define CLIENT_COMPARE_PREDICTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/compare/trial.h"

#define PREDICTION_CLOSE_PERCENT 10

/* Computes what the model predicts for the run of t from its promise and its
 * plan, not from what was measured, if the server can use so many cores on
 * average: predicted_ns, at_least and formula.  Without a promise, without
 * work and if the server is not told its work, predicted_ns is RECORD_NEVER. */
void prediction_compute(struct trial *t, const struct trial_work *work,
                        double cores);

/* Asks on out, and reads from in, how long a server will take, until the answer
 * is a time (a TIME or a bare number of seconds), which goes to *ns, or empty.
 * With explain, it first says how to answer.  Returns false at the end of input
 * and when stop_fd is readable. */
bool prediction_ask(int64_t *ns, FILE *out, FILE *in, int stop_fd,
                    const char *label, bool explain);

/* Writes how long the run took, beside the guess of the person, how far off
 * that was, and the formula of the model. */
void prediction_answer(FILE *out, const struct trial *t);

/* Writes how many guesses differ by at most PREDICTION_CLOSE_PERCENT from what
 * the servers took; nothing if there are no guesses. */
void prediction_score(FILE *out, const struct trial *trials, int count);

#endif

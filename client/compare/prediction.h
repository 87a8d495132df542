/* guess - asks how long a run will take before it is seen, and says afterwards
 * how near that was. */

#ifndef CLIENT_COMPARE_PREDICTION_H
#define CLIENT_COMPARE_PREDICTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/compare/trial.h"

/* Asks on out, and reads from in, how long the server will take; again until
 * the answer is a time (a TIME or a bare number of seconds) or empty, which
 * leaves *ns as it is.  With explain it says first how to answer.  Returns
 * false at the end of input or if a signal came. */
bool prediction_ask(int64_t *ns, FILE *out, FILE *in, const char *label,
                    bool explain);

/* Writes how long it took, beside the guess of the trial. */
void prediction_answer(FILE *out, const struct trial *t);

#endif

/* trial - one server's turn in a comparison: what was asked of it, what was
 * seen, what it cost. */

#ifndef CLIENT_COMPARE_TRIAL_H
#define CLIENT_COMPARE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/record/figures.h"
#include "client/draw/panel.h"
#include "client/record/record.h"

#define TRIAL_UNKNOWN     INT64_MIN /* what the platform cannot tell */
#define TRIAL_FAILURE_MAX 200
#define TRIAL_FORMULA_MAX 200

/* What working on one message takes. */
struct work {
    int64_t delay_ns; /* of waiting */
    int64_t cpu_ns;   /* of computing */
};

/* What the server and all its children used, from when the first client came
 * until it had ended.  Each may be TRIAL_UNKNOWN. */
struct cost {
    int64_t cpu_ns;
    int64_t own_cpu_ns;  /* a client, over the baseline: the model itself */
    int64_t peak_bytes;  /* of memory: all processes at one moment */
    int64_t processes;   /* the most at one moment, ... */
    int64_t threads;     /* ... and in one of them */
    int64_t voluntary;   /* context switches: it had to wait */
    int64_t involuntary; /* it was made to */
};

struct trial {
    char *label;               /* "prefork -w 5" */
    bool serves_one_at_a_time; /* as the server's traits say */
    char *command;             /* as it was started, in one line */
    char *log; /* what the server wrote to stderr; NULL: nothing */
    struct record record;
    struct figures figures;
    struct cost cost;
    int64_t predicted_ns;            /* for the whole run; or RECORD_NEVER */
    int64_t guess_ns;                /* said before the run; or RECORD_NEVER */
    bool at_least;                   /* no less than predicted_ns, that is */
    char formula[TRIAL_FORMULA_MAX]; /* how predicted_ns came about */
    char failure[TRIAL_FAILURE_MAX]; /* why this is not whole; "": it is */
    char remark[TRIAL_FAILURE_MAX];  /* what else is to be said; or "" */
};

/* Computes, from the record and the work, the figures and what the model
 * predicts, on a machine of so many cores.  Returns 0, or -1 with errno set if
 * there is not the memory. */
int trial_conclude(struct trial *t, const struct work *work, int cores);

/* Computes what each model itself costs: its CPU time per client above that of
 * the first server that serves one client at a time.  Without one that has no
 * failure, it is not known. */
void trial_subtract_baseline(struct trial *trials, int count);

/* Returns the trial as a picture. */
struct panel trial_panel(const struct trial *t);

/* Frees what the trial has taken. */
void trial_close(struct trial *t);

#endif

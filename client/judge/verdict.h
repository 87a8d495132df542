/* verdict - the report about the findings: for people, as TAP, and as CSV.
 *
 * TAP and CSV are written as the outcomes become known.  For people, what is
 * not ok comes last: they have to do something about it. */

#ifndef CLIENT_JUDGE_VERDICT_H
#define CLIENT_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/draw/progress.h"
#include "client/judge/finding.h"
#include "client/judge/model.h"

/* The exit status of the program. */
enum verdict_status {
    VERDICT_OK = 0,
    VERDICT_MUST = 1,   /* not ok in must, or another model than expected */
    VERDICT_NOT_OK = 3, /* not ok in the other tiers only */
    VERDICT_NONE = 4,   /* the server could not be judged */
};

/* The model that a server must have; text is NULL if any is right. */
struct expectation {
    const char *text;
    struct model_wanted wanted;
};

struct verdict {
    /* Set by the caller: */
    FILE *out;
    FILE *csv; /* NULL: none */
    int width; /* columns of a line */
    bool colour;
    bool tap;
    bool all;            /* show what is ok, too */
    bool without_model;  /* the findings do not look at the model */
    int planned;         /* findings that will be shown */
    const char *program; /* how the user calls it */
    struct expectation expected;

    struct progress progress;
    int64_t began_ns;
    int count; /* findings that have been shown, in this order: */
    struct {
        const struct finding *finding;
        struct outcome outcome;
    } shown[FINDINGS_MAX];
};

/* Begins a report. */
void verdict_open(struct verdict *v);

/* Says, on a terminal, how many findings are known, and what is looked at. */
void verdict_progress(struct verdict *v, int known, const struct finding *f);

/* Shows the outcome of a finding, which took took_ns, and keeps it. */
void verdict_show(struct verdict *v, const struct finding *f,
                  const struct outcome *o, int64_t took_ns);

/* Shows which model the server has, a summary, and what is not ok.  If broken
 * is not NULL, it says why the findings that are missing could not be looked
 * at. Returns the exit status. */
enum verdict_status
verdict_close(struct verdict *v, const struct model *m, const char *broken);

#endif

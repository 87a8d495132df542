/* verdict - the findings in their order, and the report about them: as lines
 * for people, as TAP, and as CSV. */

#ifndef CLIENT_JUDGE_VERDICT_H
#define CLIENT_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/judge/finding.h"
#include "client/judge/model.h"

#define VERDICT_FINDINGS_MAX 80

/* The model that a server must have; text is NULL if any is right. */
struct expectation {
    const char *text;
    enum model_kind model;
    int places; /* of a pool; -1: any number */
};

struct verdict {
    FILE *out;
    int width; /* columns of a line */
    bool colour;
    bool tap;
    int count; /* findings that have been shown, in this order: */
    struct {
        const struct finding *finding;
        struct outcome outcome;
    } shown[VERDICT_FINDINGS_MAX];
};

/* Returns a finding by its number, from 0, in the order in which they are
 * looked at; NULL after the last. */
const struct finding *verdict_finding(int number);

/* Returns "must", "should" or "attack". */
const char *verdict_tier(enum finding_tier tier);

/* Tells whether a list, separated by commas, names the finding, its group or
 * its tier. */
bool verdict_matches(const struct finding *f, const char *list);

/* Tells whether everything in a list names something; if not, copies what does
 * not into unknown, of that size. */
bool verdict_list(const char *list, char *unknown, size_t size);

/* Begins a report on out, in lines of that width. */
void
verdict_open(struct verdict *v, FILE *out, int width, bool colour, bool tap);

/* Says, on a terminal, what is being looked at. */
void verdict_progress(struct verdict *v, const struct finding *f);

/* Shows the outcome of a finding, and keeps it. */
void verdict_show(struct verdict *v, const struct finding *f,
                  const struct outcome *o);

/* Shows which model the server has, and a summary of the findings.  Returns
 * whether none is not ok, the model is the one expected, and the judge was not
 * interrupted. */
bool verdict_close(struct verdict *v, const struct model *m,
                   const struct expectation *expected, bool interrupted);

/* Writes a row per finding shown, under a header. */
void verdict_csv(const struct verdict *v, FILE *out);

#endif

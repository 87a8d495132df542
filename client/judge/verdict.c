#include "client/judge/verdict.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/csv.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "client/interrupt.h"
#include "client/memory.h"
#include "common/clock.h"
#include "common/log.h"

#define NAME_COLUMN  8  /* where the name begins, */
#define TEXT_COLUMN  32 /* and what was seen of it */
#define VALUE_COLUMN 18 /* what follows "expected:" and "seen:" */
#define MODEL_COLUMN 13 /* what follows "behaves like" */
#define SENTENCE_MAX 640

/* How an outcome is written for people, in which colour, and in CSV. */
static const struct {
    const char *word;
    const char *colour;
    const char *csv;
} results[] = {
    [FINDING_OK] = {"ok", "32", "ok"},
    [FINDING_NOT_OK] = {"NOT OK", "1;31", "not ok"},
    [FINDING_UNKNOWN] = {"unknown", "33", "unknown"},
    [FINDING_NOT_LOOKED_AT] = {"left", "33", "not looked at"},
    [FINDING_SKIPPED] = {"skipped", "2", "skipped"},
};

void
verdict_open(struct verdict *v)
{
    v->began_ns = clock_now();
    v->progress = progress_open(stderr, v->planned);
    v->count = 0;
    if (v->tap)
        fputs("TAP version 13\n", v->out);
    if (v->csv != NULL)
        fputs("version,finding,tier,result,looked_at,expected,seen,seconds\n",
              v->csv);
    (void)fflush(NULL); /* if it fails, so does the end */
}

void
verdict_progress(struct verdict *v, int known, const struct finding *f)
{
    if (f == NULL)
        progress_line(&v->progress, "waiting for the server to start");
    else
        progress_line(&v->progress, "%d of %d  %s", known, v->planned, f->name);
}

/* --- as TAP and CSV ------------------------------------------------------- */

static void
write_tap(const struct verdict *v, const struct finding *f,
          const struct outcome *o)
{
    bool skips = o->result != FINDING_OK && o->result != FINDING_NOT_OK;

    fprintf(v->out, "%s %d - ", o->result == FINDING_NOT_OK ? "not ok" : "ok",
            v->count);
    text_tap(v->out, f->name);
    fputs(": ", v->out);
    text_tap(v->out, f->looked_at);
    fputs(skips ? " # SKIP " : ": ", v->out);
    text_tap(v->out, o->seen);
    if (o->result == FINDING_NOT_OK)
        fprintf(v->out, "\n# expected: %s", f->expected);
    putc('\n', v->out);
}

/* Writes a row; the name is that of a finding, or "model". */
static void
write_csv(FILE *out, const char *name, const char *tier,
          enum finding_result result, const char *const texts[3],
          int64_t took_ns)
{
    if (out == NULL)
        return;
    fprintf(out, "2,%s,%s,%s", name, tier, results[result].csv);
    for (int i = 0; i < 3; i++) {
        putc(',', out);
        csv_field(out, texts[i]);
    }
    fprintf(out, ",%.3f\n", clock_seconds(took_ns));
}

/* --- for people ----------------------------------------------------------- */

/* Begins a line with the result and the name of a finding. */
static void
begin_line(const struct verdict *v, const struct finding *f,
           enum finding_result result)
{
    const char *word = results[result].word;

    if (v->colour)
        fprintf(v->out, "\033[%sm%s\033[0m", results[result].colour, word);
    else
        fputs(word, v->out);
    fprintf(v->out, "%*s%s", NAME_COLUMN - (int)strlen(word), "", f->name);
}

/* Shows a finding that is ok, unknown or skipped. */
static void
show_line(const struct verdict *v, const struct finding *f,
          const struct outcome *o)
{
    int gap = TEXT_COLUMN - NAME_COLUMN - (int)strlen(f->name);
    char line[SENTENCE_MAX];

    begin_line(v, f, o->result);
    fprintf(v->out, "%*s", gap > 1 ? gap : 1, "");
    snprintf(line, sizeof(line), "%s: %s", f->looked_at, o->seen);
    text_words(v->out, line, TEXT_COLUMN, v->width);
}

/* Shows what was expected and what was seen, each from a line of its own. */
static void
show_not_ok(const struct verdict *v, const struct finding *f,
            const struct outcome *o)
{
    begin_line(v, f, o->result);
    fputs(": ", v->out);
    text_words(v->out, f->looked_at, NAME_COLUMN + (int)strlen(f->name) + 2,
               v->width);
    fprintf(v->out, "%*sexpected: ", NAME_COLUMN, "");
    text_words(v->out, f->expected, VALUE_COLUMN, v->width);
    fprintf(v->out, "%*sseen:     ", NAME_COLUMN, "");
    text_words(v->out, o->seen, VALUE_COLUMN, v->width);
}

void
verdict_show(struct verdict *v, const struct finding *f,
             const struct outcome *o, int64_t took_ns)
{
    const char *const texts[] = {f->looked_at, f->expected, o->seen};

    assert(v->count < FINDINGS_MAX);
    v->shown[v->count].finding = f;
    v->shown[v->count++].outcome = *o;
    progress_done(&v->progress);
    if (v->tap)
        write_tap(v, f, o);
    else if (v->all &&
             (o->result == FINDING_OK || o->result == FINDING_SKIPPED))
        show_line(v, f, o);
    write_csv(v->csv, f->name, finding_tier_name(f->tier), o->result, texts,
              took_ns);
    (void)fflush(NULL); /* if it fails, so does the end */
}

/* Counts the findings of a tier that have that result. */
static int
count_tier(const struct verdict *v, int tier, enum finding_result result)
{
    int n = 0;

    for (int i = 0; i < v->count; i++)
        n += (int)v->shown[i].finding->tier == tier &&
             v->shown[i].outcome.result == result;
    return n;
}

static int
count(const struct verdict *v, enum finding_result result)
{
    int n = 0;

    for (int tier = 0; tier < FINDING_TIERS; tier++)
        n += count_tier(v, tier, result);
    return n;
}

/* Writes "must 15 of 15, should 10 of 12 ok, 1 unknown, 2 skipped, 12 s". */
static void
show_counts(const struct verdict *v)
{
    static const enum finding_result others[] = {
        FINDING_UNKNOWN, FINDING_NOT_LOOKED_AT, FINDING_SKIPPED};
    const char *before = "";
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    for (int tier = 0; tier < FINDING_TIERS; tier++) {
        int ok = count_tier(v, tier, FINDING_OK);
        int known = ok + count_tier(v, tier, FINDING_NOT_OK);

        if (known > 0) {
            fprintf(out, "%s%s %d of %d", before,
                    finding_tier_name((enum finding_tier)tier), ok, known);
            before = ", ";
        }
    }
    if (*before != '\0')
        fputs(" ok", out);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        int n = count(v, others[i]);

        if (n > 0) {
            fprintf(out, "%s%d %s", before, n, results[others[i]].csv);
            before = ", ";
        }
    }
    fprintf(out, "%s%.0f s", before, clock_seconds(clock_now() - v->began_ns));
    memory_close(out);
    text_words(v->out, text, 0, v->width);
    free(text);
}

/* Shows those that were not looked at, by the reason; but not those for which
 * it is that the judge was broken off. */
static void
show_left(const struct verdict *v, const char *broken)
{
    bool done[FINDINGS_MAX] = {false};
    /* A long list needs several lines, also where a program reads them. */
    int width = v->width < INT_MAX ? v->width : TERMINAL_WIDTH_DEFAULT;

    for (int i = 0; i < v->count; i++) {
        const struct outcome *o = &v->shown[i].outcome;
        struct text_flow flow;

        if (o->result != FINDING_NOT_LOOKED_AT || done[i] ||
            (broken != NULL && strcmp(o->seen, broken) == 0))
            continue;
        fprintf(v->out, "not looked at, %s:\n%*s", o->seen, NAME_COLUMN, "");
        flow = text_flow_open(v->out, width, 1);
        flow.indent = flow.column = NAME_COLUMN;
        for (int j = i; j < v->count; j++)
            if (v->shown[j].outcome.result == FINDING_NOT_LOOKED_AT &&
                strcmp(v->shown[j].outcome.seen, o->seen) == 0) {
                text_flow_item(&flow, "%s", v->shown[j].finding->name);
                done[j] = true;
            }
        text_flow_end(&flow);
    }
}

/* Shows all that is not ok, and what to do first: the first one in the order of
 * the table, since others may depend on it. */
static void
show_accusations(const struct verdict *v)
{
    const struct finding *first = NULL;
    char line[SENTENCE_MAX];

    for (int i = 0; i < v->count; i++)
        if (v->shown[i].outcome.result == FINDING_NOT_OK) {
            putc('\n', v->out);
            show_not_ok(v, v->shown[i].finding, &v->shown[i].outcome);
            if (first == NULL)
                first = v->shown[i].finding;
        }
    if (first == NULL)
        return;
    snprintf(
        line, sizeof(line),
        "Mend %s first.  What it does, why, and what to change:", first->name);
    putc('\n', v->out);
    text_words(v->out, line, 0, v->width);
    fprintf(v->out, "    %s --explain %s\n", v->program, first->name);
}

/* Tells whether the model is the one expected. */
static enum finding_result
compare_model(const struct expectation *e, const struct model *m,
              enum model_kind kind)
{
    if (e->text == NULL)
        return FINDING_OK;
    if (kind == MODEL_UNKNOWN)
        return FINDING_UNKNOWN;
    return model_is(m, &e->wanted) ? FINDING_OK : FINDING_NOT_OK;
}

static void
close_tap(const struct verdict *v, enum finding_result right, const char *model,
          const char *broken)
{
    const char *expected = v->expected.text;
    int number = v->count;

    if (v->without_model) {
    } else if (expected == NULL) {
        fprintf(v->out, "# behaves like %s\n", model);
    } else {
        fprintf(v->out, "%s %d - behaves like ",
                right == FINDING_NOT_OK ? "not ok" : "ok", ++number);
        text_tap(v->out, model);
        fprintf(v->out, "%s expected %s\n",
                right == FINDING_UNKNOWN ? " # SKIP" : ":", expected);
    }
    /* Not a "Bail out!", since that would end a run of prove for other servers,
     * too. */
    if (broken != NULL) {
        fprintf(v->out, "not ok %d - judged to the end: ", ++number);
        text_tap(v->out, broken);
        putc('\n', v->out);
    }
    fprintf(v->out, "1..%d\n", number);
}

/* For people: what is not known, the model, the counts, what is not ok.  What
 * was skipped is of interest only with --all, or if there is nothing else. */
static void
close_text(const struct verdict *v, enum finding_result right,
           const char *model, const char *broken)
{
    bool only_skipped = count(v, FINDING_SKIPPED) == v->count;

    for (int i = 0; i < v->count; i++)
        if (v->shown[i].outcome.result == FINDING_UNKNOWN ||
            (only_skipped && !v->all))
            show_line(v, v->shown[i].finding, &v->shown[i].outcome);
    show_left(v, broken);
    if (v->all || only_skipped || count(v, FINDING_UNKNOWN) > 0 ||
        count(v, FINDING_NOT_LOOKED_AT) > 0)
        putc('\n', v->out);
    if (!v->without_model) {
        fputs("behaves like ", v->out);
        text_words(v->out, model, MODEL_COLUMN, v->width);
    }
    if (right != FINDING_OK)
        fprintf(v->out, "expected %s\n", v->expected.text);
    show_counts(v);
    if (broken != NULL)
        fprintf(v->out, "%s: not everything was looked at\n", broken);
    show_accusations(v);
}

enum verdict_status
verdict_close(struct verdict *v, const struct model *m, const char *broken)
{
    char model[MODEL_TEXT_MAX];
    enum model_kind kind = model_describe(m, model);
    enum finding_result right = compare_model(&v->expected, m, kind);
    const char *expected = v->expected.text != NULL ? v->expected.text : "any";
    const char *const texts[] = {"which model it behaves like", expected,
                                 model};

    progress_done(&v->progress);
    if (!v->without_model)
        write_csv(v->csv, "model", finding_tier_name(FINDING_MUST),
                  kind == MODEL_UNKNOWN ? FINDING_UNKNOWN : right, texts,
                  clock_now() - v->began_ns);
    if (v->tap)
        close_tap(v, right, model, broken);
    else if (broken == NULL || count(v, FINDING_NOT_LOOKED_AT) < v->count)
        close_text(v, right, model, broken);
    else if (interrupt_requested())
        log_error("interrupted: nothing was looked at");
    if (count_tier(v, FINDING_MUST, FINDING_NOT_OK) > 0 ||
        right == FINDING_NOT_OK)
        return VERDICT_MUST;
    if (broken != NULL || right == FINDING_UNKNOWN)
        return VERDICT_NONE;
    if (count(v, FINDING_NOT_OK) > 0)
        return VERDICT_NOT_OK;
    return count(v, FINDING_OK) > 0 ? VERDICT_OK : VERDICT_NONE;
}

#include "client/judge/verdict.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/draw/csv.h"
#include "client/draw/text.h"

#define PROGRESS_MAX 60 /* columns, so that it never takes two lines */
#define NAME_COLUMN  8  /* where the name begins, */
#define TEXT_COLUMN  32 /* and what was seen of it */
#define TEXT_INDENT  13 /* of what follows "behaves like" */
#define LINE_MAX     640

static const struct finding *const groups[] = {
    findings_protocol, findings_capacity, findings_neighbours,
    findings_leaks,    findings_stop,     findings_attack,
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const char *const tiers[] = {
    [FINDING_MUST] = "must",
    [FINDING_SHOULD] = "should",
    [FINDING_ATTACK] = "attack",
};

#define TIERS ((int)(sizeof(tiers) / sizeof(tiers[0])))

/* How an outcome is written for people, in which colour, and in CSV. */
static const struct {
    const char *word;
    const char *colour;
    const char *csv;
} results[] = {
    [FINDING_OK] = {"ok", "32", "ok"},
    [FINDING_NOT_OK] = {"NOT OK", "1;31", "not ok"},
    [FINDING_UNKNOWN] = {"unknown", "33", "unknown"},
    [FINDING_NOT_LOOKED_AT] = {"not yet", "33", "not looked at"},
};

const struct finding *
verdict_finding(int number)
{
    for (size_t g = 0; g < GROUPS; g++)
        for (const struct finding *f = groups[g]; f->name != NULL; f++)
            if (number-- == 0)
                return f;
    return NULL;
}

const char *
verdict_tier(enum finding_tier tier)
{
    return tiers[tier];
}

/* Tells whether a name of len bytes is that of the finding, its group or its
 * tier. */
static bool
is_named(const struct finding *f, const char *name, size_t len)
{
    const char *tier = tiers[f->tier];

    if (strncmp(f->name, name, len) == 0 &&
        (f->name[len] == '\0' || f->name[len] == '.'))
        return true;
    return strncmp(tier, name, len) == 0 && tier[len] == '\0';
}

bool
verdict_matches(const struct finding *f, const char *list)
{
    while (*list != '\0') {
        size_t len = strcspn(list, ",");

        if (len > 0 && is_named(f, list, len))
            return true;
        list += len;
        list += strspn(list, ",");
    }
    return false;
}

bool
verdict_list(const char *list, char *unknown, size_t size)
{
    const struct finding *f;

    do {
        size_t len = strcspn(list, ",");
        int i = 0;

        while ((f = verdict_finding(i)) != NULL &&
               (len == 0 || !is_named(f, list, len)))
            i++;
        if (f == NULL) {
            snprintf(unknown, size, "%.*s", (int)len, list);
            return false;
        }
        list += len;
    } while (*list++ == ',');
    return true;
}

void
verdict_open(struct verdict *v, FILE *out, int width, bool colour, bool tap)
{
    *v = (struct verdict){
        .out = out, .width = width, .colour = colour, .tap = tap};
    if (tap)
        fputs("TAP version 13\n", out);
}

/* Progress is shown on stderr, so that it is not in what the user keeps. */
static bool
shows_progress(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

void
verdict_progress(struct verdict *v, const struct finding *f)
{
    (void)fflush(v->out); /* if it fails, so does the end */
    if (shows_progress())
        fprintf(stderr, "\r%.*s\033[K", PROGRESS_MAX, f->looked_at);
}

static void
end_progress(void)
{
    if (shows_progress())
        fputs("\r\033[K", stderr);
}

static void
show_tap(const struct verdict *v, const struct finding *f,
         const struct outcome *o)
{
    fprintf(v->out, "%s %d - %s: %s: %s%s\n",
            o->result == FINDING_NOT_OK ? "not ok" : "ok", v->count, f->name,
            f->looked_at,
            o->result == FINDING_UNKNOWN || o->result == FINDING_NOT_LOOKED_AT
                ? "# SKIP "
                : "",
            o->seen);
    if (o->result == FINDING_NOT_OK)
        fprintf(v->out, "# expected: %s\n", f->expected);
}

static void
show_line(const struct verdict *v, const struct finding *f,
          const struct outcome *o)
{
    const char *word = results[o->result].word;
    char line[LINE_MAX];

    if (v->colour)
        fprintf(v->out, "\033[%sm%s\033[0m", results[o->result].colour, word);
    else
        fputs(word, v->out);
    fprintf(v->out, "%*s%-*s", NAME_COLUMN - (int)strlen(word), "",
            TEXT_COLUMN - NAME_COLUMN, f->name);
    if (o->result == FINDING_NOT_OK)
        snprintf(line, sizeof(line), "%s: expected %s; seen: %s", f->looked_at,
                 f->expected, o->seen);
    else
        snprintf(line, sizeof(line), "%s: %s", f->looked_at, o->seen);
    text_words(v->out, line, TEXT_COLUMN, v->width);
}

void
verdict_show(struct verdict *v, const struct finding *f,
             const struct outcome *o)
{
    assert(v->count < VERDICT_FINDINGS_MAX);
    v->shown[v->count].finding = f;
    v->shown[v->count++].outcome = *o;
    end_progress();
    (v->tap ? show_tap : show_line)(v, f, o);
    (void)fflush(v->out); /* if it fails, so does the end */
}

/* Counts the findings of a tier that have that result. */
static int
count(const struct verdict *v, int tier, enum finding_result result)
{
    int n = 0;

    for (int i = 0; i < v->count; i++)
        n += (int)v->shown[i].finding->tier == tier &&
             v->shown[i].outcome.result == result;
    return n;
}

/* Writes "must 15 of 15, should 10 of 12 ok; not ok: leaks.zombies". */
static void
show_counts(const struct verdict *v)
{
    const char *before = "";
    int unknown = 0;
    int skipped = 0;

    for (int tier = 0; tier < TIERS; tier++) {
        int ok = count(v, tier, FINDING_OK);
        int known = ok + count(v, tier, FINDING_NOT_OK);

        unknown += count(v, tier, FINDING_UNKNOWN);
        skipped += count(v, tier, FINDING_NOT_LOOKED_AT);
        if (known > 0) {
            fprintf(v->out, "%s%s %d of %d", before, tiers[tier], ok, known);
            before = ", ";
        }
    }
    if (*before != '\0')
        fputs(" ok", v->out);
    if (unknown > 0)
        fprintf(v->out, "%s%d unknown", before, unknown);
    if (skipped > 0)
        fprintf(v->out, ", %d not looked at", skipped);
    before = "; not ok: ";
    for (int i = 0; i < v->count; i++)
        if (v->shown[i].outcome.result == FINDING_NOT_OK) {
            fprintf(v->out, "%s%s", before, v->shown[i].finding->name);
            before = ", ";
        }
    putc('\n', v->out);
}

static bool
is_expected(const struct expectation *e, enum model_kind model, int places)
{
    return e->text == NULL ||
           (model == e->model && (e->places == -1 || places == e->places));
}

bool
verdict_close(struct verdict *v, const struct model *m,
              const struct expectation *expected, bool interrupted)
{
    char words[MODEL_TEXT_MAX];
    enum model_kind model = model_describe(m, words);
    bool right = is_expected(expected, model, m->at_once);
    int not_ok = 0;

    end_progress();
    for (int tier = 0; tier < TIERS; tier++)
        not_ok += count(v, tier, FINDING_NOT_OK);
    if (v->tap) {
        int lines = v->count + (expected->text != NULL);

        if (expected->text != NULL)
            fprintf(v->out, "%s %d - behaves like %s: expected %s\n",
                    right ? "ok" : "not ok", lines, words, expected->text);
        else
            fprintf(v->out, "# behaves like %s\n", words);
        fprintf(v->out, interrupted ? "Bail out! interrupted\n" : "1..%d\n",
                lines);
    } else {
        fputs("\nbehaves like ", v->out);
        text_words(v->out, words, TEXT_INDENT, v->width);
        if (!right)
            fprintf(v->out, "expected %s\n", expected->text);
        show_counts(v);
        if (interrupted)
            fputs("interrupted\n", v->out);
    }
    return right && not_ok == 0 && !interrupted;
}

void
verdict_csv(const struct verdict *v, FILE *out)
{
    fputs("version,finding,tier,result,looked_at,expected,seen\n", out);
    for (int i = 0; i < v->count; i++) {
        const struct finding *f = v->shown[i].finding;
        const struct outcome *o = &v->shown[i].outcome;

        fprintf(out, "1,%s,%s,%s,", f->name, tiers[f->tier],
                results[o->result].csv);
        csv_field(out, f->looked_at);
        putc(',', out);
        csv_field(out, f->expected);
        putc(',', out);
        csv_field(out, o->seen);
        putc('\n', out);
    }
}

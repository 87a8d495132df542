#include "client/compare/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/csv.h"
#include "client/draw/markdown.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "common/clock.h"
#include "common/command_line.h"

#define CELL_MAX    48
#define NOTE_MAX    640
#define LABEL_MAX   24 /* columns of a server's name */
#define MIB         1048576
#define MB          1000000
#define MISS_NS     (50 * CLOCK_MS)
#define MISSED_MAX  3 /* misses that get a note each */
#define GAP         2 /* blanks between two columns */
#define PLACES_MAX  4 /* after the point, of a time */
#define BAR_MIN     5 /* columns of the longest bar; with less room, no bars */
#define BAR_MAX     24
#define BOLD        "\033[1m"
#define RED         "\033[31m"
#define PLAIN       "\033[0m"
#define ALWAYS      0 /* never left out to save room */
#define ABOUT_0     "about 0"
#define PLUS_MINUS  "\u00b1"
#define OTHERS_MIN  200 /* thousandths of a core; with less, nothing is said */
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum kind {
    KIND_COUNT,
    KIND_PAIR,      /* "6 x 1": a count and the next value */
    KIND_RATIO,     /* in thousandths */
    KIND_MEMORY,    /* bytes */
    KIND_PACE,      /* bytes per second */
    KIND_TIME,      /* nanoseconds */
    KIND_CPU,       /* nanoseconds */
    KIND_EXTRA_CPU, /* nanoseconds, with a sign */
};

/* By what a value is divided, and how many decimals are written: in CSV, and
 * for people.  Times are written for people by the scales of the table. */
static const struct {
    double csv_unit, unit;
    int csv_decimals, decimals;
} forms[] = {
    [KIND_COUNT] = {1, 1, 0, 0},     [KIND_PAIR] = {1, 1, 0, 0},
    [KIND_RATIO] = {1e3, 1e3, 3, 2}, [KIND_MEMORY] = {1, MIB, 0, 1},
    [KIND_PACE] = {1, MB, 0, 1},     [KIND_TIME] = {1e9, 0, 6, 0},
    [KIND_CPU] = {1e9, 0, 6, 0},     [KIND_EXTRA_CPU] = {1e9, 0, 6, 0},
};

enum value {
    ALL_DONE,
    LONGEST_WAIT,
    AT_ONCE,
    PREDICTED,
    RECEIVED,
    PACE,
    CPU_PER_MB,
    CPU_PER_MESSAGE,
    CPU_PER_RUN,
    EXTRA_CPU,
    MEMORY,
    VOLUNTARY,
    INVOLUNTARY,
    PROCESSES,
    THREADS,
    RATIO,
    SHORTEST_WAIT,
    CLIENTS,
    MESSAGES,
    ANSWERS,
    GUESS,
    RUNS,
    LEAST_DONE,
    MOST_DONE,
    LEAST_CPU,
    MOST_CPU,
    OTHERS,
    IN_FLIGHT,
    THINK,
    STAGGER,
    VALUES,
};

enum best {
    NONE,
    LEAST,
    MOST
};

/* The columns of the table.  A line feed in a head begins a new line of it. */
static const struct column {
    const char *head;
    enum value value;
    enum kind kind;
    enum best best;
    int leave_out; /* where there is no room; the greatest goes first.  The
                    * pictures show the same. */
    const char *between; /* the two values of a pair */
} columns[] = {
    {"all\ndone", ALL_DONE, KIND_TIME, LEAST, ALWAYS, ""},
    {"longest wait\nfor the first\nanswer", LONGEST_WAIT, KIND_TIME, LEAST, 2,
     ""},
    {"served\nat once", AT_ONCE, KIND_COUNT, MOST, 1, ""},
    {"predicted", PREDICTED, KIND_TIME, NONE, ALWAYS, ""},
    {"files\nreceived", PACE, KIND_PACE, MOST, ALWAYS, ""},
    {"CPU\nper\nMB", CPU_PER_MB, KIND_CPU, LEAST, ALWAYS, ""},
    {"CPU\nper\nmessage", CPU_PER_MESSAGE, KIND_CPU, LEAST, ALWAYS, ""},
    {"CPU\nper\nrun", CPU_PER_RUN, KIND_CPU, LEAST, ALWAYS, ""},
    {"extra\nCPU per\nclient", EXTRA_CPU, KIND_EXTRA_CPU, NONE, ALWAYS, ""},
    {"peak\nmemory", MEMORY, KIND_MEMORY, LEAST, ALWAYS, ""},
    {"context\nswitches:\nvoluntary,\ninvoluntary", VOLUNTARY, KIND_PAIR, NONE,
     ALWAYS, ", "},
    {"processes\nx threads", PROCESSES, KIND_PAIR, NONE, 3, " x "},
};

#define COLUMNS COUNT(columns)

/* The columns of the CSV, in their order. */
static const struct {
    const char *name;
    enum value value;
    enum kind kind;
} csv_columns[] = {
    {"processes", PROCESSES, KIND_COUNT},
    {"threads", THREADS, KIND_COUNT},
    {"served_at_once", AT_ONCE, KIND_COUNT},
    {"all_done_s", ALL_DONE, KIND_TIME},
    {"predicted_s", PREDICTED, KIND_TIME},
    {"ratio", RATIO, KIND_RATIO},
    {"first_answer_min_s", SHORTEST_WAIT, KIND_TIME},
    {"first_answer_max_s", LONGEST_WAIT, KIND_TIME},
    {"cpu_s", CPU_PER_RUN, KIND_CPU},
    {"own_cpu_per_client_s", EXTRA_CPU, KIND_EXTRA_CPU},
    {"peak_memory_bytes", MEMORY, KIND_MEMORY},
    {"voluntary_switches", VOLUNTARY, KIND_COUNT},
    {"involuntary_switches", INVOLUNTARY, KIND_COUNT},
    {"clients", CLIENTS, KIND_COUNT},
    {"messages", MESSAGES, KIND_COUNT},
    {"answers", ANSWERS, KIND_COUNT},
    {"guess_s", GUESS, KIND_TIME},
    {"runs", RUNS, KIND_COUNT},
    {"all_done_min_s", LEAST_DONE, KIND_TIME},
    {"all_done_max_s", MOST_DONE, KIND_TIME},
    {"cpu_min_s", LEAST_CPU, KIND_CPU},
    {"cpu_max_s", MOST_CPU, KIND_CPU},
    {"cores_of_others", OTHERS, KIND_RATIO},
    {"in_flight", IN_FLIGHT, KIND_COUNT},
    {"think_s", THINK, KIND_TIME},
    {"stagger_s", STAGGER, KIND_TIME},
    {"received_bytes", RECEIVED, KIND_COUNT},
    {"received_bytes_per_s", PACE, KIND_PACE},
};

/* For what a table is written. */
enum form {
    FOR_TERMINAL,
    FOR_HTML,
    FOR_MARKDOWN,
};

struct table {
    FILE *out;
    enum form form;
    const struct trial *trials;
    int count;
    int width; /* of a line, for a terminal */
    bool colour;
    bool utf8;
    bool has_note; /* one has been written */
    int label_width;
    int64_t longest_ns; /* which the longest bar shows */
    int bar_width; /* of it, behind the last column; 0: there are no bars */
    struct {
        bool shown;
        int width;
        struct text_scale scale;
        char best[CELL_MAX]; /* the text to emphasize; "": none */
    } columns[COLUMNS];
};

static bool
is_whole(const struct trial *t)
{
    return *t->failure == '\0';
}

/* Returns how many bytes of files the clients have received. */
static int64_t
received(const struct record *r)
{
    int64_t bytes = 0;

    for (int i = 0; r->plan.service == PLAN_FILE && i < r->plan.clients; i++)
        bytes += r->clients[i].bytes;
    return bytes;
}

/* Returns a value of a trial, or TRIAL_UNKNOWN. */
static int64_t
value_of(const struct trial *t, enum value value)
{
    const struct figures *f = &t->figures;
    const struct trial_cost *cost = &t->cost;
    int64_t answers = f->acks + f->naks;
    int64_t bytes = received(&t->record);
    bool is_predicted = t->predicted_ns != RECORD_NEVER;
    bool is_answered = f->first.count > 0;
    const int64_t values[VALUES] = {
        [ALL_DONE] = is_whole(t) ? f->all_done_ns : TRIAL_UNKNOWN,
        [LONGEST_WAIT] =
            is_answered && is_whole(t) ? f->first.max_ns : TRIAL_UNKNOWN,
        [AT_ONCE] = f->at_once >= 0 ? f->at_once : TRIAL_UNKNOWN,
        [PREDICTED] = is_predicted ? t->predicted_ns : TRIAL_UNKNOWN,
        [RECEIVED] = bytes > 0 ? bytes : TRIAL_UNKNOWN,
        [PACE] = bytes > 0 && is_whole(t)
                     ? (int64_t)((double)bytes / clock_seconds(f->all_done_ns))
                     : TRIAL_UNKNOWN,
        [CPU_PER_MB] =
            cost->cpu_ns != TRIAL_UNKNOWN && bytes > 0
                ? (int64_t)((double)cost->cpu_ns * MB / (double)bytes)
                : TRIAL_UNKNOWN,
        [CPU_PER_MESSAGE] =
            cost->cpu_ns != TRIAL_UNKNOWN && answers > 0 && bytes == 0
                ? cost->cpu_ns / answers
                : TRIAL_UNKNOWN,
        [CPU_PER_RUN] = cost->cpu_ns,
        [EXTRA_CPU] = cost->own_cpu_ns,
        [MEMORY] = cost->peak_bytes,
        [VOLUNTARY] = cost->voluntary,
        [INVOLUNTARY] = cost->involuntary,
        [PROCESSES] = cost->processes,
        [THREADS] = cost->threads,
        [RATIO] = is_whole(t) && t->predicted_ns > 0
                      ? f->all_done_ns * 1000 / t->predicted_ns
                      : TRIAL_UNKNOWN,
        [SHORTEST_WAIT] = is_answered ? f->first.min_ns : TRIAL_UNKNOWN,
        [CLIENTS] = t->record.plan.clients,
        [MESSAGES] = t->record.plan.messages,
        [ANSWERS] = answers,
        [GUESS] = t->guess_ns != RECORD_NEVER ? t->guess_ns : TRIAL_UNKNOWN,
        [RUNS] = t->runs,
        [LEAST_DONE] = is_whole(t) ? t->least_ns : TRIAL_UNKNOWN,
        [MOST_DONE] = is_whole(t) ? t->most_ns : TRIAL_UNKNOWN,
        [LEAST_CPU] = cost->cpu_least_ns,
        [MOST_CPU] = cost->cpu_most_ns,
        [OTHERS] = cost->others,
        [IN_FLIGHT] = t->record.plan.pipeline,
        [THINK] = t->record.plan.think_ns,
        [STAGGER] = t->record.plan.stagger_ns,
    };

    return values[value];
}

/* Returns whether a server took a quarter longer than predicted, or was as much
 * faster, and the difference is not too short to mean anything.  If compare was
 * stopped meanwhile, nobody knows. */
static bool
is_missed(const struct trial *t)
{
    int64_t ratio = value_of(t, RATIO);

    return ratio != TRIAL_UNKNOWN && t->record.stopped_ns == 0 &&
           (ratio > 1250 || ratio < 800) &&
           llabs(t->figures.all_done_ns - t->predicted_ns) >= MISS_NS;
}

/* Returns whether a model's extra CPU time is less than what runs of the same
 * server differ by. */
static bool
is_noise(const struct trial *t)
{
    return t->cost.own_cpu_ns != TRIAL_UNKNOWN &&
           llabs(t->cost.own_cpu_ns) <= t->cost.noise_ns;
}

/* Returns the scale for all values of a kind: one unit, with so many decimals
 * that the smallest value does not read as 0. */
static struct text_scale
find_scale(const struct table *t, enum kind kind)
{
    int64_t min_ns = INT64_MAX;
    int64_t max_ns = 0;
    struct text_scale scale;

    for (int i = 0; i < t->count; i++)
        for (size_t c = 0; c < COLUMNS; c++) {
            int64_t ns = value_of(&t->trials[i], columns[c].value);

            if (columns[c].kind != kind || !t->columns[c].shown ||
                ns == TRIAL_UNKNOWN || ns == 0 || !is_whole(&t->trials[i]) ||
                (kind == KIND_EXTRA_CPU && is_noise(&t->trials[i])))
                continue;
            if (llabs(ns) < min_ns)
                min_ns = llabs(ns);
            if (llabs(ns) > max_ns)
                max_ns = llabs(ns);
        }
    scale = text_scale(max_ns, max_ns);
    while (scale.decimals < PLACES_MAX &&
           strtod(TEXT_SCALED(&scale, min_ns, false), NULL) <= 0)
        scale.decimals++;
    return scale;
}

/* Writes a cell: "-" for a value that could not be measured, nothing where
 * there is no prediction, or nothing to compare with. */
static void
write_cell(char cell[CELL_MAX], const struct table *table,
           const struct trial *t, size_t column)
{
    const struct column *c = &columns[column];
    int64_t value = value_of(t, c->value);
    bool may_lack = c->value == PREDICTED || c->value == EXTRA_CPU;
    int len;

    if (value == TRIAL_UNKNOWN) {
        snprintf(cell, CELL_MAX, "%s", may_lack ? "" : "-");
    } else if (c->kind == KIND_TIME || c->kind == KIND_CPU) {
        text_scaled(cell, &table->columns[column].scale, value, false);
    } else if (c->kind == KIND_EXTRA_CPU && is_noise(t)) {
        snprintf(cell, CELL_MAX, ABOUT_0);
    } else if (c->kind == KIND_EXTRA_CPU) {
        len = snprintf(
            cell, CELL_MAX, "%c%s", value < 0 ? '-' : '+',
            TEXT_SCALED(&table->columns[column].scale, llabs(value), false));
        if (t->runs > 1)
            snprintf(cell + len, CELL_MAX - (size_t)len, " %s%s",
                     table->utf8 ? PLUS_MINUS : "+-",
                     TEXT_SCALED(&table->columns[column].scale,
                                 t->cost.noise_ns, false));
    } else {
        len = snprintf(cell, CELL_MAX, "%.*f", forms[c->kind].decimals,
                       (double)value / forms[c->kind].unit);
        if (c->kind == KIND_PAIR)
            snprintf(cell + len, CELL_MAX - (size_t)len, "%s%" PRId64,
                     c->between, value_of(t, c->value + 1));
    }
}

/* Returns the unit of a column; "" if its figures are counts. */
static const char *
unit_of(const struct table *t, size_t column)
{
    switch (columns[column].kind) {
    case KIND_TIME:
    case KIND_CPU:
    case KIND_EXTRA_CPU:
        return t->columns[column].scale.unit;
    case KIND_MEMORY:
        return "MiB";
    case KIND_PACE:
        return "MB/s";
    default:
        return "";
    }
}

static void
widen(int *width, const char *text)
{
    int needed = text_columns(text);

    if (needed > *width)
        *width = needed;
}

/* Writes line number n of a head, whose last line is the unit.  Returns false
 * if the head has fewer lines. */
static bool
write_head_line(char line[CELL_MAX], const struct table *t, size_t column,
                int n)
{
    const char *head = columns[column].head;

    for (; n > 0 && head != NULL; n--) {
        head = strchr(head, '\n');
        if (head != NULL)
            head++;
    }
    if (head != NULL) {
        snprintf(line, CELL_MAX, "%.*s", (int)strcspn(head, "\n"), head);
        return true;
    }
    snprintf(line, CELL_MAX, "%s", n == 0 ? unit_of(t, column) : "");
    return *line != '\0';
}

static int
head_lines(const struct table *t, size_t column)
{
    char line[CELL_MAX];
    int n = 0;

    while (write_head_line(line, t, column, n))
        n++;
    return n;
}

/* Shows the columns that have a figure of some server.  The CPU time is per
 * run only if nothing was answered, and per MB instead of per message if the
 * answers are files. */
static void
choose_columns(struct table *t)
{
    for (int i = 0; i < t->count; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            if (is_whole(&t->trials[i]) &&
                value_of(&t->trials[i], columns[c].value) != TRIAL_UNKNOWN)
                t->columns[c].shown = columns[c].value != CPU_PER_RUN ||
                                      t->trials[i].record.plan.messages == 0;
}

/* Finds the best figure of a column, unless all servers have it.  A server that
 * was not told how much to work may be quick because it does no work. */
static void
find_best(struct table *t, size_t column)
{
    const struct trial *best = NULL;
    enum value value = columns[column].value;
    char cell[CELL_MAX];
    bool differs = false;

    for (int i = 0; i < t->count && columns[column].best != NONE; i++) {
        const struct trial *trial = &t->trials[i];

        if (is_whole(trial) && trial->lacks_mark == NULL &&
            value_of(trial, value) != TRIAL_UNKNOWN &&
            (best == NULL ||
             (columns[column].best == LEAST
                  ? value_of(trial, value) < value_of(best, value)
                  : value_of(trial, value) > value_of(best, value))))
            best = trial;
    }
    if (best == NULL)
        return;
    write_cell(t->columns[column].best, t, best, column);
    for (int i = 0; i < t->count; i++) {
        write_cell(cell, t, &t->trials[i], column);
        differs = differs || (is_whole(&t->trials[i]) &&
                              strcmp(cell, t->columns[column].best) != 0);
    }
    if (!differs)
        *t->columns[column].best = '\0';
}

/* Finds out how wide a column must be. */
static void
measure(struct table *t, size_t column)
{
    char text[CELL_MAX];

    for (int i = 0; i < head_lines(t, column); i++) {
        write_head_line(text, t, column, i);
        widen(&t->columns[column].width, text);
    }
    for (int i = 0; i < t->count; i++)
        if (is_whole(&t->trials[i])) {
            write_cell(text, t, &t->trials[i], column);
            widen(&t->columns[column].width, text);
        }
}

/* Returns the column after the last that fits beside column from into a line.
 */
static size_t
last_fitting(const struct table *t, size_t from)
{
    int used = t->label_width;
    bool any = false;

    for (size_t c = from; c < COLUMNS; c++) {
        if (!t->columns[c].shown)
            continue;
        used += GAP + t->columns[c].width;
        if (used > t->width && any)
            return c;
        any = true;
    }
    return COLUMNS;
}

/* Leaves out columns until the others fit into a line, as far as that goes. */
static void
leave_out(struct table *t)
{
    while (last_fitting(t, 0) < COLUMNS) {
        int most = ALWAYS;
        size_t found = COLUMNS;

        for (size_t c = 0; c < COLUMNS; c++)
            if (t->columns[c].shown && columns[c].leave_out > most) {
                most = columns[c].leave_out;
                found = c;
            }
        if (found == COLUMNS)
            return;
        t->columns[found].shown = false;
    }
}

/* Finds out what the longest bar shows, and how much room the columns leave for
 * it.  One server has nothing that its bar could be compared with. */
static void
plan_bars(struct table *t)
{
    int room = t->width - t->label_width - GAP;

    for (int i = 0; i < t->count; i++)
        if (value_of(&t->trials[i], ALL_DONE) > t->longest_ns)
            t->longest_ns = value_of(&t->trials[i], ALL_DONE);
    for (size_t c = 0; c < COLUMNS; c++)
        if (t->columns[c].shown)
            room -= GAP + t->columns[c].width;
    if (room >= BAR_MIN && t->longest_ns > 0 && t->count > 1)
        t->bar_width = room < BAR_MAX ? room : BAR_MAX;
}

static struct table
new_table(FILE *out, const struct trial *trials, int count, enum form form,
          const struct terminal *terminal)
{
    struct table t = {
        .out = out,
        .form = form,
        .trials = trials,
        .count = count,
        .width = terminal->width,
        .colour = terminal->colour,
        .utf8 = terminal->utf8,
    };

    widen(&t.label_width, "server");
    for (int i = 0; i < count; i++)
        widen(&t.label_width, trials[i].label);
    if (t.label_width > LABEL_MAX)
        t.label_width = LABEL_MAX;
    choose_columns(&t);
    for (size_t c = 0; c < COLUMNS; c++) {
        t.columns[c].scale = find_scale(&t, columns[c].kind);
        find_best(&t, c);
        measure(&t, c);
    }
    if (form == FOR_TERMINAL)
        leave_out(&t);
    plan_bars(&t);
    return t;
}

/* Writes text at the right of its column, the best figure in bold.  *blanks
 * counts those that are due before it, so that none end a line. */
static void
put_cell(const struct table *t, size_t column, const char *text, int *blanks)
{
    bool is_best = t->colour && strcmp(text, t->columns[column].best) == 0;

    *blanks += GAP + t->columns[column].width - text_columns(text);
    if (*text == '\0')
        return;
    fprintf(t->out, "%*s%s%s%s", *blanks, "", is_best ? BOLD : "", text,
            is_best ? PLAIN : "");
    *blanks = 0;
}

/* Writes the heads of columns, whose last lines are beside each other. */
static void
draw_head(const struct table *t, size_t from, size_t to)
{
    char text[CELL_MAX];
    int lines = 1;

    for (size_t c = from; c < to; c++)
        if (t->columns[c].shown && head_lines(t, c) > lines)
            lines = head_lines(t, c);
    for (int i = 0; i < lines; i++) {
        const char *label = i == lines - 1 ? "server" : "";
        int blanks = t->label_width - (int)strlen(label);

        fputs(label, t->out);
        for (size_t c = from; c < to; c++) {
            int n = i - (lines - head_lines(t, c));

            if (!t->columns[c].shown)
                continue;
            *text = '\0';
            if (n >= 0)
                write_head_line(text, t, c, n);
            put_cell(t, c, text, &blanks);
        }
        if (t->bar_width > 0 && i >= lines - 2)
            fprintf(t->out, "%*s%s", blanks + GAP, "",
                    i == lines - 1 ? "done" : "all");
        putc('\n', t->out);
    }
}

/* Writes the row of a trial, or why it failed; that is said only once. */
static void
draw_row(const struct table *t, const struct trial *trial, size_t from,
         size_t to)
{
    char cell[CELL_MAX];
    int blanks = 0;

    if (!is_whole(trial) && from > 0)
        return;
    text_cell(t->out, trial->label, t->label_width);
    if (!is_whole(trial)) {
        fprintf(t->out, "  %s", t->colour ? RED : "");
        text_words(t->out, trial->failure, t->label_width + 2, t->width);
        if (t->colour)
            fputs(PLAIN, t->out);
        return;
    }
    for (size_t c = from; c < to; c++) {
        if (!t->columns[c].shown)
            continue;
        write_cell(cell, t, trial, c);
        put_cell(t, c, cell, &blanks);
    }
    if (t->bar_width > 0) {
        fprintf(t->out, "%*s", blanks + GAP, "");
        text_bar(t->out, value_of(trial, ALL_DONE), t->longest_ns, t->bar_width,
                 t->utf8);
    }
    putc('\n', t->out);
}

/* Writes what else there is to say about a server; "" if there is nothing. */
static const char *
write_remark(char out[NOTE_MAX], const struct trial *t)
{
    snprintf(out, NOTE_MAX, "%s", t->remark);
    if (*t->remark == '\0' && t->record.stopped_ns > 0)
        snprintf(out, NOTE_MAX,
                 "compare did not run for %s, because it was stopped or the "
                 "machine was busy; the times include that",
                 TEXT_TIME(t->record.stopped_ns));
    return out;
}

/* Writes a sentence below the table. */
static void __attribute__((format(printf, 3, 4)))
put_note(struct table *t, int indent, const char *format, ...)
{
    char note[NOTE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof(note), format, args);
    va_end(args);
    switch (t->form) {
    case FOR_TERMINAL:
        if (!t->has_note)
            putc('\n', t->out);
        t->has_note = true;
        text_words(t->out, note, indent, t->width);
        break;
    case FOR_HTML:
        fputs("<p class=\"note\">", t->out);
        xml_text(t->out, note);
        fputs("</p>\n", t->out);
        break;
    case FOR_MARKDOWN:
        fputs(t->has_note ? "- " : "\n- ", t->out);
        t->has_note = true;
        markdown_text(t->out, note);
        putc('\n', t->out);
        break;
    }
}

/* Returns the first server whose figures the others are compared with; NULL:
 * there is none. */
static const struct trial *
find_baseline(const struct table *table)
{
    for (int i = 0; i < table->count; i++)
        if (table->trials[i].serves_one_at_a_time &&
            is_whole(&table->trials[i]))
            return &table->trials[i];
    return NULL;
}

/* Says of how many runs the figures are, and how much the times of the runs
 * differ. */
static void
explain_runs(struct table *table)
{
    const struct trial *most = NULL;

    for (int i = 0; i < table->count; i++) {
        const struct trial *t = &table->trials[i];

        if (is_whole(t) && t->runs > 1 &&
            (most == NULL ||
             t->most_ns - t->least_ns > most->most_ns - most->least_ns))
            most = t;
    }
    if (most == NULL)
        return;
    put_note(
        table, 0,
        "medians of %d runs; %s: the greatest difference between a run and "
        "the median; all done differs most for %s, %s to %s",
        most->runs, table->utf8 ? PLUS_MINUS : "+-", most->label,
        TEXT_TIME(most->least_ns), TEXT_TIME(most->most_ns));
}

/* Says whether other programs used the cores, since that makes runs longer. */
static void
put_others(struct table *table)
{
    char of[48] = "the server";
    int64_t most = 0;
    int disturbed = 0;

    for (int i = 0; i < table->count; i++) {
        int64_t others = table->trials[i].cost.others;

        if (others == TRIAL_UNKNOWN || others < OTHERS_MIN)
            continue;
        disturbed++;
        most = others > most ? others : most;
    }
    if (disturbed == 0)
        return;
    if (table->count > 1)
        snprintf(of, sizeof(of), "%d of %d servers", disturbed, table->count);
    put_note(
        table, 2,
        "! other programs used up to %.1f cores while %s ran, so times may "
        "be longer than on a quiet machine",
        (double)most / 1000, of);
}

/* Explains those figures of the table that need it. */
static void
explain(struct table *table)
{
    const struct trial *baseline = find_baseline(table);
    const struct trial *noise = NULL;
    bool is_many = false;
    bool is_compared = false;
    bool is_unknown = false;

    for (int i = 0; i < table->count; i++) {
        const struct trial *t = &table->trials[i];
        char cell[CELL_MAX];

        if (!is_whole(t))
            continue;
        is_many = is_many || (t->cost.processes > 1 &&
                              t->cost.peak_bytes != TRIAL_UNKNOWN);
        is_compared = is_compared || t->cost.own_cpu_ns != TRIAL_UNKNOWN;
        if (is_noise(t))
            noise = t;
        for (size_t c = 0; c < COLUMNS; c++) {
            write_cell(cell, table, t, c);
            is_unknown = is_unknown ||
                         (table->columns[c].shown && strcmp(cell, "-") == 0);
        }
    }
    explain_runs(table);
    if (is_compared && baseline != NULL)
        put_note(table, 0, "extra CPU per client: compared with %s%s%s%s",
                 baseline->label,
                 noise != NULL ? "; " ABOUT_0 ": at most " : "",
                 noise != NULL ? TEXT_TIME(noise->cost.noise_ns) : "",
                 noise == NULL ? ""
                 : noise->runs > 1
                     ? ", since the runs differ as much"
                     : ", since runs of the same server differ as much (--runs "
                       "measures that)");
    if (is_many)
        put_note(table, 0,
                 "peak memory: of all processes of a server together "
                 "(PSS)");
    if (is_unknown)
        put_note(table, 0, "-: could not be measured");
}

/* Says of many servers in one note that they have missed their predictions.
 * Returns false, and writes nothing, if they are few. */
static bool
put_missed(struct table *table)
{
    int64_t least = INT64_MAX;
    int64_t most = 0;
    int missed = 0;

    for (int i = 0; i < table->count; i++) {
        int64_t ratio = value_of(&table->trials[i], RATIO);

        if (!is_missed(&table->trials[i]))
            continue;
        missed++;
        least = ratio < least ? ratio : least;
        most = ratio > most ? ratio : most;
    }
    if (missed <= MISSED_MAX)
        return false;
    put_note(table, 2,
             "! %d of %d servers took %.2f to %.2f times the time predicted",
             missed, table->count, (double)least / 1000, (double)most / 1000);
    return true;
}

/* Writes the remarks on the servers, and what the reader must know about the
 * figures. */
static void
put_notes(struct table *table)
{
    bool told = put_missed(table);

    for (int i = 0; i < table->count; i++) {
        const struct trial *t = &table->trials[i];
        char remark[NOTE_MAX];

        if (!told && is_missed(t))
            put_note(table, 2, "! %s took %.2f times the time predicted: %s",
                     t->label, (double)value_of(t, RATIO) / 1000, t->formula);
        if (t->figures.late > 0)
            put_note(table, 2,
                     "! %s: %d of %d clients had to try again after a second, "
                     "because its accept queue was full (-b)",
                     t->label, t->figures.late, t->record.plan.clients);
        if (*write_remark(remark, t) != '\0')
            put_note(table, 2, "! %s: %s", t->label, remark);
        if (t->lacks_mark != NULL)
            put_note(table, 2,
                     "! %s: its command has no %s, so it does not know how "
                     "much to work per message; add %s to its options",
                     t->label, t->lacks_mark, t->lacks_mark);
    }
    put_others(table);
    explain(table);
}

void
table_draw(FILE *out, const struct trial *trials, int count,
           const struct terminal *terminal)
{
    struct table t = new_table(out, trials, count, FOR_TERMINAL, terminal);
    size_t to;

    for (size_t from = 0; from < COLUMNS; from = to) {
        to = last_fitting(&t, from);
        if (from > 0)
            putc('\n', out);
        draw_head(&t, from, to);
        for (int i = 0; i < count; i++)
            draw_row(&t, &trials[i], from, to);
    }
    put_notes(&t);
}

/* A page has as many columns as it needs. */
static const struct terminal page_terminal = {.utf8 = true};

static void
html_head(const struct table *t)
{
    fputs("<thead>\n<tr><th scope=\"col\">server</th>", t->out);
    for (size_t c = 0; c < COLUMNS; c++) {
        const char *unit = unit_of(t, c);

        if (t->columns[c].shown)
            fprintf(t->out, "<th scope=\"col\">%s%s%s%s</th>", columns[c].head,
                    *unit != '\0' ? " (" : "", unit, *unit != '\0' ? ")" : "");
    }
    fputs("</tr>\n</thead>\n", t->out);
}

/* Returns how many columns are shown. */
static int
count_shown(const struct table *t)
{
    int shown = 0;

    for (size_t c = 0; c < COLUMNS; c++)
        shown += t->columns[c].shown;
    return shown;
}

static void
html_row(const struct table *t, const struct trial *trial)
{
    char cell[CELL_MAX];

    fputs("<tr><th scope=\"row\">", t->out);
    xml_text(t->out, trial->label);
    fputs("</th>", t->out);
    if (!is_whole(trial)) {
        fprintf(t->out, "<td class=\"failure\" colspan=\"%d\">",
                count_shown(t));
        xml_text(t->out, trial->failure);
        fputs("</td>", t->out);
    }
    for (size_t c = 0; is_whole(trial) && c < COLUMNS; c++) {
        bool is_best;

        if (!t->columns[c].shown)
            continue;
        write_cell(cell, t, trial, c);
        is_best = *cell != '\0' && strcmp(cell, t->columns[c].best) == 0;
        fputs("<td class=\"n\"", t->out);
        if (columns[c].value == ALL_DONE && t->longest_ns > 0)
            fprintf(t->out, " style=\"--bar:%.0f%%\"",
                    100 * (double)value_of(trial, ALL_DONE) /
                        (double)t->longest_ns);
        fprintf(t->out, ">%s%s%s</td>", is_best ? "<strong>" : "", cell,
                is_best ? "</strong>" : "");
    }
    fputs("</tr>\n", t->out);
}

void
table_html(FILE *out, const struct trial *trials, int count)
{
    struct table t = new_table(out, trials, count, FOR_HTML, &page_terminal);

    fputs("<table class=\"comparison\">\n"
          "<caption>One row per server</caption>\n",
          out);
    html_head(&t);
    fputs("<tbody>\n", out);
    for (int i = 0; i < count; i++)
        html_row(&t, &trials[i]);
    fputs("</tbody>\n</table>\n", out);
    put_notes(&t);
}

/* Writes the row of the heads, and the line below it. */
static void
markdown_head(const struct table *t)
{
    fputs("| server |", t->out);
    for (size_t c = 0; c < COLUMNS; c++) {
        const char *unit = unit_of(t, c);

        if (!t->columns[c].shown)
            continue;
        putc(' ', t->out);
        markdown_text(t->out, columns[c].head);
        fprintf(t->out, "%s%s%s |", *unit != '\0' ? " (" : "", unit,
                *unit != '\0' ? ")" : "");
    }
    fputs("\n| --- |", t->out);
    for (int i = 0; i < count_shown(t); i++)
        fputs(" ---: |", t->out);
    putc('\n', t->out);
}

static void
markdown_row(const struct table *t, const struct trial *trial)
{
    char cell[CELL_MAX];

    fputs("| ", t->out);
    markdown_text(t->out, trial->label);
    fputs(" |", t->out);
    if (!is_whole(trial)) {
        fputs(" failed: ", t->out);
        markdown_text(t->out, trial->failure);
        fputs(" |", t->out);
    }
    for (size_t c = 0; is_whole(trial) && c < COLUMNS; c++) {
        const char *mark = "";

        if (!t->columns[c].shown)
            continue;
        write_cell(cell, t, trial, c);
        if (*cell != '\0' && strcmp(cell, t->columns[c].best) == 0)
            mark = "**";
        fprintf(t->out, " %s%s%s |", mark, cell, mark);
    }
    putc('\n', t->out);
}

void
table_markdown(FILE *out, const struct trial *trials, int count)
{
    struct table t =
        new_table(out, trials, count, FOR_MARKDOWN, &page_terminal);

    markdown_head(&t);
    for (int i = 0; i < count; i++)
        markdown_row(&t, &trials[i]);
    put_notes(&t);
}

/* Writes a comma and a value in its base unit; nothing after the comma if the
 * value is not known. */
static void
csv_value(FILE *out, const struct trial *t, size_t column)
{
    enum kind kind = csv_columns[column].kind;
    int64_t value = value_of(t, csv_columns[column].value);

    putc(',', out);
    if (value != TRIAL_UNKNOWN)
        fprintf(out, "%.*f", forms[kind].csv_decimals,
                (double)value / forms[kind].csv_unit);
}

void
table_csv(FILE *out, const struct trial *trials, int count,
          const struct csv_conditions *conditions)
{
    char remark[NOTE_MAX];

    fputs("version,model", out);
    for (size_t c = 0; c < COUNT(csv_columns); c++)
        fprintf(out, ",%s", csv_columns[c].name);
    fputs(",failure,remark,delay_s,cpu_per_message_s,date,program_version\n",
          out);
    for (int i = 0; i < count; i++) {
        fputs("2,", out);
        csv_field(out, trials[i].label);
        for (size_t c = 0; c < COUNT(csv_columns); c++)
            csv_value(out, &trials[i], c);
        putc(',', out);
        csv_field(out, trials[i].failure);
        putc(',', out);
        csv_field(out, write_remark(remark, &trials[i]));
        fprintf(out, ",%.6f,%.6f,%s,%s\n", clock_seconds(conditions->delay_ns),
                clock_seconds(conditions->cpu_ns), conditions->date,
                COMMAND_LINE_VERSION);
    }
}

#include "client/compare/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/csv.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "common/clock.h"

#define CELL_MAX     48
#define NOTE_MAX     640
#define LABEL_MAX    24 /* columns of a server's name */
#define MIB          1048576
#define OWN_DECIMALS 2 /* at least, since it is a difference of two others */
#define MISS_NS      (50 * CLOCK_MS)

enum kind {
    KIND_COUNT,
    KIND_PROCESSES, /* "6 x 1": processes and threads */
    KIND_RATIO,     /* in thousandths */
    KIND_MEMORY,    /* bytes */
    KIND_TIME,      /* nanoseconds */
    KIND_CPU,       /* nanoseconds */
    KIND_OWN_CPU,   /* nanoseconds, with a sign */
};

/* By what a value is divided, and how many decimals are written: in CSV, and
 * for people.  Times are written for people by the scale of the table. */
static const struct {
    double csv_unit, unit;
    int csv_decimals, decimals;
} forms[] = {
    [KIND_COUNT] = {1, 1, 0, 0},     [KIND_PROCESSES] = {1, 1, 0, 0},
    [KIND_RATIO] = {1e3, 1e3, 3, 2}, [KIND_MEMORY] = {1, MIB, 0, 1},
    [KIND_TIME] = {1e9, 0, 6, 0},    [KIND_CPU] = {1e9, 0, 6, 0},
    [KIND_OWN_CPU] = {1e9, 0, 6, 0},
};

enum column_name {
    PROCESSES,
    AT_ONCE,
    TOOK,
    PREDICTED,
    RATIO,
    FIRST_ANSWER_MIN,
    FIRST_ANSWER_MAX,
    CPU,
    OWN_CPU,
    MEMORY,
    VOLUNTARY,
    INVOLUNTARY,
    SHOWN, /* so many columns are shown; the others are only in the CSV */
    CLIENTS = SHOWN,
    MESSAGES,
    ANSWERS,
    GUESS,
    COLUMNS,
};

/* Columns of the same group are side by side, under one head.  (unit) in a head
 * stands for the unit of the group's times. */
static const struct column {
    const char *group;
    const char *head;
    const char *csv;
    enum kind kind;
} columns[COLUMNS] = {
    [PROCESSES] = {"processes", "x threads", "processes,threads",
                   KIND_PROCESSES},
    [AT_ONCE] = {"at", "once", "served_at_once", KIND_COUNT},
    [TOOK] = {"time for all (unit)", "took", "all_done_s", KIND_TIME},
    [PREDICTED] = {"time for all (unit)", "predicted", "predicted_s",
                   KIND_TIME},
    [RATIO] = {"time for all (unit)", "ratio", "ratio", KIND_RATIO},
    [FIRST_ANSWER_MIN] = {"1st answer", "min", "first_answer_min_s", KIND_TIME},
    [FIRST_ANSWER_MAX] = {"1st answer", "max", "first_answer_max_s", KIND_TIME},
    [CPU] = {"CPU (unit)", "all", "cpu_s", KIND_CPU},
    [OWN_CPU] = {"CPU (unit)", "own", "own_cpu_per_client_s", KIND_OWN_CPU},
    [MEMORY] = {"memory", "MiB", "peak_memory_bytes", KIND_MEMORY},
    [VOLUNTARY] = {"switches", "vol.", "voluntary_switches", KIND_COUNT},
    [INVOLUNTARY] = {"switches", "inv.", "involuntary_switches", KIND_COUNT},
    [CLIENTS] = {.csv = "clients", .kind = KIND_COUNT},
    [MESSAGES] = {.csv = "messages", .kind = KIND_COUNT},
    [ANSWERS] = {.csv = "answers", .kind = KIND_COUNT},
    [GUESS] = {.csv = "guess_s", .kind = KIND_TIME},
};

static const char *const notes[] = {
    "at once: the most clients in service at one moment.",
    "1st answer: the shortest and longest time that a client waited for it.",
    "CPU: time of the server and its children, from the first client on.",
    "own: what the model costs per client: CPU above serving one at a time.",
    "memory: the most that all its processes had at one moment (PSS).",
    "switches: context switches, voluntary and involuntary.",
};

struct table {
    FILE *out;
    const struct trial *trials;
    int count;
    int width;               /* of a line; 0: the table is HTML */
    struct text_scale times; /* of all columns of KIND_TIME */
    struct text_scale cpu;   /* of KIND_CPU and KIND_OWN_CPU */
    int label_width;
    int widths[SHOWN];
};

static bool
is_whole(const struct trial *t)
{
    return *t->failure == '\0';
}

/* Returns a value of a trial, or TRIAL_UNKNOWN. */
static int64_t
value_of(const struct trial *t, size_t column)
{
    const struct figures *f = &t->figures;
    const struct trial_cost *cost = &t->cost;
    bool is_predicted = t->predicted_ns != RECORD_NEVER;
    bool is_answered = f->first.count > 0;
    const int64_t values[COLUMNS] = {
        [PROCESSES] = cost->processes,
        [AT_ONCE] = f->at_once >= 0 ? f->at_once : TRIAL_UNKNOWN,
        [TOOK] = is_whole(t) ? f->all_done_ns : TRIAL_UNKNOWN,
        [PREDICTED] = is_predicted ? t->predicted_ns : TRIAL_UNKNOWN,
        [RATIO] = is_whole(t) && t->predicted_ns > 0
                      ? f->all_done_ns * 1000 / t->predicted_ns
                      : TRIAL_UNKNOWN,
        [FIRST_ANSWER_MIN] = is_answered ? f->first.min_ns : TRIAL_UNKNOWN,
        [FIRST_ANSWER_MAX] =
            is_answered && is_whole(t) ? f->first.max_ns : TRIAL_UNKNOWN,
        [CPU] = cost->cpu_ns,
        [OWN_CPU] = cost->own_cpu_ns,
        [MEMORY] = cost->peak_bytes,
        [VOLUNTARY] = cost->voluntary,
        [INVOLUNTARY] = cost->involuntary,
        [CLIENTS] = t->record.plan.clients,
        [MESSAGES] = t->record.plan.messages,
        [ANSWERS] = f->acks + f->naks,
        [GUESS] = t->guess_ns != RECORD_NEVER ? t->guess_ns : TRIAL_UNKNOWN,
    };

    return values[column];
}

/* Returns whether a server took a quarter longer than predicted, or was as much
 * faster, and the difference is not too short to mean anything.  If compare was
 * stopped meanwhile, nobody knows. */
static bool
is_missed(const struct trial *t)
{
    int64_t ratio = value_of(t, RATIO);

    return ratio != TRIAL_UNKNOWN && !t->at_least &&
           t->record.stopped_ns == 0 && (ratio > 1250 || ratio < 800) &&
           llabs(t->figures.all_done_ns - t->predicted_ns) >= MISS_NS;
}

/* Returns the scale for all values of a kind. */
static struct text_scale
find_scale(const struct table *t, enum kind kind)
{
    int64_t min_ns = 0;
    int64_t max_ns = 0;

    for (int i = 0; i < t->count; i++)
        for (size_t c = 0; c < SHOWN; c++) {
            int64_t ns = value_of(&t->trials[i], c);

            if (columns[c].kind != kind || ns <= 0 || !is_whole(&t->trials[i]))
                continue;
            if (min_ns == 0 || ns < min_ns)
                min_ns = ns;
            if (ns > max_ns)
                max_ns = ns;
        }
    return text_scale(min_ns, max_ns);
}

static void
write_own_cpu(char cell[CELL_MAX], struct text_scale scale, int64_t ns)
{
    const char *sign = ns < 0 ? "-" : "+";
    const char *number;

    if (scale.decimals < OWN_DECIMALS)
        scale.decimals = OWN_DECIMALS;
    number = TEXT_SCALED(&scale, llabs(ns), false);
    /* No sign before a number that is rounded to 0. */
    snprintf(cell, CELL_MAX, "%s%s", strtod(number, NULL) > 0 ? sign : "",
             number);
}

/* Writes a cell; "-" for a value that is not known. */
static void
write_cell(char cell[CELL_MAX], const struct table *table,
           const struct trial *t, size_t column)
{
    enum kind kind = columns[column].kind;
    int64_t value = value_of(t, column);
    int len;

    if (value == TRIAL_UNKNOWN) {
        snprintf(cell, CELL_MAX, "-");
    } else if (kind == KIND_TIME) {
        text_scaled(cell, &table->times, value, false);
    } else if (kind == KIND_CPU) {
        text_scaled(cell, &table->cpu, value, false);
    } else if (kind == KIND_OWN_CPU) {
        write_own_cpu(cell, table->cpu, value);
    } else {
        len = snprintf(cell, CELL_MAX, "%.*f", forms[kind].decimals,
                       (double)value / forms[kind].unit);
        if (kind == KIND_PROCESSES)
            snprintf(cell + len, CELL_MAX - (size_t)len, " x %" PRId64,
                     t->cost.threads);
        else if (kind == KIND_RATIO && is_missed(t))
            snprintf(cell + len, CELL_MAX - (size_t)len, "!");
    }
}

/* Writes the head of a group, with the unit if all its times have the same. */
static void
write_group(char head[CELL_MAX], const struct table *t, size_t column)
{
    const struct column *c = &columns[column];
    const struct text_scale *scale = c->kind == KIND_CPU ? &t->cpu : &t->times;
    const char *end = strstr(c->group, " (unit)");

    if (end == NULL)
        snprintf(head, CELL_MAX, "%s", c->group);
    else if (scale->own_units)
        snprintf(head, CELL_MAX, "%.*s", (int)(end - c->group), c->group);
    else
        snprintf(head, CELL_MAX, "%.*s (%s)", (int)(end - c->group), c->group,
                 scale->unit);
}

/* Returns the column after the last one of the group that begins with first. */
static size_t
group_end(size_t first)
{
    size_t end = first + 1;

    while (end < SHOWN && strcmp(columns[first].group, columns[end].group) == 0)
        end++;
    return end;
}

/* Returns the width of the blanks before a column: two between groups, one
 * within a group. */
static int
gap(size_t column)
{
    const char *group = columns[column].group;

    return column == 0 || strcmp(group, columns[column - 1].group) != 0 ? 2 : 1;
}

/* Returns the width of a group without the gap before it. */
static int
group_width(const struct table *t, size_t first)
{
    int width = -gap(first);

    for (size_t c = first; c < group_end(first); c++)
        width += gap(c) + t->widths[c];
    return width;
}

static void
widen(int *width, const char *text)
{
    int needed = text_columns(text);

    if (needed > *width)
        *width = needed;
}

/* Finds out how wide the columns must be. */
static void
measure(struct table *t)
{
    char text[CELL_MAX];

    widen(&t->label_width, "model");
    for (int i = 0; i < t->count; i++)
        widen(&t->label_width, t->trials[i].label);
    if (t->label_width > LABEL_MAX)
        t->label_width = LABEL_MAX;
    for (size_t c = 0; c < SHOWN; c++) {
        widen(&t->widths[c], columns[c].head);
        for (int i = 0; i < t->count; i++)
            if (is_whole(&t->trials[i])) {
                write_cell(text, t, &t->trials[i], c);
                widen(&t->widths[c], text);
            }
    }
    for (size_t c = 0; c < SHOWN; c = group_end(c)) {
        int missing;

        write_group(text, t, c);
        missing = (int)strlen(text) - group_width(t, c);
        if (missing > 0)
            t->widths[c] += missing;
    }
}

static struct table
new_table(FILE *out, const struct trial *trials, int count, int width)
{
    struct table t = {
        .out = out, .trials = trials, .count = count, .width = width};

    t.times = find_scale(&t, KIND_TIME);
    t.cpu = find_scale(&t, KIND_CPU);
    measure(&t);
    return t;
}

/* Writes the heads of the groups in one line, those of the columns below. */
static void
draw_head(const struct table *t, size_t from, size_t to)
{
    char head[CELL_MAX];

    fprintf(t->out, "%*s", t->label_width, "");
    for (size_t c = from; c < to; c = group_end(c)) {
        write_group(head, t, c);
        fprintf(t->out, "  %*s", group_width(t, c), head);
    }
    fprintf(t->out, "\n%-*s", t->label_width, "model");
    for (size_t c = from; c < to; c++)
        fprintf(t->out, "%*s%*s", gap(c), "", t->widths[c], columns[c].head);
    putc('\n', t->out);
}

/* Writes the row of a trial, or why it failed; that is said only once. */
static void
draw_row(const struct table *t, const struct trial *trial, size_t from,
         size_t to)
{
    char cell[CELL_MAX];

    if (!is_whole(trial) && from > 0)
        return;
    text_cell(t->out, trial->label, t->label_width);
    if (!is_whole(trial)) {
        fputs("  ", t->out);
        text_words(t->out, trial->failure, t->label_width + 2, t->width);
        return;
    }
    for (size_t c = from; c < to; c++) {
        write_cell(cell, t, trial, c);
        fprintf(t->out, "%*s%*s", gap(c), "", t->widths[c], cell);
    }
    putc('\n', t->out);
}

/* Returns the column after the last that fits beside column from into a line.
 * Groups stay together. */
static size_t
last_fitting(const struct table *t, size_t from)
{
    int used = t->label_width;
    size_t to = from;

    while (to < SHOWN) {
        used += 2 + group_width(t, to);
        if (used > t->width && to > from)
            break;
        to = group_end(to);
    }
    return to;
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
put_note(const struct table *t, int indent, const char *format, ...)
{
    char note[NOTE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof(note), format, args);
    va_end(args);
    if (t->width > 0) {
        text_words(t->out, note, indent, t->width);
        return;
    }
    fputs("<p class=\"note\">", t->out);
    xml_text(t->out, note);
    fputs("</p>\n", t->out);
}

/* Writes the remarks on the servers, and what the heads mean. */
static void
put_notes(const struct table *table)
{
    for (int i = 0; i < table->count; i++) {
        const struct trial *t = &table->trials[i];
        char remark[NOTE_MAX];

        if (is_missed(t))
            put_note(table, 2, "! %s took %.2f times the time predicted: %s",
                     t->label, (double)value_of(t, RATIO) / 1000, t->formula);
        if (t->figures.late > 0)
            put_note(table, 2,
                     "! %s: %d of %d clients had to try again after a second, "
                     "because its accept queue was full (-b)",
                     t->label, t->figures.late, t->record.plan.clients);
        if (*write_remark(remark, t) != '\0')
            put_note(table, 2, "! %s: %s", t->label, remark);
    }
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
        put_note(table, 0, "%s", notes[i]);
}

void
table_draw(FILE *out, const struct trial *trials, int count, int width)
{
    struct table t = new_table(out, trials, count, width);
    size_t to;

    for (size_t from = 0; from < SHOWN; from = to) {
        to = last_fitting(&t, from);
        if (from > 0)
            putc('\n', out);
        draw_head(&t, from, to);
        for (int i = 0; i < count; i++)
            draw_row(&t, &trials[i], from, to);
    }
    putc('\n', out);
    put_notes(&t);
}

static void
html_head(const struct table *t)
{
    char head[CELL_MAX];

    fputs("<thead>\n<tr><th rowspan=\"2\" scope=\"col\">model</th>", t->out);
    for (size_t c = 0; c < SHOWN; c = group_end(c)) {
        write_group(head, t, c);
        fprintf(t->out, "<th colspan=\"%zu\" scope=\"colgroup\">%s</th>",
                group_end(c) - c, head);
    }
    fputs("</tr>\n<tr>", t->out);
    for (size_t c = 0; c < SHOWN; c++)
        fprintf(t->out, "<th scope=\"col\">%s</th>", columns[c].head);
    fputs("</tr>\n</thead>\n", t->out);
}

static void
html_row(const struct table *t, const struct trial *trial)
{
    char cell[CELL_MAX];

    fputs("<tr><th scope=\"row\">", t->out);
    xml_text(t->out, trial->label);
    fputs("</th>", t->out);
    if (!is_whole(trial)) {
        fprintf(t->out, "<td class=\"failure\" colspan=\"%d\">", SHOWN);
        xml_text(t->out, trial->failure);
        fputs("</td>", t->out);
    }
    for (size_t c = 0; is_whole(trial) && c < SHOWN; c++) {
        write_cell(cell, t, trial, c);
        fprintf(t->out, "<td class=\"n\">%s</td>", cell);
    }
    fputs("</tr>\n", t->out);
}

void
table_html(FILE *out, const struct trial *trials, int count)
{
    struct table t = new_table(out, trials, count, 0);

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

/* Writes a comma and a value in its base unit; nothing after the comma if the
 * value is not known. */
static void
csv_value(FILE *out, const struct trial *t, size_t column)
{
    enum kind kind = columns[column].kind;
    int64_t value = value_of(t, column);

    putc(',', out);
    if (value != TRIAL_UNKNOWN)
        fprintf(out, "%.*f", forms[kind].csv_decimals,
                (double)value / forms[kind].csv_unit);
    if (kind == KIND_PROCESSES)
        putc(',', out);
    if (kind == KIND_PROCESSES && value != TRIAL_UNKNOWN)
        fprintf(out, "%" PRId64, t->cost.threads);
}

void
table_csv(FILE *out, const struct trial *trials, int count)
{
    char remark[NOTE_MAX];

    fputs("version,model", out);
    for (size_t c = 0; c < COLUMNS; c++)
        fprintf(out, ",%s", columns[c].csv);
    fputs(",failure,remark\n", out);
    for (int i = 0; i < count; i++) {
        fputs("1,", out);
        csv_field(out, trials[i].label);
        for (size_t c = 0; c < COLUMNS; c++)
            csv_value(out, &trials[i], c);
        putc(',', out);
        csv_field(out, trials[i].failure);
        putc(',', out);
        csv_field(out, write_remark(remark, &trials[i]));
        putc('\n', out);
    }
}

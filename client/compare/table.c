#include "client/compare/table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/csv.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "common/clock.h"

#define CELL_MAX      48
#define REMARK_MAX    640
#define LABEL_MAX     24 /* columns of a model's name; a longer one is cut */
#define MIB           1048576 /* bytes */
#define MORE_DECIMALS 2
#define MISS          1.25 /* so many times as long as predicted, or as short, */
#define MISS_NS       (50 * CLOCK_MS) /* and no less apart, is worth a word */

enum kind {
    KIND_COUNT,
    KIND_FAMILY, /* processes x threads */
    KIND_TIME,   /* nanoseconds */
    KIND_CPU,    /* nanoseconds */
    KIND_MORE,   /* CPU time, with its sign */
    KIND_RATIO,  /* in thousandths */
    KIND_MEMORY, /* bytes */
};

struct column {
    const char *group; /* neighbours with the same one share that head */
    const char *head;
    const char *csv;
    enum kind kind;
    int64_t (*value)(const struct trial *t);
};

static bool
is_whole(const struct trial *t)
{
    return *t->failure == '\0';
}

static int64_t
processes(const struct trial *t)
{
    return t->cost.processes;
}

static int64_t
at_once(const struct trial *t)
{
    return t->figures.at_once >= 0 ? t->figures.at_once : TRIAL_UNKNOWN;
}

static int64_t
all_done(const struct trial *t)
{
    return is_whole(t) ? t->figures.all_done_ns : TRIAL_UNKNOWN;
}

static int64_t
predicted(const struct trial *t)
{
    return t->predicted_ns != RECORD_NEVER ? t->predicted_ns : TRIAL_UNKNOWN;
}

static int64_t
ratio(const struct trial *t)
{
    if (t->predicted_ns <= 0 || !is_whole(t))
        return TRIAL_UNKNOWN;
    return t->figures.all_done_ns * 1000 / t->predicted_ns;
}

static int64_t
first_answer(const struct trial *t)
{
    return t->figures.first.count > 0 ? t->figures.first.min_ns : TRIAL_UNKNOWN;
}

static int64_t
last_first_answer(const struct trial *t)
{
    return t->figures.first.count > 0 && is_whole(t) ? t->figures.first.max_ns
                                                     : TRIAL_UNKNOWN;
}

static int64_t
cpu(const struct trial *t)
{
    return t->cost.cpu_ns;
}

static int64_t
own_cpu(const struct trial *t)
{
    return t->cost.own_cpu_ns;
}

static int64_t
memory(const struct trial *t)
{
    return t->cost.peak_bytes;
}

static int64_t
voluntary(const struct trial *t)
{
    return t->cost.voluntary;
}

static int64_t
involuntary(const struct trial *t)
{
    return t->cost.involuntary;
}

/* %s in a group is the unit of its times. */
static const struct column columns[] = {
    {"processes", "x threads", "processes,threads", KIND_FAMILY, processes},
    {"at", "once", "served_at_once", KIND_COUNT, at_once},
    {"time for all%s", "took", "all_done_s", KIND_TIME, all_done},
    {"time for all%s", "predicted", "predicted_s", KIND_TIME, predicted},
    {"time for all%s", "ratio", "ratio", KIND_RATIO, ratio},
    {"1st answer", "min", "first_answer_min_s", KIND_TIME, first_answer},
    {"1st answer", "max", "first_answer_max_s", KIND_TIME, last_first_answer},
    {"CPU%s", "all", "cpu_s", KIND_CPU, cpu},
    {"CPU%s", "own", "own_cpu_per_client_s", KIND_MORE, own_cpu},
    {"memory", "MiB", "peak_memory_bytes", KIND_MEMORY, memory},
    {"switches", "vol.", "voluntary_switches", KIND_COUNT, voluntary},
    {"switches", "inv.", "involuntary_switches", KIND_COUNT, involuntary},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *const notes[] = {
    "at once: clients in service at one moment.",
    "1st answer: the shortest and the longest wait of a client for its first.",
    "CPU: of the server and its children, from the first client to its end.",
    "own: what the model costs per client: CPU above serving one at a time.",
    "memory: of all its processes at one moment (PSS), the most seen.",
    "switches: of context, voluntary and involuntary.",
};

#define NOTES (sizeof(notes) / sizeof(notes[0]))

struct table {
    FILE *out;
    const struct trial *trials;
    int count;
    struct text_scale times; /* of all columns of a kind */
    struct text_scale cpu;
    int label;
    int widths[COLUMNS];
};

static bool
is_missed(const struct trial *t)
{
    int64_t apart_ns = llabs(t->figures.all_done_ns - t->predicted_ns);

    return is_whole(t) && !t->at_least && t->predicted_ns > 0 &&
           apart_ns >= MISS_NS &&
           (ratio(t) > (int64_t)(MISS * 1000) ||
            ratio(t) < (int64_t)(1000 / MISS));
}

/* Returns the scale for all values of a kind. */
static struct text_scale
find_scale(const struct table *t, enum kind kind)
{
    int64_t min_ns = 0;
    int64_t max_ns = 0;

    for (int i = 0; i < t->count; i++)
        for (size_t c = 0; c < COLUMNS; c++) {
            int64_t ns = columns[c].value(&t->trials[i]);

            if (columns[c].kind != kind || ns <= 0 || !is_whole(&t->trials[i]))
                continue;
            if (min_ns == 0 || ns < min_ns)
                min_ns = ns;
            if (ns > max_ns)
                max_ns = ns;
        }
    return text_scale(min_ns, max_ns);
}

/* Writes a cell; "-" for what is not known. */
static void
write_cell(char cell[CELL_MAX], const struct table *table,
           const struct trial *t, const struct column *c)
{
    struct text_scale small = table->cpu;
    int64_t value = c->value(t);
    char more[TEXT_TIME_MAX];

    if (value == TRIAL_UNKNOWN) {
        snprintf(cell, CELL_MAX, "-");
        return;
    }
    switch (c->kind) {
    case KIND_COUNT:
        snprintf(cell, CELL_MAX, "%" PRId64, value);
        break;
    case KIND_FAMILY:
        snprintf(cell, CELL_MAX, "%" PRId64 " x %" PRId64, value,
                 t->cost.threads);
        break;
    case KIND_TIME:
        text_scaled(cell, &table->times, value, false);
        break;
    case KIND_CPU:
        text_scaled(cell, &table->cpu, value, false);
        break;
    case KIND_MORE:
        /* A small difference of large values. */
        if (small.decimals < MORE_DECIMALS)
            small.decimals = MORE_DECIMALS;
        text_scaled(more, &small, llabs(value), false);
        snprintf(cell, CELL_MAX, "%s%s",
                 strtod(more, NULL) > 0 ? value < 0 ? "-" : "+" : "", more);
        break;
    case KIND_RATIO:
        snprintf(cell, CELL_MAX, "%.2f%s", (double)value / 1000,
                 is_missed(t) ? "!" : "");
        break;
    case KIND_MEMORY:
        snprintf(cell, CELL_MAX, "%.1f", (double)value / MIB);
        break;
    }
}

static void
write_group(char text[CELL_MAX], const struct table *t, const struct column *c)
{
    const struct text_scale *scale =
        c->kind == KIND_CPU || c->kind == KIND_MORE ? &t->cpu : &t->times;
    const char *end = strstr(c->group, "%s");

    if (end == NULL)
        snprintf(text, CELL_MAX, "%s", c->group);
    else if (scale->own_units)
        snprintf(text, CELL_MAX, "%.*s", (int)(end - c->group), c->group);
    else
        snprintf(text, CELL_MAX, "%.*s (%s)", (int)(end - c->group), c->group,
                 scale->unit);
}

/* Returns how many columns from this one on are of its group. */
static size_t
group_size(size_t first)
{
    size_t n = 1;

    while (first + n < COLUMNS &&
           strcmp(columns[first].group, columns[first + n].group) == 0)
        n++;
    return n;
}

static int
longer(int width, const char *text)
{
    int len = (int)strlen(text);

    return len > width ? len : width;
}

/* Two blanks between groups, one within. */
static int
gap(size_t c)
{
    if (c == 0 || strcmp(columns[c].group, columns[c - 1].group) != 0)
        return 2;
    return 1;
}

/* Returns the width of a group without the gap before it. */
static int
group_width(const struct table *t, size_t first)
{
    int width = t->widths[first];

    for (size_t c = first + 1; c < first + group_size(first); c++)
        width += gap(c) + t->widths[c];
    return width;
}

static void
measure(struct table *t)
{
    char text[CELL_MAX];

    t->label = (int)strlen("model");
    for (int i = 0; i < t->count; i++)
        t->label = longer(t->label, t->trials[i].label);
    if (t->label > LABEL_MAX)
        t->label = LABEL_MAX;
    for (size_t c = 0; c < COLUMNS; c++) {
        t->widths[c] = (int)strlen(columns[c].head);
        for (int i = 0; i < t->count; i++) {
            if (!is_whole(&t->trials[i]))
                continue;
            write_cell(text, t, &t->trials[i], &columns[c]);
            t->widths[c] = longer(t->widths[c], text);
        }
    }
    for (size_t c = 0; c < COLUMNS; c += group_size(c)) {
        int short_of;

        write_group(text, t, &columns[c]);
        short_of = (int)strlen(text) - group_width(t, c);
        if (short_of > 0)
            t->widths[c] += short_of;
    }
}

static struct table
new_table(FILE *out, const struct trial *trials, int count)
{
    struct table t = {.out = out, .trials = trials, .count = count};

    t.times = find_scale(&t, KIND_TIME);
    t.cpu = find_scale(&t, KIND_CPU);
    measure(&t);
    return t;
}

/* The head has two lines: the groups, and the columns. */
static void
draw_head(const struct table *t, size_t from, size_t to)
{
    char text[CELL_MAX];

    fprintf(t->out, "%*s", t->label, "");
    for (size_t c = from; c < to; c += group_size(c)) {
        write_group(text, t, &columns[c]);
        fprintf(t->out, "  %*s", group_width(t, c), text);
    }
    fprintf(t->out, "\n%-*s", t->label, "model");
    for (size_t c = from; c < to; c++)
        fprintf(t->out, "%*s%*s", gap(c), "", t->widths[c], columns[c].head);
    putc('\n', t->out);
}

static void
draw_row(const struct table *t, const struct trial *trial, size_t from,
         size_t to)
{
    char cell[CELL_MAX];

    fprintf(t->out, "%-*.*s", t->label, t->label, trial->label);
    for (size_t c = from; c < to; c++) {
        write_cell(cell, t, trial, &columns[c]);
        fprintf(t->out, "%*s%*s", gap(c), "", t->widths[c], cell);
    }
    putc('\n', t->out);
}

static void
draw_rows(const struct table *t, size_t from, size_t to, int width)
{
    draw_head(t, from, to);
    for (int i = 0; i < t->count; i++) {
        const struct trial *trial = &t->trials[i];

        if (is_whole(trial)) {
            draw_row(t, trial, from, to);
        } else if (from == 0) {
            fprintf(t->out, "%-*.*s  ", t->label, t->label, trial->label);
            text_words(t->out, trial->failure, t->label + 2, width);
        }
    }
}

/* Returns the column after the last that fits beside those from this one on;
 * groups stay together. */
static size_t
fitting(const struct table *t, size_t from, int width)
{
    int used = t->label;
    size_t to = from;

    while (to < COLUMNS) {
        used += 2 + group_width(t, to);
        if (used > width && to > from)
            break;
        to += group_size(to);
    }
    return to;
}

/* Writes the next thing that is to be said of a trial besides its row, and
 * returns true; number counts them from 0. */
static bool
write_remark(char out[REMARK_MAX], const struct trial *t, int number)
{
    if (is_missed(t) && number-- == 0)
        snprintf(out, REMARK_MAX, "! %s took %.2f times the time predicted: %s",
                 t->label, (double)ratio(t) / 1000, t->formula);
    else if (t->figures.late > 0 && number-- == 0)
        snprintf(out, REMARK_MAX,
                 "! %s: %d of %d clients had to connect again after a second: "
                 "its listen queue was full (-b)",
                 t->label, t->figures.late, t->record.plan.clients);
    else if (*t->remark != '\0' && number == 0)
        snprintf(out, REMARK_MAX, "! %s: %s", t->label, t->remark);
    else
        return false;
    return true;
}

void
table_draw(FILE *out, const struct trial *trials, int count, int width)
{
    struct table t = new_table(out, trials, count);
    char remark[REMARK_MAX];
    size_t to;

    for (size_t from = 0; from < COLUMNS; from = to) {
        to = fitting(&t, from, width);
        if (from > 0)
            putc('\n', out);
        draw_rows(&t, from, to, width);
    }
    putc('\n', out);
    for (int i = 0; i < count; i++)
        for (int n = 0; write_remark(remark, &trials[i], n); n++)
            text_words(out, remark, 2, width);
    for (size_t n = 0; n < NOTES; n++)
        text_words(out, notes[n], 0, width);
}

static void
html_head(const struct table *t)
{
    char text[CELL_MAX];

    fputs("<thead>\n<tr><th rowspan=\"2\" scope=\"col\">model</th>", t->out);
    for (size_t c = 0; c < COLUMNS; c += group_size(c)) {
        write_group(text, t, &columns[c]);
        fprintf(t->out, "<th colspan=\"%zu\" scope=\"colgroup\">%s</th>",
                group_size(c), text);
    }
    fputs("</tr>\n<tr>", t->out);
    for (size_t c = 0; c < COLUMNS; c++)
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
        fprintf(t->out, "<td class=\"failure\" colspan=\"%zu\">", COLUMNS);
        xml_text(t->out, trial->failure);
        fputs("</td>", t->out);
    }
    for (size_t c = 0; is_whole(trial) && c < COLUMNS; c++) {
        write_cell(cell, t, trial, &columns[c]);
        fprintf(t->out, "<td class=\"n\">%s</td>", cell);
    }
    fputs("</tr>\n", t->out);
}

void
table_html(FILE *out, const struct trial *trials, int count)
{
    struct table t = new_table(out, trials, count);
    char remark[REMARK_MAX];

    fputs("<table class=\"comparison\">\n<caption>One row a model</caption>\n",
          out);
    html_head(&t);
    fputs("<tbody>\n", out);
    for (int i = 0; i < count; i++)
        html_row(&t, &trials[i]);
    fputs("</tbody>\n</table>\n", out);
    for (int i = 0; i < count; i++)
        for (int n = 0; write_remark(remark, &trials[i], n); n++) {
            fputs("<p class=\"note\">", out);
            xml_text(out, remark);
            fputs("</p>\n", out);
        }
    for (size_t n = 0; n < NOTES; n++)
        fprintf(out, "<p class=\"note\">%s</p>\n", notes[n]);
}

static void
csv_value(FILE *out, const struct trial *t, const struct column *c)
{
    int64_t value = c->value(t);

    putc(',', out);
    /* One that is not known is empty; of those of two fields, both. */
    if (value == TRIAL_UNKNOWN) {
        fputs(c->kind == KIND_FAMILY ? "," : "", out);
        return;
    }
    switch (c->kind) {
    case KIND_FAMILY:
        fprintf(out, "%lld,%lld", (long long)value, (long long)t->cost.threads);
        break;
    case KIND_COUNT:
    case KIND_MEMORY:
        fprintf(out, "%" PRId64, value);
        break;
    case KIND_TIME:
    case KIND_CPU:
    case KIND_MORE:
        fprintf(out, "%.6f", (double)value / (double)CLOCK_S);
        break;
    case KIND_RATIO:
        fprintf(out, "%.3f", (double)value / 1000);
        break;
    }
}

void
table_csv(FILE *out, const struct trial *trials, int count)
{
    fputs("version,model", out);
    for (size_t c = 0; c < COLUMNS; c++)
        fprintf(out, ",%s", columns[c].csv);
    fputs(",clients,messages,answers,guess_s,failure,remark\n", out);
    for (int i = 0; i < count; i++) {
        const struct trial *t = &trials[i];

        fputs("1,", out);
        csv_field(out, t->label);
        for (size_t c = 0; c < COLUMNS; c++)
            csv_value(out, t, &columns[c]);
        fprintf(out, ",%d,%d,%" PRId64 ",", t->record.plan.clients,
                t->record.plan.messages, t->figures.acks + t->figures.naks);
        if (t->guess_ns != RECORD_NEVER)
            fprintf(out, "%.6f", (double)t->guess_ns / (double)CLOCK_S);
        putc(',', out);
        csv_field(out, t->failure);
        putc(',', out);
        csv_field(out, t->remark);
        fputs("\n", out);
    }
}

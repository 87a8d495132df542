#include "client/bench/cost_table.h"

#include <string.h>

#include "client/draw/text.h"

#define UNIT       "us per message"
#define UNIT_FILE  "us per MB"
#define LABEL_MAX  16 /* columns of a server's name, if there are few */
#define COST_WIDTH 7  /* with the gap before it */
#define MORE_WIDTH 4  /* of spread, and of ratio */
#define LOAD_WIDTH (COST_WIDTH + MORE_WIDTH + 1 + MORE_WIDTH)
#define CELL_MAX   32
#define LINE_MAX   512
#define SENTENCES  4

/* Which part of the table is written. */
struct part {
    int from, to; /* loads, without the last */
    int label;    /* columns */
    bool utf8;
};

/* Tells whether megabytes are counted, and not messages. */
static bool
is_of_file(const struct costs *c)
{
    return c->loads[0].plan.service == PLAN_FILE;
}

/* Writes a cost with three digits, "-" if it is not known.  Returns out. */
static const char *
write_cost(char out[CELL_MAX], const struct costs_median *m)
{
    double us = m->value;

    if (m->count == 0)
        return "-";
    snprintf(out, CELL_MAX, "%.*f", us < 9.995 ? 2 : us < 99.95 ? 1 : 0, us);
    return out;
}

static void
write_heads(FILE *out, const struct costs *c, const struct part *p)
{
    for (int line = 0; line < 2; line++) {
        fprintf(out, "%-*s", p->label,
                line == 0       ? ""
                : is_of_file(c) ? UNIT_FILE
                                : UNIT);
        for (int load = p->from; load < p->to; load++)
            fprintf(out, "%*s", LOAD_WIDTH, c->loads[load].head[line]);
        putc('\n', out);
    }
    fprintf(out, "%-*s", p->label, "");
    for (int load = p->from; load < p->to; load++)
        fprintf(out, "%*s  %s %*s", COST_WIDTH, "CPU",
                p->utf8 ? " \u00b1" : "+-", MORE_WIDTH,
                is_of_file(c) ? "GB/s" : "bare");
    putc('\n', out);
}

static void
write_row(FILE *out, const struct costs *c, int row, const struct part *p)
{
    text_cell(out, c->rows[row].label, p->label);
    for (int load = p->from; load < p->to; load++) {
        struct costs_median cost = costs_median(c, row, load, COSTS_OF_SERVER);
        struct costs_median ratio = costs_median(
            c, row, load, is_of_file(c) ? COSTS_PACE : COSTS_RATIO);
        char us[CELL_MAX];
        char spread[CELL_MAX] = "";
        char times[CELL_MAX] = "";

        if (cost.count > 2)
            snprintf(spread, sizeof(spread), "%.0f%%",
                     100 * cost.spread / cost.value);
        if (ratio.count > 0)
            snprintf(times, sizeof(times), "%.2f", ratio.value);
        fprintf(out, "%*s%*s %*s", COST_WIDTH, write_cost(us, &cost),
                MORE_WIDTH, spread, MORE_WIDTH, times);
    }
    putc('\n', out);
}

static void
write_client(FILE *out, const struct costs *c, const struct part *p)
{
    fprintf(out, "%-*s", p->label, "the client");
    for (int load = p->from; load < p->to; load++) {
        struct costs_median cost = costs_median_client(c, load);
        char us[CELL_MAX];

        fprintf(out, "%*s%*s", COST_WIDTH, write_cost(us, &cost),
                LOAD_WIDTH - COST_WIDTH, "");
    }
    putc('\n', out);
}

static void
write_legend(FILE *out, const struct costs *c, int width, bool utf8)
{
    static const char *const of_file[] = {
        "CPU: of the server and its children, in microseconds per megabyte "
        "(MB: 1000000 bytes).",
        "GB/s: what all clients got together, in 1000 MB per second; server "
        "and client share one core.",
        "the client: the CPU time that it uses per megabyte; it computes a "
        "checksum.",
        "-: not served, for the reason below.",
    };
    static const char *const of_messages[] = {
        "CPU: of the server and its children, in microseconds per message "
        "(churn: per connection of one message).",
        "bare: CPU divided by that of the model's bare limit, which makes the "
        "same system calls and does nothing else; just below 1 is noise.",
        "the client: the CPU time that it uses per message.",
        "-: not served, for the reason below.  That a model cannot serve so "
        "many clients is a result, not a fault.",
    };

    const char *const *sentences = is_of_file(c) ? of_file : of_messages;

    for (size_t i = 0; i < SENTENCES; i++)
        text_words(out, sentences[i], 0, width);
    text_words(out,
               utf8 ? "\u00b1: half of the rounds differ by no more than this."
                    : "+-: half of the rounds differ by no more than this.",
               0, width);
}

/* Returns why the table has no cost of a server under a load, or no bare limit
 * for it; "" if it has one, or if no round is over. */
static const char *
find_reason(const struct costs *c, int row, enum costs_role role, int load)
{
    const struct costs_program *p = &c->rows[row].programs[role];

    if (*p->why[load] != '\0' || role != COSTS_SERVER || c->rounds == 0 ||
        costs_median(c, row, load, COSTS_OF_SERVER).count > 0)
        return p->why[load];
    return "no answer came while it was measured; give it more time with "
           "--duration";
}

void
cost_table_reasons(FILE *out, const struct costs *c, int width)
{
    char line[LINE_MAX];

    for (int i = 0; i < c->row_count * COSTS_ROLES; i++) {
        const char *label = c->rows[i / COSTS_ROLES].label;
        const char *last = "";

        for (int load = 0; load < c->load_count; load++) {
            const char *const *head = c->loads[load].head;
            enum costs_role role = (enum costs_role)(i % COSTS_ROLES);
            const char *why = find_reason(c, i / COSTS_ROLES, role, load);

            /* Each reason once. */
            if (*why != '\0' && strcmp(why, last) != 0) {
                text_print(line, sizeof(line), "%s%s, %s%s%s: %s",
                           role == COSTS_BARE ? "bare " : "", label, head[0],
                           *head[1] != '\0' ? " " : "", head[1], why);
                text_words(out, line, 0, width);
            }
            last = why;
        }
    }
}

/* Returns the length of the longest label. */
static int
longest_label(const struct costs *c)
{
    int longest = (int)strlen(UNIT);

    for (int row = 0; row < c->row_count; row++)
        if (text_columns(c->rows[row].label) > longest)
            longest = text_columns(c->rows[row].label);
    return longest;
}

void
cost_table_draw(FILE *out, const struct costs *c, int width, bool utf8)
{
    struct part p = {.label = longest_label(c), .utf8 = utf8};
    int loads = (width - p.label) / LOAD_WIDTH; /* in one table */

    /* Names are cut if that makes room for another load. */
    if (loads < c->load_count && p.label > LABEL_MAX) {
        p.label = LABEL_MAX;
        loads = (width - p.label) / LOAD_WIDTH;
    }
    if (loads < 1)
        loads = 1;
    for (; p.from < c->load_count; p.from = p.to) {
        p.to = p.from + loads;
        if (p.to > c->load_count)
            p.to = c->load_count;
        write_heads(out, c, &p);
        for (int row = 0; row < c->row_count; row++)
            write_row(out, c, row, &p);
        write_client(out, c, &p);
        putc('\n', out);
    }
    write_legend(out, c, width, utf8);
    cost_table_reasons(out, c, width);
}

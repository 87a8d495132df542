/* text - how times and numbers are written for people. */

#ifndef CLIENT_DRAW_TEXT_H
#define CLIENT_DRAW_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT_TIME_MAX 32

/* How a group of times is written, so that they can be compared: all in one
 * unit with as many decimals, or, where the smallest would vanish in that, each
 * with a unit of its own. */
struct text_scale {
    bool own_units;
    int64_t unit_ns;
    const char *unit;
    int decimals;
};

/* Writes a time with three digits and the unit that suits it: "62 us",
 * "200 ms", "3.20 s". */
void text_time(char out[TEXT_TIME_MAX], int64_t ns);

/* Returns how to write times from min_ns to max_ns. */
struct text_scale text_scale(int64_t min_ns, int64_t max_ns);

/* Writes a time by the scale.  In a scale with one unit it is written only if
 * with_unit is true. */
void text_scaled(char out[TEXT_TIME_MAX], const struct text_scale *scale,
                 int64_t ns, bool with_unit);

/* Returns the smallest of 1, 2, 5, 10, 20 ... that is no less than ns. */
int64_t text_round_up(int64_t ns);

/* Returns how to write the times of an axis that reaches to span_ns and has a
 * tick each step_ns: in one unit, with as many decimals as they need. */
struct text_scale text_ticks(int64_t span_ns, int64_t step_ns);

/* Returns "" for 1 and "s" for all other numbers. */
const char *text_plural(int64_t count);

/* Writes words in lines of that width and ends the last; the first begins in
 * column indent, where the cursor is, and so do those after it. */
void text_words(FILE *out, const char *words, int indent, int width);

/* Items one after another, three spaces apart, in lines of a given width. */
struct text_flow {
    FILE *out;
    int width;
    int column; /* 0 to begin with */
};

/* Adds an item, on a line of its own if it is too wide. */
void text_flow_item(struct text_flow *flow, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the last line. */
void text_flow_end(struct text_flow *flow);

#endif

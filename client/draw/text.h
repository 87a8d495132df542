/* text - how times, numbers and sentences are written for people. */

#ifndef CLIENT_DRAW_TEXT_H
#define CLIENT_DRAW_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT_TIME_MAX 32

/* How the times of a group are written so that they can be compared: all in one
 * unit with the same number of decimals.  This number is chosen for the largest
 * time, and one more decimal is added if the smallest time needs it to have two
 * digits.  If that is not enough, each time is written in the unit that suits
 * it. */
struct text_scale {
    bool own_units;
    int64_t unit_ns;
    const char *unit;
    int decimals;
};

/* Writes a time with three digits and the unit that suits it: "62 us",
 * "200 ms", "3.20 s".  Returns out. */
const char *text_time(char out[TEXT_TIME_MAX], int64_t ns);

/* The same as an expression; the text lives until the end of the block. */
#define TEXT_TIME(ns) text_time((char[TEXT_TIME_MAX]){0}, ns)

/* The same for a time that a person has chosen: with as many decimals as it
 * has, as in "50 ms" or "1.5 s". */
const char *text_chosen(char out[TEXT_TIME_MAX], int64_t ns);
#define TEXT_CHOSEN(ns) text_chosen((char[TEXT_TIME_MAX]){0}, ns)

/* Returns the scale for times from min_ns to max_ns. */
struct text_scale text_scale(int64_t min_ns, int64_t max_ns);

/* Writes a time in the scale.  If all times of the scale have one unit, it is
 * written only if with_unit is true.  Returns out. */
const char *text_scaled(char out[TEXT_TIME_MAX], const struct text_scale *scale,
                        int64_t ns, bool with_unit);

/* The same as an expression; the text lives until the end of the block. */
#define TEXT_SCALED(scale, ns, with_unit) \
    text_scaled((char[TEXT_TIME_MAX]){0}, scale, ns, with_unit)

/* Returns the smallest of 1, 2, 5, 10, 20 ... that is no less than ns. */
int64_t text_round_up(int64_t ns);

/* Returns the scale for an axis that ends at span_ns and has a tick every
 * step_ns: one unit, with as many decimals as the ticks need. */
struct text_scale text_ticks(int64_t span_ns, int64_t step_ns);

/* Returns "" for 1 and "s" for all other numbers. */
const char *text_plural(int64_t count);

/* Returns how many bytes the UTF-8 character takes that text begins with, and
 * stores its number in *code; returns 0 if the len bytes of text do not begin
 * with a whole character. */
size_t text_character(const char *text, size_t len, uint32_t *code);

/* Writes bytes that come from a server so that a reader sees each of them and
 * none of them does anything to a terminal or a file: "\n", "\x1b", "\\".
 * UTF-8 characters stay as they are, unless they are invisible.  Writes at most
 * size bytes, with a NUL at the end, and never a part of a character.  Returns
 * out. */
char *text_visible(char *out, size_t size, const char *bytes, size_t len);

/* The same for a text that a person has written, such as a command: what does
 * nothing to a terminal stays as it is, also a backslash. */
char *text_printable(char *out, size_t size, const char *text);

/* Writes text as a part of a line of the Test Anything Protocol, where '#'
 * would begin a directive such as "# TODO". */
void text_tap(FILE *out, const char *text);

/* Returns how many columns of a terminal UTF-8 text takes.  A byte that is not
 * part of a character counts as one column. */
int text_columns(const char *text);

/* Writes as much of the text as fits into this many columns, without a part of
 * a character.  Returns how many columns are left.  Escape sequences count as
 * text. */
int text_line(FILE *out, const char *text, int columns);

/* Writes the text in exactly this many columns, at least 3: blanks follow it
 * or, if it is too long, its end is replaced by "...". */
void text_cell(FILE *out, const char *text, int columns);

/* The same as snprintf and vsnprintf, but if there is not enough room, out ends
 * with a whole character and "...".  Returns the length of what is in out. */
int text_print(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int text_vprint(char *out, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Draws value, from 1 to most, as a bar; that of most takes so many columns.
 * What is shorter than an eighth of a column gets a trace of a bar. */
void text_bar(FILE *out, int64_t value, int64_t most, int columns, bool utf8);

/* Writes a sentence in lines of the given width and ends the last line.  The
 * cursor is in column indent; the lines that follow begin there, too. */
void text_words(FILE *out, const char *words, int indent, int width);

/* Items that are written in lines of a given width. */
struct text_flow {
    FILE *out;
    int width;
    int gap;    /* columns between two items */
    int indent; /* where lines begin */
    int column; /* of the cursor */
};

#define TEXT_GAP 3 /* between items that are not marked otherwise */

/* Returns an empty flow, whose lines begin in column 0. */
struct text_flow text_flow_open(FILE *out, int width, int gap);

/* Begins an item of len columns, which the caller writes: on a new line if
 * there is no room for it on this one, otherwise after a gap. */
void text_flow_begin(struct text_flow *flow, int len);

/* Writes an item.  An item longer than a line is broken between two words. */
void text_flow_item(struct text_flow *flow, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the last line. */
void text_flow_end(struct text_flow *flow);

#endif

/* values - reads the values of options: numbers, times and words of a list.
 *
 * Each function stores the value and returns true.  If the text is no such
 * value, it stores nothing, fills why with the reason and with what is allowed,
 * as in "'0' is not a number from 1 to 1000", and returns false. */

#ifndef COMMON_VALUES_H
#define COMMON_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the value of an option may be, and the type of what is stored.  min,
 * max, words and read are members of struct command_line_option.  A text is
 * stored as a const char *, without a copy. */
enum values_kind {
    VALUES_NONE,      /* it has no value; true is stored: bool */
    VALUES_NUMBER,    /* a whole number from min to max: int */
    VALUES_TIME,      /* a TIME, which is not 0 if min is 1: int64_t, in ns */
    VALUES_TIME_TEXT, /* a TIME: its text */
    VALUES_PORT,      /* a whole number from min to 65535: its text */
    VALUES_ADDRESS,   /* a text that is not empty */
    VALUES_TEXT,      /* any text */
    VALUES_WORD,      /* one of words; its index is stored: int, or an enum */
    VALUES_OWN,       /* what the program's function read accepts; it stores the
                       * value, and its text is NULL if the option has none */
};

#define VALUES_WHY_MAX 512 /* bytes of a reason, with its NUL */

/* Reads a whole number from min to max. */
bool values_number(const char *text, int min, int max, int *number,
                   char why[VALUES_WHY_MAX]);

/* Reads a TIME: a number with its unit us, ms, s or m, or 0 without a unit; at
 * most 1000m.  Stores nanoseconds. */
bool values_time(const char *text, int64_t *ns, char why[VALUES_WHY_MAX]);

/* Reads a TIME, or a number without a unit, which is in seconds. */
bool values_seconds(const char *text, int64_t *ns, char why[VALUES_WHY_MAX]);

/* Reads one of words, a list that ends with NULL.  Stores its index. */
bool values_word(const char *text, const char *const *words, int *index,
                 char why[VALUES_WHY_MAX]);

/* Writes the words of such a list as "auto, always or never". */
void values_list(char *out, size_t size, const char *const *words);

#endif

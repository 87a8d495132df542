/* values - reads the value of an option, or of another word of the command
 * line: a whole number, a time, or one of a list of words.
 *
 * Each of these functions returns true and stores the value in the place that
 * its caller names.  If the text is no such value it returns false, leaves that
 * place as it is, and fills why with the reason and with what is allowed, as in
 * "'0' is not a number from 1 to 1000". */

#ifndef COMMON_VALUES_H
#define COMMON_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value may be, and what is stored for it.  The words in capitals are
 * members of struct command_line_option. */
enum values_kind {
    VALUES_NONE,      /* a flag, which has no value: true, as a bool */
    VALUES_NUMBER,    /* a whole number from MIN to MAX: an int */
    VALUES_TIME,      /* a TIME, not 0 if MIN is above 0: an int64_t, in ns */
    VALUES_TIME_TEXT, /* a TIME: the text */
    VALUES_PORT,      /* a number from MIN to 65535: the text */
    VALUES_ADDRESS,   /* any text that is not empty: the text */
    VALUES_TEXT,      /* any text: the text */
    VALUES_WORD,      /* one of WORDS: its index, as an int or an enum */
    VALUES_OWN,       /* what the function READ accepts and stores */
};

#define VALUES_WHY_MAX 512 /* bytes of a reason, with its NUL */

/* Reads a whole number from min to max. */
bool values_number(const char *text, int min, int max, int *number,
                   char why[VALUES_WHY_MAX]);

/* Reads a TIME, which is a number with its unit us, ms, s or m, or a bare 0,
 * and is 1000m at most.  Stores nanoseconds. */
bool values_time(const char *text, int64_t *ns, char why[VALUES_WHY_MAX]);

/* Reads a TIME, or a number without a unit, which counts seconds. */
bool values_seconds(const char *text, int64_t *ns, char why[VALUES_WHY_MAX]);

/* Reads one of words, a list that ends with NULL.  Stores its index. */
bool values_word(const char *text, const char *const *words, int *index,
                 char why[VALUES_WHY_MAX]);

/* Writes the words of such a list as "auto, always or never". */
void values_list(char *out, size_t size, const char *const *words);

#endif

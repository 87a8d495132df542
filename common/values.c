#include "common/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define TIME_MAX_NS   (1000 * 60 * CLOCK_S)
#define TIME_MAX_NAME "1000m"
#define WORDS_MAX     256 /* bytes of a list of words */

bool
values_number(const char *text, int min, int max, int *number,
              char why[VALUES_WHY_MAX])
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    /* strtol also accepts leading blanks and an empty text. */
    if (!isdigit((unsigned char)(*text == '-' ? text[1] : *text)) ||
        *end != '\0' || errno != 0 || value < min || value > max) {
        snprintf(why, VALUES_WHY_MAX, "'%s' is not a number from %d to %d",
                 text, min, max);
        return false;
    }
    *number = (int)value;
    return true;
}

/* Returns the nanoseconds of a unit, 0 if there is no such unit. */
static int64_t
unit_ns(const char *unit)
{
    if (strcmp(unit, "us") == 0)
        return CLOCK_US;
    if (strcmp(unit, "ms") == 0)
        return CLOCK_MS;
    if (strcmp(unit, "s") == 0)
        return CLOCK_S;
    if (strcmp(unit, "m") == 0)
        return 60 * CLOCK_S;
    return 0;
}

/* Returns what follows the number at the start of text, text itself if it does
 * not start with a number. */
static const char *
after_number(const char *text)
{
    size_t len = strspn(text, "0123456789");

    if (len > 0 && text[len] == '.')
        len += 1 + strspn(text + len + 1, "0123456789");
    return text + len;
}

/* Reads a number whose unit is unit, which follows it in text or is implied. */
static bool
read_time(const char *text, const char *unit, int64_t *ns,
          char why[VALUES_WHY_MAX])
{
    double value = strtod(text, NULL) * (double)unit_ns(unit);

    if (after_number(text) == text)
        snprintf(why, VALUES_WHY_MAX,
                 "'%s' is not a time; write 2s, 20ms, 250us", text);
    else if (*unit == '\0' && strcmp(text, "0") != 0)
        snprintf(why, VALUES_WHY_MAX,
                 "'%s' has no unit; write %ss, %sms or %sus", text, text, text,
                 text);
    else if (*unit != '\0' && unit_ns(unit) == 0)
        snprintf(why, VALUES_WHY_MAX,
                 "'%s' has an unknown unit; use us, ms, s, m", text);
    else if (value > (double)TIME_MAX_NS)
        snprintf(why, VALUES_WHY_MAX, "'%s' is longer than " TIME_MAX_NAME,
                 text);
    else {
        *ns = (int64_t)value;
        return true;
    }
    return false;
}

bool
values_time(const char *text, int64_t *ns, char why[VALUES_WHY_MAX])
{
    return read_time(text, after_number(text), ns, why);
}

bool
values_seconds(const char *text, int64_t *ns, char why[VALUES_WHY_MAX])
{
    const char *unit = after_number(text);

    return read_time(text, *unit == '\0' ? "s" : unit, ns, why);
}

bool
values_word(const char *text, const char *const *words, int *index,
            char why[VALUES_WHY_MAX])
{
    char list[WORDS_MAX];

    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0) {
            *index = i;
            return true;
        }
    values_list(list, sizeof(list), words);
    snprintf(why, VALUES_WHY_MAX, "'%s' is not %s", text, list);
    return false;
}

void
values_list(char *out, size_t size, const char *const *words)
{
    size_t len = 0;

    *out = '\0';
    for (int i = 0; words[i] != NULL && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s",
                                i == 0                 ? ""
                                : words[i + 1] == NULL ? " or "
                                                       : ", ",
                                words[i]);
}

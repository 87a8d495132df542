#include "client/draw/text.h"

#include <stdarg.h>
#include <string.h>

#include "common/clock.h"

#define ITEM_MAX 256
#define ITEM_GAP 3
#define DIGITS   10 /* the smallest of a scale is so many of its last place */

/* Returns a scale in the unit that suits ns.  The limits are where rounding
 * would make "1000 ms" of it. */
static struct text_scale
scale_for(int64_t ns)
{
    struct text_scale s = {.unit_ns = CLOCK_S, .unit = "s", .decimals = 2};

    if (ns < CLOCK_MS - CLOCK_US / 2) {
        s.unit_ns = CLOCK_US;
        s.unit = "us";
        s.decimals = 0;
    } else if (ns < CLOCK_S - CLOCK_MS / 2) {
        s.unit_ns = CLOCK_MS;
        s.unit = "ms";
        if (ns < 9995 * CLOCK_US)
            s.decimals = 2;
        else if (ns < 99950 * CLOCK_US)
            s.decimals = 1;
        else
            s.decimals = 0;
    }
    return s;
}

static void
write_scaled(char out[TEXT_TIME_MAX], const struct text_scale *s, int64_t ns,
             bool with_unit)
{
    snprintf(out, TEXT_TIME_MAX, "%.*f%s%s", s->decimals,
             (double)ns / (double)s->unit_ns, with_unit ? " " : "",
             with_unit ? s->unit : "");
}

void
text_time(char out[TEXT_TIME_MAX], int64_t ns)
{
    struct text_scale s = scale_for(ns);

    write_scaled(out, &s, ns, true);
}

struct text_scale
text_scale(int64_t min_ns, int64_t max_ns)
{
    struct text_scale s = scale_for(max_ns);
    int64_t last_place_ns = s.unit_ns;

    for (int i = 0; i < s.decimals; i++)
        last_place_ns /= 10;
    s.own_units = min_ns > 0 && min_ns / DIGITS < last_place_ns;
    return s;
}

void
text_scaled(char out[TEXT_TIME_MAX], const struct text_scale *scale, int64_t ns,
            bool with_unit)
{
    if (scale->own_units)
        text_time(out, ns);
    else
        write_scaled(out, scale, ns, with_unit);
}

int64_t
text_round_up(int64_t ns)
{
    int64_t power = 1;

    while (power * 10 <= ns)
        power *= 10;
    if (power >= ns)
        return power;
    if (power * 2 >= ns)
        return power * 2;
    return power * 5 >= ns ? power * 5 : power * 10;
}

struct text_scale
text_ticks(int64_t span_ns, int64_t step_ns)
{
    struct text_scale s = scale_for(span_ns);
    int64_t place_ns = s.unit_ns;

    s.decimals = 0;
    while (place_ns > 1 && step_ns % place_ns != 0) {
        place_ns /= 10;
        s.decimals++;
    }
    return s;
}

const char *
text_plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

void
text_flow_item(struct text_flow *flow, const char *format, ...)
{
    char item[ITEM_MAX];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(item, sizeof(item), format, args);
    va_end(args);
    if (len < 0)
        return;
    if (len >= ITEM_MAX)
        len = ITEM_MAX - 1;
    if (flow->column > 0 && flow->column + ITEM_GAP + len > flow->width)
        text_flow_end(flow);
    flow->column +=
        fprintf(flow->out, "%*s%s", flow->column > 0 ? ITEM_GAP : 0, "", item);
}

void
text_flow_end(struct text_flow *flow)
{
    if (flow->column > 0)
        putc('\n', flow->out);
    flow->column = 0;
}

void
text_words(FILE *out, const char *words, int indent, int width)
{
    int column = indent;

    while (*words != '\0') {
        int len = (int)strcspn(words, " ");

        if (column > indent && column + 1 + len > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        column +=
            fprintf(out, "%s%.*s", column > indent ? " " : "", len, words);
        words += len;
        words += strspn(words, " ");
    }
    putc('\n', out);
}

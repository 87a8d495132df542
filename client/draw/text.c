#include "client/draw/text.h"

#include <stdarg.h>
#include <string.h>

#include "common/clock.h"

#define ITEM_MAX 256
/* Of one character, as text_visible writes it. */
#define TEXT_PIECE_MAX 8
/* The smallest time of a scale is at least so many units of its last place. */
#define DIGITS 10

/* Returns a scale in the unit that suits ns.  A unit ends a little early
 * because rounding would make "1000 ms" of what is just below a second. */
static struct text_scale
scale_for(int64_t ns)
{
    static const struct {
        int64_t below_ns;
        struct text_scale scale;
    } scales[] = {
        {CLOCK_MS - CLOCK_US / 2, {false, CLOCK_US, "us", 0}},
        {9995 * CLOCK_US, {false, CLOCK_MS, "ms", 2}},
        {99950 * CLOCK_US, {false, CLOCK_MS, "ms", 1}},
        {CLOCK_S - CLOCK_MS / 2, {false, CLOCK_MS, "ms", 0}},
        {INT64_MAX, {false, CLOCK_S, "s", 2}},
    };
    size_t i = 0;

    while (ns >= scales[i].below_ns && scales[i].below_ns != INT64_MAX)
        i++;
    return scales[i].scale;
}

const char *
text_scaled(char out[TEXT_TIME_MAX], const struct text_scale *scale, int64_t ns,
            bool with_unit)
{
    struct text_scale own = scale_for(ns);
    const struct text_scale *s = scale->own_units ? &own : scale;

    with_unit = with_unit || scale->own_units;
    snprintf(out, TEXT_TIME_MAX, "%.*f%s%s", s->decimals,
             (double)ns / (double)s->unit_ns, with_unit ? " " : "",
             with_unit ? s->unit : "");
    return out;
}

const char *
text_time(char out[TEXT_TIME_MAX], int64_t ns)
{
    return text_scaled(out, &(struct text_scale){.own_units = true}, ns, true);
}

struct text_scale
text_scale(int64_t min_ns, int64_t max_ns)
{
    struct text_scale s = scale_for(max_ns);
    int64_t last_place_ns = s.unit_ns;

    for (int i = 0; i < s.decimals; i++)
        last_place_ns /= 10;
    if (min_ns > 0 && min_ns / DIGITS < last_place_ns) {
        s.decimals++;
        last_place_ns /= 10;
    }
    s.own_units = min_ns > 0 && min_ns / DIGITS < last_place_ns;
    return s;
}

int64_t
text_round_up(int64_t ns)
{
    static const int64_t steps[] = {1, 2, 5, 10};
    int64_t power = 1;
    int i = 0;

    while (power * 10 <= ns)
        power *= 10;
    while (power * steps[i] < ns)
        i++;
    return power * steps[i];
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
text_chosen(char out[TEXT_TIME_MAX], int64_t ns)
{
    struct text_scale scale = text_ticks(ns, ns);

    return text_scaled(out, &scale, ns, true);
}

const char *
text_plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

size_t
text_character(const char *text, size_t len, uint32_t *code)
{
    static const struct {
        unsigned char mask, mark; /* of the first byte */
        uint32_t least; /* smaller numbers are encoded in fewer bytes */
    } kinds[] = {
        {0x80, 0, 0},
        {0xe0, 0xc0, 0x80},
        {0xf0, 0xe0, 0x800},
        {0xf8, 0xf0, 0x10000},
    };
    const unsigned char *bytes = (const unsigned char *)text;
    size_t more = 0; /* bytes after the first */

    while (more < 4 && more < len &&
           (*bytes & kinds[more].mask) != kinds[more].mark)
        more++;
    if (more == 4 || more >= len)
        return 0;
    *code = *bytes & (unsigned char)~kinds[more].mask;
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (bytes[i] & 0x3f);
    }
    /* The numbers from 0xd800 on are halves of surrogate pairs. */
    return *code < kinds[more].least || *code > 0x10ffff ||
                   (*code >= 0xd800 && *code < 0xe000)
               ? 0
               : more + 1;
}

/* Returns whether a character shows itself.  Some characters only change how
 * those after them are shown, from right to left for example. */
static bool
is_visible(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } invisible[] = {
        {0, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},
        {0x34f, 0x34f},   {0x61c, 0x61c},     {0x115f, 0x1160},
        {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},
        {0xfeff, 0xfeff}, {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof(invisible) / sizeof(*invisible); i++)
        if (code >= invisible[i].first && code <= invisible[i].last)
            return false;
    return true;
}

/* Writes the character that bytes begin with, or an escape for its first byte.
 * Returns how many bytes that character takes. */
static size_t
show_character(char out[TEXT_PIECE_MAX], const char *bytes, size_t len)
{
    static const char named[] = "\n\t\r";
    const char *name = memchr(named, *bytes, sizeof(named) - 1);
    uint32_t code;
    size_t taken = text_character(bytes, len, &code);

    if (name != NULL) {
        snprintf(out, TEXT_PIECE_MAX, "\\%c", "ntr"[name - named]);
    } else if (taken > 0 && is_visible(code)) {
        snprintf(out, TEXT_PIECE_MAX, "%.*s", (int)taken, bytes);
        return taken;
    } else {
        snprintf(out, TEXT_PIECE_MAX, "\\x%02x", (unsigned char)*bytes);
    }
    return 1;
}

/* Writes the bytes with this text for each backslash. */
static char *
show(char *out, size_t size, const char *bytes, size_t len,
     const char *backslash)
{
    size_t used = 0;
    size_t taken;

    for (; len > 0; bytes += taken, len -= taken) {
        char piece[TEXT_PIECE_MAX];

        taken = show_character(piece, bytes, len);
        if (*bytes == '\\')
            snprintf(piece, sizeof(piece), "%s", backslash);
        if (used + strlen(piece) >= size)
            break;
        used += (size_t)snprintf(out + used, size - used, "%s", piece);
    }
    out[used] = '\0';
    return out;
}

char *
text_visible(char *out, size_t size, const char *bytes, size_t len)
{
    return show(out, size, bytes, len, "\\\\");
}

char *
text_printable(char *out, size_t size, const char *text)
{
    return show(out, size, text, strlen(text), "\\");
}

void
text_tap(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '#')
            putc('\\', out);
        putc(*text != '\n' ? *text : ' ', out);
    }
}

/* Returns how many bytes the next character of text takes, and its columns.
 * Terminals draw what East Asian scripts and emoji need with two columns, and
 * draw an accent over the letter before it. */
static size_t
next_character(const char *text, int *columns)
{
    static const struct {
        uint32_t first, last;
        int columns;
    } widths[] = {
        {0x300, 0x36f, 0},     {0x483, 0x489, 0},     {0x591, 0x5bd, 0},
        {0x610, 0x61a, 0},     {0x64b, 0x65f, 0},     {0xe34, 0xe3a, 0},
        {0xe47, 0xe4e, 0},     {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},
        {0x1dc0, 0x1dff, 0},   {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},
        {0x231a, 0x231b, 2},   {0x23e9, 0x23ec, 2},   {0x2614, 0x2615, 2},
        {0x2648, 0x2653, 2},   {0x26a1, 0x26a1, 2},   {0x2705, 0x2705, 2},
        {0x270a, 0x270b, 2},   {0x2728, 0x2728, 2},   {0x274c, 0x274c, 2},
        {0x2753, 0x2755, 2},   {0x2b50, 0x2b50, 2},   {0x2e80, 0x303e, 2},
        {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},
        {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f320, 2},
        {0x1f32d, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2},
        {0x1fa70, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    uint32_t code;
    size_t bytes = text_character(text, strnlen(text, 4), &code);

    *columns = 1;
    for (size_t i = 0; bytes > 0 && i < sizeof(widths) / sizeof(*widths); i++)
        if (code >= widths[i].first && code <= widths[i].last)
            *columns = widths[i].columns;
    return bytes > 0 ? bytes : 1;
}

/* Returns how many columns the first len bytes of a text take. */
static int
columns_of(const char *text, size_t len)
{
    int sum = 0;
    int columns;

    for (const char *end = text + len; text < end; sum += columns)
        text += next_character(text, &columns);
    return sum;
}

int
text_columns(const char *text)
{
    return columns_of(text, strlen(text));
}

/* Returns how many bytes of the text fit into *columns, and subtracts from it
 * what they take. */
static size_t
fit(const char *text, int *columns)
{
    size_t fitting = 0;
    int needed;

    while (text[fitting] != '\0') {
        size_t bytes = next_character(text + fitting, &needed);

        if (needed > *columns)
            break;
        fitting += bytes;
        *columns -= needed;
    }
    return fitting;
}

int
text_line(FILE *out, const char *text, int columns)
{
    fwrite(text, 1, fit(text, &columns), out);
    return columns;
}

void
text_cell(FILE *out, const char *text, int columns)
{
    bool is_cut = text_columns(text) > columns;
    int left = is_cut ? columns - 3 : columns;
    size_t fitting = fit(text, &left);

    fprintf(out, "%.*s%s%*s", (int)fitting, text, is_cut ? "..." : "", left,
            "");
}

int
text_vprint(char *out, size_t size, const char *format, va_list args)
{
    int len = vsnprintf(out, size, format, args);
    size_t kept = 0;
    int columns;

    if (len < 0 || (size_t)len < size)
        return len;
    for (size_t next = 0; next + sizeof("...") <= size;
         next += next_character(out + next, &columns))
        kept = next;
    snprintf(out + kept, size - kept, "...");
    return (int)strlen(out);
}

int
text_print(char *out, size_t size, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = text_vprint(out, size, format, args);
    va_end(args);
    return len;
}

struct text_flow
text_flow_open(FILE *out, int width, int gap)
{
    return (struct text_flow){.out = out, .width = width, .gap = gap};
}

static void
begin_line(struct text_flow *flow)
{
    fprintf(flow->out, "\n%*s", flow->indent, "");
    flow->column = flow->indent;
}

void
text_flow_begin(struct text_flow *flow, int len)
{
    if (flow->column > flow->indent &&
        flow->column + flow->gap + len > flow->width)
        begin_line(flow);
    if (flow->column > flow->indent)
        flow->column += fprintf(flow->out, "%*s", flow->gap, "");
    flow->column += len;
}

/* Writes words one after another, with one space between two of them. */
static void
put_words(struct text_flow *flow, const char *words)
{
    int gap = flow->gap;

    flow->gap = 1;
    while (*words != '\0') {
        size_t len = strcspn(words, " ");

        text_flow_begin(flow, columns_of(words, len));
        fwrite(words, 1, len, flow->out);
        words += len;
        words += strspn(words, " ");
    }
    flow->gap = gap;
}

void
text_flow_item(struct text_flow *flow, const char *format, ...)
{
    char item[ITEM_MAX] = "";
    va_list args;
    int columns;

    va_start(args, format);
    (void)text_vprint(item, sizeof(item), format, args);
    va_end(args);
    columns = text_columns(item);
    if (columns <= flow->width) {
        text_flow_begin(flow, columns);
        fputs(item, flow->out);
        return;
    }
    if (flow->column > flow->indent)
        begin_line(flow);
    put_words(flow, item);
}

void
text_flow_end(struct text_flow *flow)
{
    if (flow->column > 0)
        putc('\n', flow->out);
    flow->column = 0;
}

void
text_bar(FILE *out, int64_t value, int64_t most, int columns, bool utf8)
{
    static const char *const parts[] = {"",       "\u258f", "\u258e", "\u258d",
                                        "\u258c", "\u258b", "\u258a", "\u2589"};
    const int steps = sizeof(parts) / sizeof(parts[0]);
    int length = (int)((double)value * steps * columns / (double)most);

    if (length == 0)
        length = 1;
    for (; length >= steps; length -= steps)
        fputs(utf8 ? "\u2588" : "#", out);
    fputs(utf8 ? parts[length] : length > 0 ? "." : "", out);
}

void
text_words(FILE *out, const char *words, int indent, int width)
{
    struct text_flow flow = text_flow_open(out, width, 1);

    flow.indent = flow.column = indent;
    put_words(&flow, words);
    putc('\n', out);
}

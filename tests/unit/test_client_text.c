/* Goal: what a server has sent reaches a terminal, a table or a test report
 * only as text that shows every byte and does nothing. */

#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "tests/unit/check.h"

#define SIZE_MAX_TRIED 64

static void
test_bytes_are_visible(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *shown;
    } table[] = {
        {"ack", 3, "ack"},
        {"", 0, ""},
        {"a\0b", 3, "a\\x00b"},
        {"\x1b[2J\x07", 5, "\\x1b[2J\\x07"},
        {"one\ntwo\r\t", 9, "one\\ntwo\\r\\t"},
        /* Otherwise, these four bytes and a line feed would look alike. */
        {"\\x0a", 4, "\\\\x0a"},
        {"gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f"},
        {"\xc3", 1, "\\xc3"},
        {"\xc3\xbc", 1, "\\xc3"},      /* the rest is not in the text */
        {"\xc0\xaf", 2, "\\xc0\\xaf"}, /* a slash in two bytes */
        {"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"}, /* too large */
        {"\xff\xc3(", 3, "\\xff\\xc3("},
        {"\xc2\x9b", 2, "\\xc2\\x9b"},                   /* another ESC [ */
        {"\xe2\x80\x8b", 3, "\\xe2\\x80\\x8b"},          /* no width */
        {"\xd8\x9c", 2, "\\xd8\\x9c"},                   /* right to left */
        {"\xed\xa0\x80\x7f", 4, "\\xed\\xa0\\x80\\x7f"}, /* a surrogate */
    };
    char out[SIZE_MAX_TRIED];

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        CHECK(
            strcmp(text_visible(out, sizeof(out), table[i].bytes, table[i].len),
                   table[i].shown) == 0);
}

static void
test_own_words_stay(void)
{
    char out[SIZE_MAX_TRIED];

    CHECK(strcmp(text_printable(out, sizeof(out), "my\\ server \x1b[1m\xff"),
                 "my\\ server \\x1b[1m\\xff") == 0);
}

static void
test_no_part_of_a_character(void)
{
    char out[SIZE_MAX_TRIED];

    CHECK(strcmp(text_visible(out, 5, "a\xc3\xbc\n!", 5), "a\xc3\xbc") == 0);
    CHECK(strcmp(text_visible(out, 6, "a\xc3\xbc\n!", 5), "a\xc3\xbc\\n") == 0);
    CHECK(strcmp(text_visible(out, 3, "a\xc3\xbc", 3), "a") == 0);
    CHECK(strcmp(text_visible(out, 1, "abc", 3), "") == 0);
}

static void
test_columns(void)
{
    CHECK(text_columns("abc") == 3);
    CHECK(text_columns("gr\xc3\xbc\xc3\x9f") == 4);
    CHECK(text_columns("\xe6\x97\xa5\xe6\x9c\xac") == 4); /* wide */
    CHECK(text_columns("e\xcc\x81") == 1);                /* an accent */
    CHECK(text_columns("\xf0\x9f\x9a\x80") == 2);         /* a rocket */
    CHECK(text_columns("\xd7\xa9\xd6\xbc") == 1);         /* a Hebrew point */
    CHECK(text_columns("\xc3(\xff") == 3);                /* no UTF-8 */
}

/* Returns what text_cell writes, in memory that the caller frees. */
static char *
cell(const char *text, int columns)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);

    if (out == NULL)
        abort();
    text_cell(out, text, columns);
    fclose(out);
    return written;
}

static void
test_cells(void)
{
    static const struct {
        const char *text;
        int columns;
        const char *written;
    } table[] = {
        {"abc", 5, "abc  "},
        {"abcde", 5, "abcde"},
        {"abcdef", 5, "ab..."},
        {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 5,
         "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc "},
        {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 3, "..."},
        /* There is no half of a wide character. */
        {"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 5, "\xe6\x97\xa5..."},
        {"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 4, "... "},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char *written = cell(table[i].text, table[i].columns);

        CHECK(strcmp(written, table[i].written) == 0);
        free(written);
    }
}

/* Returns whether text_line writes this, and so many columns are left. */
static bool
line_is(const char *text, int columns, const char *expected, int left)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);
    bool is;

    if (out == NULL)
        abort();
    is = text_line(out, text, columns) == left;
    fclose(out);
    is = is && strcmp(written, expected) == 0;
    free(written);
    return is;
}

static void
test_lines(void)
{
    CHECK(line_is("abcdef", 4, "abcd", 0));
    CHECK(line_is("abc", 5, "abc", 2));
    CHECK(line_is("gr\xc3\xbc\xc3\x9f", 3, "gr\xc3\xbc", 0));
    CHECK(line_is("\xe6\x97\xa5\xe6\x97\xa5", 3, "\xe6\x97\xa5", 1));
    CHECK(line_is("abc", 0, "", 0));
}

static void
test_what_does_not_fit_ends_whole(void)
{
    char out[10];

    CHECK(text_print(out, sizeof(out), "%s", "123456789") == 9);
    CHECK(strcmp(out, "123456789") == 0);
    CHECK(text_print(out, sizeof(out), "%s", "1234567890") == 9);
    CHECK(strcmp(out, "123456...") == 0);
    CHECK(text_print(out, sizeof(out), "12345%s", "\xc3\xbc\xc3\xbc\xc3\xbc") ==
          8);
    CHECK(strcmp(out, "12345...") == 0);
    CHECK(text_print(out, 2, "%s", "abc") == 1);
}

static void
test_words_are_broken_by_columns(void)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);

    if (out == NULL)
        abort();
    text_words(out, "\xc3\xbc\xc3\xbc \xc3\xbc\xc3\xbc", 0, 5);
    text_words(out, "\xe6\x97\xa5 \xe6\x97\xa5", 0, 4);
    fclose(out);
    CHECK(strcmp(written, "\xc3\xbc\xc3\xbc \xc3\xbc\xc3\xbc\n"
                          "\xe6\x97\xa5\n\xe6\x97\xa5\n") == 0);
    free(written);
}

static void
test_nothing_is_a_directive(void)
{
    static const struct {
        const char *text, *written;
    } table[] = {
        {"got 'ack'", "got 'ack'"},
        {"got '# TODO x'", "got '\\# TODO x'"},
        {"got '\\n'", "got '\\\\n'"},
        {"one\nok 2", "one ok 2"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char *written;
        size_t size;
        FILE *out = open_memstream(&written, &size);

        text_tap(out, table[i].text);
        fclose(out);
        CHECK(strcmp(written, table[i].written) == 0);
        free(written);
    }
}

int
main(void)
{
    test_bytes_are_visible();
    test_own_words_stay();
    test_no_part_of_a_character();
    test_columns();
    test_cells();
    test_lines();
    test_what_does_not_fit_ends_whole();
    test_words_are_broken_by_columns();
    test_nothing_is_a_directive();
    return check_done();
}

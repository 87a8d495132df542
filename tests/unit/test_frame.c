/* Goal: a message is found whole wherever the bytes were cut, and nothing else
 * is. */

#include <string.h>

#include "common/frame.h"
#include "tests/unit/check.h"

/* Reads bytes, given in pieces that end at the two cuts, and writes what is
 * found as text: the length of a message, "L" for too long, "A" for not ASCII,
 * each with a blank, and "+" at the end if a message has begun. */
static const char *
found(const char *bytes, size_t size, size_t cut1, size_t cut2)
{
    static char out[256];
    size_t ends[3] = {cut1, cut2, size};
    struct frame f;
    size_t at = 0;
    size_t used;
    size_t len;

    out[0] = '\0';
    frame_init(&f);
    for (int i = 0; i < 3; i++) {
        while (at < ends[i]) {
            enum frame_found what =
                frame_read(&f, bytes + at, ends[i] - at, &used, &len);
            size_t end = strlen(out);

            at += used;
            if (what == FRAME_MESSAGE)
                snprintf(out + end, sizeof(out) - end, "%zu ", len);
            else if (what != FRAME_MORE)
                snprintf(out + end, sizeof(out) - end, "%s",
                         what == FRAME_TOO_LONG ? "L " : "A ");
        }
    }
    if (f.len > 0)
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "+");
    return out;
}

#define FOUND(literal) found(literal, sizeof(literal) - 1, 0, 0)

static void
test_whole_messages(void)
{
    CHECK(strcmp(FOUND(""), "") == 0);
    CHECK(strcmp(FOUND("\3"), "0 ") == 0);
    CHECK(strcmp(FOUND("\3\3\3"), "0 0 0 ") == 0);
    CHECK(strcmp(FOUND("hello\3"), "5 ") == 0);
    CHECK(strcmp(FOUND("hello\3goodbye\3"), "5 7 ") == 0);
    CHECK(strcmp(FOUND("hello\3good"), "5 +") == 0);
    CHECK(strcmp(FOUND("a\0b\3"), "3 ") == 0);
    CHECK(strcmp(FOUND("\1\2\4\177\3"), "4 ") == 0);
    CHECK(strcmp(FOUND("caf\xc3\xa9\3tea\3"), "A 3 ") == 0);
    CHECK(strcmp(FOUND("\x80\3\xff\3\x83\3x\3"), "A A A 1 ") == 0);
}

static void
test_every_pair_of_cuts(void)
{
    static const char bytes[] = "package 0\3\3caf\xe9\3goodbye\3tail";
    size_t size = sizeof(bytes) - 1;

    for (size_t i = 0; i <= size; i++)
        for (size_t j = i; j <= size; j++)
            CHECK(strcmp(found(bytes, size, i, j), "9 0 A 7 +") == 0);
}

static void
test_longest_message(void)
{
    static char bytes[2 * FRAME_MAX];
    size_t cuts[] = {0, 1, 2048, FRAME_MAX - 1, FRAME_MAX, FRAME_MAX + 1};

    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        bytes[FRAME_MAX] = FRAME_ETX;
        CHECK(strcmp(found(bytes, FRAME_MAX + 1, cuts[i], cuts[i]), "4096 ") ==
              0);
        bytes[FRAME_MAX] = 'x';
        bytes[FRAME_MAX + 1] = FRAME_ETX;
        CHECK(strcmp(found(bytes, FRAME_MAX + 4, cuts[i], cuts[i]), "L +") ==
              0);
        bytes[FRAME_MAX + 1] = 'x';
    }
    bytes[17] = (char)0xff;
    bytes[FRAME_MAX + 1] = FRAME_ETX;
    CHECK(strcmp(found(bytes, FRAME_MAX + 2, 0, 0), "L ") == 0);
}

static void
test_no_end_at_all(void)
{
    static char bytes[65536];
    struct frame f;
    size_t used = 0;
    size_t len = 0;

    memset(bytes, 'x', sizeof(bytes));
    frame_init(&f);
    CHECK(!frame_hopeless(&f));
    /* 128 MiB. */
    for (int i = 0; i < 2048; i++)
        CHECK(frame_read(&f, bytes, sizeof(bytes), &used, &len) == FRAME_MORE &&
              used == sizeof(bytes) && frame_hopeless(&f) &&
              f.len == FRAME_MAX + 1);
    bytes[0] = FRAME_ETX;
    CHECK(frame_read(&f, bytes, 1, &used, &len) == FRAME_TOO_LONG);
    CHECK(len == FRAME_MAX + 1);
    CHECK(!frame_hopeless(&f) && f.len == 0);
}

/* Does for the frame length what found does, as if bytes came in pieces that
 * end at the two cuts: "N" for something that is no length, and "+" with how
 * many bytes there are of a message that has begun. */
static const char *
found_by_length(const char *bytes, size_t size, size_t cut1, size_t cut2)
{
    static char out[256];
    size_t ends[3] = {cut1, cut2, size};
    size_t begin = 0;
    char *end = out;

    *end = '\0';
    for (int i = 0; i < 3; i++) {
        enum frame_found what = FRAME_MESSAGE;

        while (what == FRAME_MESSAGE) {
            size_t used = 0;
            size_t len = 0;

            what =
                frame_read_length(bytes + begin, ends[i] - begin, &used, &len);
            if (what == FRAME_NO_LENGTH || what == FRAME_TOO_LONG) {
                memcpy(end, what == FRAME_TOO_LONG ? "L" : "N", 2);
                return out;
            }
            if (what == FRAME_MESSAGE) {
                CHECK(used == FRAME_HEAD + len);
                begin += used;
                end += sprintf(end, "%zu ", len);
            } else {
                CHECK(used == ends[i] - begin);
            }
        }
    }
    if (begin < size)
        sprintf(end, "+%zu", size - begin);
    return out;
}

static void
test_lengths(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *found;
    } cases[] = {
#define LENGTHS(bytes, found) {bytes, sizeof(bytes) - 1, found}
        LENGTHS("", ""),
        LENGTHS("         0", "0 "),
        LENGTHS("         5hello", "5 "),
        LENGTHS("         5hell", "+14"),
        LENGTHS("         5hello         0         3a\0\xff   ", "5 0 3 +3"),
        LENGTHS("         7goodbye", "7 "),
        LENGTHS("        10         5x", "10 N"),
        LENGTHS("0000000002ab", "2 "),
        LENGTHS(" 000000001a", "1 "),
        LENGTHS("          ", "N"),
        LENGTHS("hello\3", "N"),
        LENGTHS("\3", "N"),
        LENGTHS("        +5", "N"),
        LENGTHS("        -5", "N"),
        LENGTHS("       1_0", "N"),
        LENGTHS("       5 0", "N"),
        LENGTHS("5         ", "N"),
        LENGTHS("\t        5", "N"),
        LENGTHS("       0x5", "N"),
        LENGTHS("       5.0", "N"),
        LENGTHS("        \0005", "N"),
        LENGTHS("         1a      4097", "1 L"),
        LENGTHS("9999999999", "L"),
        LENGTHS("  99999999", "L"),
        LENGTHS("      5000", "L"),
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t a = 0; a <= cases[i].size; a++)
            for (size_t b = a; b <= cases[i].size; b++)
                CHECK(
                    strcmp(found_by_length(cases[i].bytes, cases[i].size, a, b),
                           cases[i].found) == 0);
}

static void
test_longest_by_length(void)
{
    static char bytes[FRAME_HEAD + FRAME_MAX + 1];

    memset(bytes, 0x03, sizeof(bytes));
    memcpy(bytes, "      4096", FRAME_HEAD);
    for (size_t cut = 0; cut < sizeof(bytes); cut += 7)
        CHECK(strcmp(found_by_length(bytes, sizeof(bytes) - 1, cut, cut),
                     "4096 ") == 0);
    CHECK(strcmp(found_by_length(bytes, sizeof(bytes), 0, 0), "4096 N") == 0);
}

static void
test_head(void)
{
    static const struct {
        uint64_t size;
        const char *head;
    } cases[] = {
        {0, "         0"},         {7, "         7"},
        {10, "        10"},        {4096, "      4096"},
        {104857600, " 104857600"}, {9999999999, "9999999999"},
    };
    char head[FRAME_HEAD];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        frame_write_head(head, cases[i].size);
        CHECK(memcmp(head, cases[i].head, FRAME_HEAD) == 0);
    }
}

int
main(void)
{
    test_lengths();
    test_longest_by_length();
    test_head();
    test_whole_messages();
    test_every_pair_of_cuts();
    test_longest_message();
    test_no_end_at_all();
    return check_done();
}

/* Goal: each answer is found however the bytes are split, and what the server
 * has sent instead of an answer is kept for the message to the user. */

#include <stdio.h>
#include <string.h>

#include "client/play/answer.h"
#include "tests/unit/check.h"

#define GOT_MAX 8

/* Reads bytes that come in three pieces, which end at the two cuts, and returns
 * what is found as text: "A" for ack, "N" for nak, "+" if an answer has begun
 * at the end, and "W" with the bytes got if they are wrong. */
static const char *
found(const char *bytes, size_t size, size_t cut1, size_t cut2)
{
    static char out[64];
    size_t ends[3] = {cut1, cut2, size};
    const char *at = bytes;
    struct answer a = {0};
    enum answer_result result = ANSWER_ACK;
    size_t len = 0;

    for (int i = 0; i < 3; i++) {
        while (at < bytes + ends[i]) {
            result = answer_next(&a, &at, bytes + ends[i]);
            if (result == ANSWER_WRONG) {
                out[len++] = 'W';
                len += answer_got(&a, at, bytes + size, out + len, GOT_MAX);
                out[len] = '\0';
                return out;
            }
            if (result != ANSWER_MORE)
                out[len++] = result == ANSWER_ACK ? 'A' : 'N';
        }
    }
    if (result == ANSWER_MORE)
        out[len++] = '+';
    out[len] = '\0';
    return out;
}

static void
test_every_split(void)
{
    static const struct {
        const char *bytes;
        const char *found;
    } table[] = {
        {"", ""},
        {"ack", "A"},
        {"nak", "N"},
        {"ac", "+"},
        {"acknakackack", "ANAA"},
        {"nakackn", "NA+"},
        {"x", "Wx"},
        {"ackx", "AWx"},
        {"acx", "Wacx"},
        {"nck", "Wnck"},
        {"ackACK", "AWACK"},
        {"nakok done\n", "NWok done\n"},
        {"anything else", "Wanything"},
    };

    for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        const char *bytes = table[k].bytes;
        size_t size = strlen(bytes);

        for (size_t i = 0; i <= size; i++)
            for (size_t j = i; j <= size; j++)
                CHECK(strcmp(found(bytes, size, i, j), table[k].found) == 0);
    }
    CHECK(strcmp(found("ac\0ack", 6, 0, 0), "Wac") == 0);
    CHECK(strcmp(found("ack\0", 4, 1, 2), "AW") == 0);
}

static void
test_missing_bytes(void)
{
    struct answer a = {0};
    const char *at = "ackn";

    CHECK(answer_missing(&a) == 3);
    CHECK(answer_next(&a, &at, at + 1) == ANSWER_MORE);
    CHECK(answer_missing(&a) == 2);
    CHECK(answer_next(&a, &at, at + 2) == ANSWER_ACK);
    CHECK(answer_missing(&a) == 3); /* of the next answer */
    CHECK(answer_next(&a, &at, at + 1) == ANSWER_MORE);
    CHECK(answer_missing(&a) == 2);
}

static void
test_got(void)
{
    struct answer a = {0};
    const char bytes[] = "nakfurther";
    const char *end = bytes + strlen(bytes);
    const char *at = bytes;
    char got[GOT_MAX];

    CHECK(answer_next(&a, &at, end) == ANSWER_NAK);
    /* It is a nak, and ack was expected: only the answer itself is wrong. */
    CHECK(answer_got(&a, at, at, got, GOT_MAX) == 3);
    CHECK(memcmp(got, "nak", 3) == 0);
    CHECK(answer_got(&a, at, end, got, GOT_MAX) == 8);
    CHECK(memcmp(got, "nakfurth", 8) == 0);
    CHECK(answer_got(&a, at, end, got, 2) == 2);
    /* No answer was due. */
    CHECK(answer_got(NULL, at, end, got, GOT_MAX) == 7);
    CHECK(memcmp(got, "further", 7) == 0);
}

int
main(void)
{
    test_every_split();
    test_missing_bytes();
    test_got();
    return check_done();
}

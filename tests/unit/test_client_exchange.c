/* Goal: a client finds each answer of the services, however its bytes are cut
 * into pieces, and takes only the right one. */

#include <string.h>

#include "client/play/exchange.h"
#include "client/play/message.h"
#include "tests/unit/check.h"

#define OUT_MAX 200

/* Reads bytes in up to three pieces, which end at these places.  Returns a
 * letter per answer (A: right, N: nak, W: wrong, and then nothing more is
 * read), then '+' if one is not complete. */
static const char *
read_all(const struct plan *plan, const char *bytes, size_t size, size_t end_1,
         size_t end_2, char out[OUT_MAX])
{
    const size_t ends[] = {end_1, end_2, size};
    const char *at = bytes;
    struct exchange x = {.is_whole = false};
    enum answer_result result = ANSWER_ACK;
    int number = 0;
    size_t len = 0;

    for (int i = 0; i < 3 && result != ANSWER_WRONG; i++)
        while (at < bytes + ends[i]) {
            result = exchange_next(&x, plan, number, &at, bytes + ends[i]);
            if (result == ANSWER_MORE)
                continue;
            number++;
            out[len++] = result == ANSWER_ACK   ? 'A'
                         : result == ANSWER_NAK ? 'N'
                                                : 'W';
            if (result == ANSWER_WRONG)
                break;
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
        enum plan_service service;
        enum plan_frame frame;
        const char *bytes;
        const char *found;
    } table[] = {
        {PLAN_ECHO, PLAN_ETX, "package 0\3package 1\3", "AA"},
        {PLAN_ECHO, PLAN_ETX, "package 0\3package 2\3", "AW"},
        {PLAN_ECHO, PLAN_ETX, "package 0\3pack", "A+"},
        {PLAN_ECHO, PLAN_ETX, "package\3", "W"},
        {PLAN_ECHO, PLAN_ETX, "package 00\3", "W"},
        {PLAN_ECHO, PLAN_ETX, "\3", "W"},
        {PLAN_UPPER, PLAN_ETX, "PACKAGE 0\3PACKAGE 1\3", "AA"},
        {PLAN_UPPER, PLAN_ETX, "package 0\3", "W"},
        {PLAN_UPPER, PLAN_LENGTH, "         9PACKAGE 0         9PACKAGE 1",
         "AA"},
        {PLAN_ECHO, PLAN_LENGTH, "         9package 0", "A"},
        {PLAN_ECHO, PLAN_LENGTH, "        10package 0\3", "W"},
        {PLAN_ECHO, PLAN_LENGTH, "         8package ", "W"},
        {PLAN_ECHO, PLAN_LENGTH, "0000000009package 0", "A"},
        {PLAN_ECHO, PLAN_LENGTH, "        +9package 0", "W"},
        {PLAN_ECHO, PLAN_LENGTH, "       9 package 0", "W"},
        {PLAN_ECHO, PLAN_LENGTH, "          package 0", "W"},
        {PLAN_ECHO, PLAN_LENGTH, "     ", "+"},
        {PLAN_KV, PLAN_ETX,
         "1 1\3"
         "2 -2\3",
         "AA"},
        {PLAN_KV, PLAN_ETX, "full\3", "W"},
        {PLAN_KV, PLAN_ETX, "1\3", "W"},
        {PLAN_KV, PLAN_ETX, "1 1 \3", "W"},
        {PLAN_KV, PLAN_LENGTH, "         31 1", "A"},
        {PLAN_DAYTIME, PLAN_ETX, "Sun Nov 29\n", "A"},
        {PLAN_DAYTIME, PLAN_LENGTH, "Sun Nov 29\n", "A"},
        {PLAN_DAYTIME, PLAN_ETX, "Sun Nov 29", "+"},
        {PLAN_DAYTIME, PLAN_ETX, "\n", "W"},
        {PLAN_FILE, PLAN_ETX, "         5\1\2\3\4\5         5\1\2\3\4\5", "AA"},
        {PLAN_FILE, PLAN_LENGTH, "         0", "A"},
        {PLAN_FILE, PLAN_ETX, "       bad", "W"},
        {PLAN_FILE, PLAN_ETX, "         5\1\2\3\4", "+"},
    };
    char out[OUT_MAX];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct plan plan = {.service = table[i].service,
                                  .frame = table[i].frame,
                                  .messages = 2,
                                  .size = PLAN_SIZE_NATURAL};
        size_t size = strlen(table[i].bytes);

        for (size_t a = 0; a <= size; a++)
            for (size_t b = a; b <= size; b++) {
                (void)read_all(&plan, table[i].bytes, size, a, b, out);
                CHECK(strcmp(out, table[i].found) == 0);
            }
    }
}

static void
test_nak_to_a_long_message(void)
{
    const struct plan plan = {
        .service = PLAN_ECHO, .messages = 2, .size = 5000};
    char out[OUT_MAX];

    CHECK(strcmp(read_all(&plan, "nak\3nak\3", 8, 2, 5, out), "NN") == 0);
    CHECK(strcmp(read_all(&plan, "package 0\3", 10, 2, 5, out), "W") == 0);
}

/* What the client says about a wrong answer. */
static void
test_where_it_is_wrong(void)
{
    const struct plan plan = {
        .service = PLAN_UPPER, .messages = 1, .size = PLAN_SIZE_NATURAL};
    static const char bytes[] = "PACKxge 0\3";
    struct exchange x = {.is_whole = false};
    const char *at = bytes;
    char want[4];

    CHECK(exchange_next(&x, &plan, 0, &at, bytes + 10) == ANSWER_WRONG);
    CHECK(x.text.len == 4 && at == bytes + 4);
    CHECK(exchange_want(&x, &plan, 0, want, 4) == 4);
    CHECK(memcmp(want, "AGE ", 4) == 0);
}

/* The checksum depends on the bytes and on their order, and not on the pieces
 * in which they come. */
static void
test_checksum(void)
{
    char bytes[100];
    struct record_text one = {.len = 0};
    struct record_text other = {.len = 0};
    uint64_t word = 0;
    uint64_t other_word = 0;
    uint64_t whole;

    for (int i = 0; i < 100; i++)
        bytes[i] = (char)(i * 7);
    exchange_add(&one, &word, bytes, 100);
    whole = exchange_checksum(&one, word);
    for (int piece = 1; piece < 20; piece++) {
        other = (struct record_text){.len = 0};
        other_word = 0;
        for (int i = 0; i < 100; i += piece)
            exchange_add(&other, &other_word, bytes + i,
                         i + piece < 100 ? piece : 100 - i);
        CHECK(other.len == 100);
        CHECK(exchange_checksum(&other, other_word) == whole);
        CHECK(memcmp(other.begin, bytes, RECORD_TEXT_MAX) == 0);
    }
    for (int i = 0; i < 100; i++) {
        bytes[i] ^= 1;
        other = (struct record_text){.len = 0};
        other_word = 0;
        exchange_add(&other, &other_word, bytes, 100);
        CHECK(exchange_checksum(&other, other_word) != whole);
        bytes[i] ^= 1;
    }
}

/* A message is the same in whatever pieces it is copied. */
static void
test_messages(void)
{
    static const struct {
        struct plan plan;
        int number;
        const char *bytes;
    } table[] = {
        {{.service = PLAN_ECHO, .messages = 3, .size = PLAN_SIZE_NATURAL},
         0,
         "package 0\3"},
        {{.service = PLAN_ECHO, .messages = 3, .size = 13},
         2,
         "package 2jklm\3"},
        {{.service = PLAN_ACK, .messages = 3, .size = 13},
         2,
         "package 2....\3"},
        {{.frame = PLAN_LENGTH, .messages = 1, .size = 0}, 0, "         0"},
        {{.service = PLAN_KV,
          .frame = PLAN_LENGTH,
          .messages = 3,
          .size = PLAN_SIZE_NATURAL},
         1,
         "        11ADD count 1"},
        {{.service = PLAN_FILE, .messages = 1, .size = PLAN_SIZE_NATURAL},
         0,
         "get\3"},
        {{.service = PLAN_FILE, .messages = 1, .size = PLAN_SIZE_NATURAL},
         1,
         "goodbye\3"},
        {{.frame = PLAN_LENGTH, .messages = 1, .size = PLAN_SIZE_NATURAL},
         1,
         ""},
        {{.service = PLAN_DAYTIME, .messages = 1, .size = PLAN_SIZE_NATURAL},
         0,
         ""},
        {{.service = PLAN_DAYTIME, .messages = 1, .size = PLAN_SIZE_NATURAL},
         1,
         ""},
    };
    char buf[64];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct plan *plan = &table[i].plan;
        size_t size = strlen(table[i].bytes);

        CHECK(message_bytes(plan, table[i].number) == size);
        for (size_t a = 0; a <= size; a++)
            for (size_t n = 0; n <= size; n++) {
                size_t copied = message_copy(plan, table[i].number, a, buf, n);

                CHECK(copied == (n < size - a ? n : size - a));
                CHECK(memcmp(buf, table[i].bytes + a, copied) == 0);
            }
    }
}

int
main(void)
{
    test_every_split();
    test_nak_to_a_long_message();
    test_where_it_is_wrong();
    test_checksum();
    test_messages();
    return check_done();
}

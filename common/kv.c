#include "common/kv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/kv_table.h"

/* Cuts off the first word of rest, up to the first blank.  Returns false if
 * there is no blank. */
static bool
cut(struct kv_text *rest, struct kv_text *word)
{
    const char *blank = memchr(rest->bytes, ' ', rest->size);

    *word = *rest;
    if (blank == NULL)
        return false;
    word->size = (size_t)(blank - rest->bytes);
    rest->bytes = blank + 1;
    rest->size -= word->size + 1;
    return true;
}

static bool
is_word(struct kv_text text, const char *word)
{
    return text.size == strlen(word) &&
           memcmp(text.bytes, word, text.size) == 0;
}

/* Reads digits, up to a number of at most max. */
static bool
read_digits(struct kv_text text, uint64_t max, uint64_t *number)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned char)text.bytes[i] - (unsigned)'0';

        if (digit > 9 || n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *number = n;
    return text.size > 0;
}

/* Reads a number that may be negative. */
static bool
read_number(struct kv_text text, int64_t *number)
{
    bool negative = text.size > 0 && text.bytes[0] == '-';
    struct kv_text digits = {text.bytes + negative, text.size - negative};
    uint64_t n;

    if (!read_digits(digits, (uint64_t)INT64_MAX + negative, &n))
        return false;
    *number = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

static bool
add_numbers(int64_t a, int64_t b, int64_t *sum)
{
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b)
        return false;
    *sum = a + b;
    return true;
}

static size_t
say(char *text, const char *words)
{
    size_t size = strlen(words);

    memcpy(text, words, size);
    return size;
}

static size_t
say_version(char *text, const char *word, uint64_t version)
{
    return (size_t)snprintf(text, KV_ANSWER_MAX, "%s%" PRIu64, word, version);
}

static size_t
put(struct kv_text key, struct kv_text value, char *text)
{
    struct kv_entry *e = kv_table_find(key);

    if (value.size > KV_VALUE_MAX)
        return say(text, "bad value");
    if (e == NULL)
        return say(text, "full");
    return say_version(text, "ok ", kv_table_store(e, key, value));
}

static size_t
get(struct kv_text key, struct kv_text nothing, char *text)
{
    const struct kv_value *v = kv_table_value(kv_table_find(key));
    size_t size;

    (void)nothing;
    if (v == NULL)
        return say(text, "none");
    size = say_version(text, "", v->version);
    text[size++] = ' ';
    memcpy(text + size, v->bytes, v->size);
    return size + v->size;
}

static size_t
update(struct kv_text key, struct kv_text rest, char *text)
{
    const struct kv_value *v = kv_table_value(kv_table_find(key));
    struct kv_text word;
    uint64_t version;
    bool has_value = cut(&rest, &word);

    if (!read_digits(word, UINT64_MAX, &version))
        return say(text, "bad version");
    if (!has_value)
        return say(text, "bad value");
    if (v == NULL && version != 0)
        return say(text, "none");
    if (v != NULL && v->version != version)
        return say_version(text, "stale ", v->version);
    return put(key, rest, text);
}

static size_t
add(struct kv_text key, struct kv_text word, char *text)
{
    struct kv_entry *e = kv_table_find(key);
    const struct kv_value *v = kv_table_value(e);
    struct kv_text old = {"0", 1};
    char digits[32];
    int64_t number;
    int64_t sum;

    if (v != NULL)
        old = (struct kv_text){v->bytes, v->size};
    if (!read_number(word, &number) || !read_number(old, &sum) ||
        !add_numbers(sum, number, &sum))
        return say(text, "bad number");
    if (e == NULL)
        return say(text, "full");
    old.bytes = digits;
    old.size = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, sum);
    kv_table_store(e, key, old);
    return get(key, word, text);
}

/* The requests. */
static const struct {
    const char *name;
    size_t (*answer)(struct kv_text key, struct kv_text rest, char *text);
    const char *missing; /* the answer if nothing follows the key; NULL: nothing
                          * must follow it */
} requests[] = {
    {"PUT", put, "bad value"},
    {"GET", get, NULL},
    {"UPDATE", update, "bad version"},
    {"ADD", add, "bad number"},
};

size_t
kv_answer(const char *request, size_t len, char text[KV_ANSWER_MAX])
{
    struct kv_text rest = {request, len};
    struct kv_text name;
    struct kv_text key;
    size_t count = sizeof(requests) / sizeof(requests[0]);
    size_t i = 0;
    size_t size;
    bool more = cut(&rest, &name);

    while (i < count && !is_word(name, requests[i].name))
        i++;
    if (!more || i == count)
        return say(text, "bad request");
    more = cut(&rest, &key);
    if (key.size == 0 || key.size > KV_KEY_MAX ||
        (more && requests[i].missing == NULL))
        return say(text, "bad key");
    if (!more && requests[i].missing != NULL)
        return say(text, requests[i].missing);
    kv_table_lock();
    size = requests[i].answer(key, rest, text);
    kv_table_unlock();
    return size;
}

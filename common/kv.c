#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "common/kv.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes that have no NUL at their end. */
struct text {
    const char *bytes;
    size_t size;
};

struct value {
    uint64_t version;
    size_t size;
    char bytes[KV_VALUE_MAX];
};

/* One key of the table.  A process may be killed at any moment, even while it
 * writes a value.  Therefore a new value is written to a place of its own, and
 * becomes the current one with a single store.  A change that is half done is
 * never seen. */
struct entry {
    _Atomic unsigned char current; /* which of values, from 1; 0: no key */
    size_t key_size;
    char key[KV_KEY_MAX];
    struct value values[2];
};

struct table {
    enum service_sharing sharing;
    size_t size;
    pthread_mutex_t lock;
    /* Protected by lock, unless the table is used by one thread only: */
    struct entry entries[];
};

static struct table *table;

bool
kv_open(int entries, enum service_sharing sharing)
{
    size_t size = sizeof(*table) + (size_t)entries * sizeof(struct entry);
    /* With MAP_PRIVATE, each process would have a copy of the table, beginning
     * with its fork. */
    int visible = sharing == SERVICE_PROCESSES ? MAP_SHARED : MAP_PRIVATE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        visible | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;

    if (memory == MAP_FAILED)
        return false;
    table = memory;
    table->sharing = sharing;
    table->size = (size_t)entries;
    pthread_mutexattr_init(&attributes);
    if (sharing == SERVICE_PROCESSES) {
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    }
    errno = pthread_mutex_init(&table->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return errno == 0;
}

void
kv_lock(void)
{
    if (table->sharing == SERVICE_ALONE)
        return;
    /* The process that held the lock has been killed.  There is nothing to
     * repair (see struct entry): it has made its change, or it has not. */
    if (pthread_mutex_lock(&table->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&table->lock);
}

void
kv_unlock(void)
{
    if (table->sharing != SERVICE_ALONE)
        pthread_mutex_unlock(&table->lock);
}

static bool
is_equal(struct text a, const char *bytes, size_t size)
{
    return a.size == size && memcmp(a.bytes, bytes, size) == 0;
}

static uint64_t
hash(struct text key)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < key.size; i++)
        h = (h ^ (unsigned char)key.bytes[i]) * UINT64_C(1099511628211);
    return h;
}

/* Returns the entry of the key; or a free one if the key is not in the table;
 * or NULL if there is no free one. */
static struct entry *
find(struct text key)
{
    uint64_t first = hash(key);

    for (size_t i = 0; i < table->size; i++) {
        struct entry *e = &table->entries[(first + i) % table->size];

        if (e->current == 0 || is_equal(key, e->key, e->key_size))
            return e;
    }
    return NULL;
}

/* Returns the value of an entry, NULL if it has none. */
static const struct value *
value_of(const struct entry *e)
{
    return e == NULL || e->current == 0 ? NULL : &e->values[e->current - 1];
}

/* Gives a key a new value, in the entry that find has returned for it.  Returns
 * the version of the value. */
static uint64_t
store(struct entry *e, struct text key, struct text value)
{
    const struct value *old = value_of(e);
    int place = e->current == 1 ? 2 : 1;
    struct value *new = &e->values[place - 1];

    if (old == NULL) {
        memcpy(e->key, key.bytes, key.size);
        e->key_size = key.size;
    }
    memcpy(new->bytes, value.bytes, value.size);
    new->size = value.size;
    new->version = old == NULL ? 1 : old->version + 1;
    e->current = (unsigned char)place; /* from now on, the change is made */
    return new->version;
}

/* Cuts off the first word of rest, up to the first blank.  Returns false if
 * there is no blank. */
static bool
cut(struct text *rest, struct text *word)
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

/* Reads digits, up to a number of at most max. */
static bool
read_digits(struct text text, uint64_t max, uint64_t *number)
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
read_number(struct text text, int64_t *number)
{
    bool negative = text.size > 0 && text.bytes[0] == '-';
    struct text digits = {text.bytes + negative, text.size - negative};
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
put(struct text key, struct text value, char *text)
{
    struct entry *e = find(key);

    if (value.size > KV_VALUE_MAX)
        return say(text, "bad value");
    if (e == NULL)
        return say(text, "full");
    return say_version(text, "ok ", store(e, key, value));
}

static size_t
get(struct text key, struct text nothing, char *text)
{
    const struct value *v = value_of(find(key));
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
update(struct text key, struct text rest, char *text)
{
    const struct value *v = value_of(find(key));
    struct text word;
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
add(struct text key, struct text word, char *text)
{
    struct entry *e = find(key);
    const struct value *v = value_of(e);
    struct text old = {"0", 1};
    char digits[32];
    int64_t number;
    int64_t sum;

    if (v != NULL)
        old = (struct text){v->bytes, v->size};
    if (!read_number(word, &number) || !read_number(old, &sum) ||
        !add_numbers(sum, number, &sum))
        return say(text, "bad number");
    if (e == NULL)
        return say(text, "full");
    old.bytes = digits;
    old.size = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, sum);
    store(e, key, old);
    return get(key, word, text);
}

/* The requests. */
static const struct {
    const char *name;
    size_t (*answer)(struct text key, struct text rest, char *text);
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
    struct text rest = {request, len};
    struct text name;
    struct text key;
    size_t count = sizeof(requests) / sizeof(requests[0]);
    size_t i = 0;
    size_t size;
    bool more = cut(&rest, &name);

    while (i < count &&
           !is_equal(name, requests[i].name, strlen(requests[i].name)))
        i++;
    if (!more || i == count)
        return say(text, "bad request");
    more = cut(&rest, &key);
    if (key.size == 0 || key.size > KV_KEY_MAX ||
        (more && requests[i].missing == NULL))
        return say(text, "bad key");
    if (!more && requests[i].missing != NULL)
        return say(text, requests[i].missing);
    kv_lock();
    size = requests[i].answer(key, rest, text);
    kv_unlock();
    return size;
}

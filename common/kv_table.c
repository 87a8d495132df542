#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "common/kv_table.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

/* One key of the table.  A process may be killed at any moment, even while it
 * writes a value.  Therefore a new value is written to a place of its own, and
 * becomes the current one with a single store.  So nobody sees a change that is
 * half done. */
struct kv_entry {
    _Atomic unsigned char current; /* which of values, from 1; 0: no key */
    size_t key_size;
    char key[KV_KEY_MAX];
    struct kv_value values[2];
};

struct table {
    enum service_sharing sharing;
    size_t size;
    pthread_mutex_t lock;
    /* Protected by lock, unless the table is used by one thread only: */
    struct kv_entry entries[];
};

static struct table *table;

bool
kv_table_open(int entries, enum service_sharing sharing)
{
    size_t size = sizeof(*table) + (size_t)entries * sizeof(struct kv_entry);
    /* With MAP_PRIVATE, each process would have its own copy of the table after
     * its fork. */
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
kv_table_lock(void)
{
    if (table->sharing == SERVICE_ALONE)
        return;
    /* The process that held the lock has been killed.  There is nothing to
     * repair (see struct kv_entry): it has made its change, or it has not. */
    if (pthread_mutex_lock(&table->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&table->lock);
}

void
kv_table_unlock(void)
{
    if (table->sharing != SERVICE_ALONE)
        pthread_mutex_unlock(&table->lock);
}

static bool
has_key(const struct kv_entry *e, struct kv_text key)
{
    return e->key_size == key.size && memcmp(e->key, key.bytes, key.size) == 0;
}

static uint64_t
hash(struct kv_text key)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < key.size; i++)
        h = (h ^ (unsigned char)key.bytes[i]) * UINT64_C(1099511628211);
    return h;
}

struct kv_entry *
kv_table_find(struct kv_text key)
{
    uint64_t first = hash(key);

    for (size_t i = 0; i < table->size; i++) {
        struct kv_entry *e = &table->entries[(first + i) % table->size];

        if (e->current == 0 || has_key(e, key))
            return e;
    }
    return NULL;
}

const struct kv_value *
kv_table_value(const struct kv_entry *e)
{
    return e == NULL || e->current == 0 ? NULL : &e->values[e->current - 1];
}

uint64_t
kv_table_store(struct kv_entry *e, struct kv_text key, struct kv_text value)
{
    const struct kv_value *old = kv_table_value(e);
    int place = e->current == 1 ? 2 : 1;
    struct kv_value *new = &e->values[place - 1];

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

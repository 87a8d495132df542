/* kv_table - where a server keeps the keys and values of the service kv.
 *
 * There is one table.  All threads and processes that answer requests must see
 * the same table, and none of them must see a change that is half done.  enum
 * service_sharing says whether these are one thread, several threads, or
 * several processes. */

#ifndef COMMON_KV_TABLE_H
#define COMMON_KV_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/service.h"

#define KV_KEY_MAX   64   /* bytes */
#define KV_VALUE_MAX 1024 /* bytes */

#define KV_ENTRIES_MAX 100000

/* Bytes that have no NUL at their end. */
struct kv_text {
    const char *bytes;
    size_t size;
};

/* A value.  The version of the first value of a key is 1, and each new value
 * has the next one. */
struct kv_value {
    uint64_t version;
    size_t size;
    char bytes[KV_VALUE_MAX];
};

struct kv_entry;

/* Makes an empty table with room for this many keys.  Returns false with errno
 * set if there is no memory. */
bool kv_table_open(int entries, enum service_sharing sharing);

/* Take and release the lock of the table, if it has one.  Call the functions
 * below only while you hold the lock. */
void kv_table_lock(void);
void kv_table_unlock(void);

/* Returns the entry of the key; or a free one if the key is not in the table;
 * or NULL if there is no free one. */
struct kv_entry *kv_table_find(struct kv_text key);

/* Returns the value of an entry, NULL if it has none or if e is NULL. */
const struct kv_value *kv_table_value(const struct kv_entry *e);

/* Gives a key a new value of at most KV_VALUE_MAX bytes, in the entry that
 * kv_table_find has returned for it.  The key has at most KV_KEY_MAX bytes.
 * Returns the version of the value. */
uint64_t
kv_table_store(struct kv_entry *e, struct kv_text key, struct kv_text value);

#endif

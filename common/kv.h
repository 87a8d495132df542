/* kv - a table of keys and values that all clients of a server use together.
 *
 * A client stores a value (PUT), reads it (GET), replaces it if nobody else has
 * done so meanwhile (UPDATE), or adds to it (ADD).  notes/protocol.md describes
 * the requests and their answers.
 *
 * All threads and processes that answer requests must see the same table, and
 * none of them must see a change that is half done.  service.h says which they
 * are: one thread, several threads, or several processes. */

#ifndef COMMON_KV_H
#define COMMON_KV_H

#include <stdbool.h>
#include <stddef.h>

#include "common/service.h"

#define KV_KEY_MAX   64   /* bytes */
#define KV_VALUE_MAX 1024 /* bytes */
/* "stale" or a value, with a version. */
#define KV_ANSWER_MAX (KV_VALUE_MAX + 32)

#define KV_ENTRIES_MAX 100000

_Static_assert(KV_ANSWER_MAX <= SERVICE_TEXT_MAX, "an answer fits");

/* Makes an empty table with room for this many keys.  Returns false with errno
 * set if there is no memory. */
bool kv_open(int entries, enum service_sharing sharing);

/* Does what the request says, and writes the answer to text.  Returns the size
 * of the answer. */
size_t kv_answer(const char *request, size_t len, char text[KV_ANSWER_MAX]);

/* Take and give back the lock of the table, if it has one.  kv_answer does both
 * itself. */
void kv_lock(void);
void kv_unlock(void);

#endif

/* kv - the requests to a table of keys and values that all clients of a server
 * use together.
 *
 * A client stores a value (PUT), reads it (GET), replaces it if nobody else has
 * done so meanwhile (UPDATE), or adds to it (ADD).  notes/protocol.md describes
 * the requests and their answers.  kv_table.h keeps the table. */

#ifndef COMMON_KV_H
#define COMMON_KV_H

#include <stddef.h>

#include "common/kv_table.h"
#include "common/service.h"

/* "stale" or a value, with a version. */
#define KV_ANSWER_MAX (KV_VALUE_MAX + 32)

_Static_assert(KV_ANSWER_MAX <= SERVICE_TEXT_MAX, "an answer fits");

/* Does what the request says, and writes the answer to text.  Returns the size
 * of the answer.  It holds the lock of the table while it uses the table. */
size_t kv_answer(const char *request, size_t len, char text[KV_ANSWER_MAX]);

#endif

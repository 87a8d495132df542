/* finding - one thing that is looked at in a server: what is done, what is to
 * be expected, what was seen.
 *
 * A finding looks at a server that has just been started (or runs already), is
 * told what is known of it, and leaves no client behind. */

#ifndef CLIENT_JUDGE_FINDING_H
#define CLIENT_JUDGE_FINDING_H

#include <stddef.h>

#include "client/judge/target_server.h"

#define FINDING_TEXT_MAX 160

enum finding_tier {
    FINDING_MUST,   /* protocol and capacity */
    FINDING_SHOULD, /* neighbours, leaks, idle, stop */
    FINDING_ATTACK,
};

enum finding_result {
    FINDING_OK,
    FINDING_NOT_OK,
    FINDING_UNKNOWN, /* it could not be looked at: seen says why */
};

struct outcome {
    enum finding_result result;
    char seen[FINDING_TEXT_MAX];
};

struct finding {
    const char *name; /* "protocol.glued" */
    enum finding_tier tier;
    const char *looked_at; /* "two messages in one write" */
    const char *expected;  /* "two answers" */
    const char *explained; /* a paragraph: what is done, and why */
    const char *lesson;    /* "notes/07-select.md" */
    /* Looks; the outcome is UNKNOWN with nothing seen before. */
    void (*look)(struct target_server *s, struct outcome *o);
};

/* The groups, in the order in which they are looked at; each ends with an entry
 * without a name. */
extern const struct finding findings_protocol[];
extern const struct finding findings_capacity[];
extern const struct finding findings_neighbours[];
extern const struct finding findings_leaks[];
extern const struct finding findings_stop[];
extern const struct finding findings_attack[];

/* Sets the outcome. */
void finding_ok(struct outcome *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void finding_not_ok(struct outcome *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void finding_unknown(struct outcome *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

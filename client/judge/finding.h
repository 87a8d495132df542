/* finding - one thing that the judge looks at in a server: what it does to the
 * server, what it expects, and what it has seen.
 *
 * A finding is an entry of a table.  checks_run (checks.h) starts a server for
 * it, calls its check or plays its conversation, and looks afterwards whether
 * the server still works; so a check does only what it is named for.
 *
 * A check runs in a process of its own, and it runs again, on a new server, if
 * its outcome is not ok.  So it must not rely on what it has stored before.
 * What it stores in the server's model is kept (but see only_waits). */

#ifndef CLIENT_JUDGE_FINDING_H
#define CLIENT_JUDGE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "client/judge/target_server.h"

#define FINDING_TEXT_MAX 400
#define FINDINGS_MAX     80
#define FINDING_TIERS    3

struct conversation_step;

enum finding_tier {
    FINDING_MUST,   /* protocol and capacity */
    FINDING_SHOULD, /* neighbours, leaks, idle, stop */
    FINDING_ATTACK,
};

enum finding_result {
    FINDING_OK,
    FINDING_NOT_OK,
    FINDING_UNKNOWN,       /* it could not be looked at: seen says why */
    FINDING_NOT_LOOKED_AT, /* another finding is the cause: seen says which */
    FINDING_SKIPPED,       /* it does not apply to this server: seen says why */
};

struct outcome {
    enum finding_result result;
    bool by_time;    /* not ok because something took long: see finding_late */
    bool no_server;  /* unknown because the server did not start */
    bool is_excused; /* unknown because of this program or the machine */
    char end[TARGET_SERVER_END_MAX]; /* how it has ended, if that is not ok */
    char seen[FINDING_TEXT_MAX];
};

/* What must be known or possible for a finding; otherwise it is unknown. */
enum finding_needs {
    FINDING_NEEDS_PROCESS = 1,  /* its process can be looked at in /proc */
    FINDING_NEEDS_COMMAND = 2,  /* it can be stopped and harmed */
    FINDING_NEEDS_CAPACITY = 4, /* capacity.at-once knows how many it serves */
};

enum finding_frame {
    FINDING_ANY_FRAME,
    FINDING_ETX,
    FINDING_LENGTH,
};

#define FINDING_OF(service) (1U << (service))

/* How the server must be after a check whose outcome is ok.  If it is not ok,
 * and the server has ended, the outcome says that instead. */
enum finding_after {
    FINDING_ANYHOW,
    FINDING_LIVES,    /* its process has not ended */
    FINDING_SERVES,   /* and a new client is served */
    FINDING_RECOVERS, /* and as many clients are served at once as before */
    FINDING_ENDS,     /* the check lets it end: that is never held against it */
};

struct finding {
    const char *name; /* "protocol.glued" */
    enum finding_tier tier;
    const char *looked_at; /* "two messages in one write" */
    const char *expected;  /* "two answers" */
    const char *explained; /* a paragraph: what is done, and why */
    const char *lesson;    /* "notes/15-select.md" */

    /* Exactly one of these is set.  A check sets the outcome, which is UNKNOWN
     * before it.  A conversation is ok if every step goes as it is written. */
    void (*check)(struct target_server *s, struct outcome *o);
    const struct conversation_step *conversation;

    const char *mend;  /* what to change in the server, in a sentence or two */
    const char *delay; /* the server's for this; NULL: that of the user */
    unsigned needs;    /* finding_needs */
    bool is_basic;     /* others need it, so it is looked at in any case */

    /* For which services, FINDING_OF(PLAN_KV) | ..., and for which frame it is.
     * Without services: for ack in the frame etx. */
    unsigned services;
    enum finding_frame frame;

    /* Findings whose defects show in this one, too, separated by commas, as in
     * "protocol.several,capacity.at-once".  If one of them is not ok, or is not
     * looked at, this one is not looked at, so that one defect is one
     * accusation.  All findings also depend on the first one.  A finding that
     * the user has not chosen counts as ok. */
    const char *depends_on;

    /* It needs little CPU time, compares no times, and does not change the
     * model.  So others of this kind are looked at meanwhile, each with a
     * server of its own. */
    bool only_waits;
    enum finding_after after;
};

/* The groups, in the order in which they are looked at; each ends with an entry
 * without a name. */
extern const struct finding findings_protocol[];
extern const struct finding findings_capacity[];
extern const struct finding findings_work[];
extern const struct finding findings_neighbours[];
extern const struct finding findings_leaks[];
extern const struct finding findings_stop[];
extern const struct finding findings_attack[];
extern const struct finding findings_service[];
extern const struct finding findings_state[];

/* From now on, only the findings for the service and the frame of the plan are
 * there.  Before that, all are. */
void finding_choose(const struct plan *plan);

/* Tells whether a finding is the first for its service: does the server answer
 * at all?  All others depend on it. */
bool finding_is_first(const struct finding *f);

/* Returns a finding by its number, from 0, in the order in which they are
 * looked at; NULL after the last. */
const struct finding *finding_at(int number);

/* Returns "must", "should" or "attack". */
const char *finding_tier_name(enum finding_tier tier);

/* Tells whether a list, separated by commas, names the finding, its group or
 * its tier. */
bool finding_is_in(const struct finding *f, const char *list);

/* Tells whether everything in a list names something; if not, copies what does
 * not into unknown, of that size. */
bool finding_list_is_valid(const char *list, char *unknown, size_t size);

/* Sets the outcome; the text is as printf(3) takes it. */
void finding_set(struct outcome *o, enum finding_result result,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds to what was seen. */
void finding_add(struct outcome *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define finding_ok(o, ...)      finding_set(o, FINDING_OK, __VA_ARGS__)
#define finding_not_ok(o, ...)  finding_set(o, FINDING_NOT_OK, __VA_ARGS__)
#define finding_unknown(o, ...) finding_set(o, FINDING_UNKNOWN, __VA_ARGS__)
#define finding_skipped(o, ...) finding_set(o, FINDING_SKIPPED, __VA_ARGS__)

/* Not ok because something took too long, or did not come in time.  The outcome
 * becomes unknown if this program was held up meanwhile, or if the machine has
 * become slow. */
#define finding_late(o, ...) \
    (finding_not_ok(o, __VA_ARGS__), (void)((o)->by_time = true))

#endif

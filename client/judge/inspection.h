/* inspection - looks at all findings that were chosen, and shows what it has
 * seen (verdict.h).
 *
 * Each check runs in a process of its own, so one that fails or goes on for
 * ever harms nothing else.  Findings that only wait (finding.h) are looked at
 * side by side; each of the others, alone.  The outcomes are shown in the order
 * of the table, whatever the order in which they become known.
 *
 * If the server does not start any more, or has ended although it was not
 * started here, the rest is not looked at. */

#ifndef CLIENT_JUDGE_INSPECTION_H
#define CLIENT_JUDGE_INSPECTION_H

#include <stdbool.h>

#include "client/judge/finding.h"
#include "client/judge/target_server.h"
#include "client/judge/verdict.h"

/* Which findings the user wants. */
struct inspection_choice {
    const char *only; /* a list (finding.h); NULL: all */
    const char *skip; /* a list, except these; NULL: none */
};

/* Tells whether a finding is one of them. */
bool
inspection_has(const struct inspection_choice *choice, const struct finding *f);

/* Looks at them, and at those that they need, until all are known or a signal
 * asks this program to end.  If broken is not NULL it says why none can be
 * looked at, and that is shown for each.  Returns why some could not be looked
 * at; NULL if all were. */
const char *
inspection_run(struct target_server *s, const struct inspection_choice *choice,
               struct verdict *v, const char *broken);

#endif

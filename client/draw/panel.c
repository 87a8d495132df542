#include "client/draw/panel.h"

#include <stdbool.h>

/* A guess is drawn up to so many times the longest run. */
#define GUESS_TIMES 2

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct panel
panel_alone(const struct record *record, const struct figures *figures)
{
    return (struct panel){
        .title = "",
        .record = record,
        .figures = figures,
        .failure = "",
        .formula = "",
        .predicted_ns = RECORD_NEVER,
        .guess_ns = RECORD_NEVER,
    };
}

static bool
is_whole(const struct panel *p)
{
    return *p->failure == '\0' && p->figures->failed == 0 &&
           p->figures->open == 0;
}

int64_t
panel_span_ns(const struct panel *panels, int count)
{
    int64_t span_ns = 1;
    int64_t guess_ns = 0;
    bool some_whole = false;

    for (int i = 0; i < count; i++)
        some_whole = some_whole || is_whole(&panels[i]);
    for (int i = 0; i < count; i++) {
        const struct panel *p = &panels[i];

        /* How long compare waited for a server that failed says nothing. */
        if (some_whole && !is_whole(p))
            continue;
        span_ns = later(span_ns, p->record->ended_ns);
        span_ns = later(span_ns, p->figures->all_done_ns);
        span_ns = later(span_ns, p->predicted_ns);
    }
    /* A guess that is far too long must not make everything else small. */
    for (int i = 0; i < count; i++)
        if (panels[i].guess_ns <= GUESS_TIMES * span_ns)
            guess_ns = later(guess_ns, panels[i].guess_ns);
        else
            guess_ns = GUESS_TIMES * span_ns;
    return later(span_ns, guess_ns);
}

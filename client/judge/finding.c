#include "client/judge/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/text.h"

void
finding_set(struct outcome *o, enum finding_result result, const char *format,
            ...)
{
    va_list args;

    va_start(args, format);
    o->result = result;
    o->by_time = false;
    (void)text_vprint(o->seen, sizeof(o->seen), format, args);
    va_end(args);
}

void
finding_add(struct outcome *o, const char *format, ...)
{
    size_t len = strlen(o->seen);
    va_list args;

    va_start(args, format);
    (void)text_vprint(o->seen + len, sizeof(o->seen) - len, format, args);
    va_end(args);
}

static const struct finding *const groups[] = {
    findings_protocol,   findings_capacity, findings_work,
    findings_neighbours, findings_leaks,    findings_stop,
    findings_attack,     findings_service,  findings_state,
};

static const struct plan *chosen; /* NULL: all findings are there */

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const char *const tiers[] = {
    [FINDING_MUST] = "must",
    [FINDING_SHOULD] = "should",
    [FINDING_ATTACK] = "attack",
};

void
finding_choose(const struct plan *plan)
{
    chosen = plan;
}

bool
finding_is_first(const struct finding *f)
{
    return strcmp(f->name, "protocol.message") == 0 ||
           strcmp(f->name, "service.message") == 0;
}

/* Tells whether a finding is there for the service and the frame. */
static bool
is_there(const struct finding *f)
{
    bool is_default;

    if (chosen == NULL)
        return true;
    is_default = chosen->service == PLAN_ACK && chosen->frame == PLAN_ETX;
    if (f->services == 0 || is_default)
        return f->services == 0 && is_default;
    return (f->services & FINDING_OF(chosen->service)) != 0 &&
           (f->frame == FINDING_ANY_FRAME ||
            (f->frame == FINDING_LENGTH) == (chosen->frame == PLAN_LENGTH));
}

const struct finding *
finding_at(int number)
{
    for (size_t g = 0; g < GROUPS; g++)
        for (const struct finding *f = groups[g]; f->name != NULL; f++)
            if (is_there(f) && number-- == 0)
                return f;
    return NULL;
}

const char *
finding_tier_name(enum finding_tier tier)
{
    return tiers[tier];
}

/* Tells whether a name of len bytes is that of the finding, its group or its
 * tier. */
static bool
is_named(const struct finding *f, const char *name, size_t len)
{
    const char *tier = tiers[f->tier];

    if (strncmp(f->name, name, len) == 0 &&
        (f->name[len] == '\0' || f->name[len] == '.'))
        return true;
    return strncmp(tier, name, len) == 0 && tier[len] == '\0';
}

bool
finding_is_in(const struct finding *f, const char *list)
{
    while (*list != '\0') {
        size_t len = strcspn(list, ",");

        if (len > 0 && is_named(f, list, len))
            return true;
        list += len;
        list += strspn(list, ",");
    }
    return false;
}

bool
finding_list_is_valid(const char *list, char *unknown, size_t size)
{
    const struct finding *f;

    do {
        size_t len = strcspn(list, ",");
        int i = 0;

        while ((f = finding_at(i)) != NULL &&
               (len == 0 || !is_named(f, list, len)))
            i++;
        if (f == NULL) {
            snprintf(unknown, size, "%.*s", (int)len, list);
            return false;
        }
        list += len;
    } while (*list++ == ',');
    return true;
}

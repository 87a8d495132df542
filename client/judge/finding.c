#include "client/judge/finding.h"

#include <stdarg.h>
#include <stdio.h>

static void
set(struct outcome *o, enum finding_result result, const char *format,
    va_list args)
{
    o->result = result;
    (void)vsnprintf(o->seen, sizeof(o->seen), format, args);
}

void
finding_ok(struct outcome *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(o, FINDING_OK, format, args);
    va_end(args);
}

void
finding_not_ok(struct outcome *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(o, FINDING_NOT_OK, format, args);
    va_end(args);
}

void
finding_unknown(struct outcome *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(o, FINDING_UNKNOWN, format, args);
    va_end(args);
}

#include "client/judge/finding.h"

#include <stdarg.h>
#include <stdio.h>

void
finding_set(struct outcome *o, enum finding_result result, const char *format,
            ...)
{
    va_list args;

    va_start(args, format);
    o->result = result;
    o->by_time = false;
    (void)vsnprintf(o->seen, sizeof(o->seen), format, args);
    va_end(args);
}

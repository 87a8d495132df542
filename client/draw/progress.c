#include "client/draw/progress.h"

#include <inttypes.h>
#include <stdarg.h>

#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "common/clock.h"

#define LINE_LEN 256

struct progress
progress_open(FILE *out, int count)
{
    return (struct progress){
        .out = terminal_moves_cursor(fileno(out)) ? out : NULL,
        .count = count,
    };
}

void
progress_line(struct progress *p, const char *format, ...)
{
    char line[LINE_LEN];
    va_list args;

    if (p->out == NULL)
        return;
    va_start(args, format);
    (void)text_vprint(line, sizeof(line), format, args);
    va_end(args);
    /* Written over the line before, and cut, because a terminal would break a
     * line that is too long.  The terminal may have been resized. */
    putc('\r', p->out);
    text_line(p->out, line, terminal_width(fileno(p->out)) - 1);
    fputs("\033[K", p->out);
    (void)fflush(p->out); /* a line that is lost is not worth a message */
}

void
progress_next(struct progress *p, const char *label)
{
    p->number++;
    p->label = label;
    p->shown_ns = -PROGRESS_TICK_NS;
    progress_line(p, "%d of %d  starts  %s", p->number, p->count, label);
}

void
progress_show(struct progress *p, const struct record *r, int64_t now_ns)
{
    int64_t total = (int64_t)r->plan.clients * r->plan.messages;
    int64_t answered = 0;

    if (p->out == NULL || now_ns - p->shown_ns < PROGRESS_TICK_NS)
        return;
    p->shown_ns = now_ns;
    for (int i = 0; i < r->plan.clients; i++)
        answered += r->clients[i].answered;
    /* The name is last, since the end of the line may be cut. */
    progress_line(p, "%d of %d  %" PRId64 " of %" PRId64 " answers  %s",
                  p->number, p->count, answered, total, p->label);
}

void
progress_load(struct progress *p, const struct load *l)
{
    if (l->began_ns == 0)
        progress_line(p, "%d of %d clients connected", l->arrived,
                      l->plan.clients + l->plan.idle);
    else
        progress_line(p, "%.1f of %.1f s, %" PRId64 " answers",
                      clock_seconds(clock_now() - l->began_ns),
                      clock_seconds(l->plan.duration_ns), l->answering.count);
}

void
progress_done(struct progress *p)
{
    progress_line(p, "%s", "");
}

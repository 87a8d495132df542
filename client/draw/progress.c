#include "client/draw/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "common/clock.h"

#define LINE_LEN 256

struct progress
progress_open(FILE *out, int count)
{
    const char *term = getenv("TERM");
    struct progress p = {.count = count, .width = TERMINAL_WIDTH_DEFAULT};
    struct winsize size;

    if (!isatty(fileno(out)) || term == NULL || *term == '\0' ||
        strcmp(term, "dumb") == 0)
        return p;
    p.out = out;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        p.width = size.ws_col;
    return p;
}

/* Writes a line over the one before, cut to what the terminal shows. */
static void
write_line(const struct progress *p, const char *line)
{
    fprintf(p->out, "\r%.*s\033[K", p->width - 1, line);
    (void)fflush(p->out); /* it is of no use to anybody if that fails */
}

void
progress_next(struct progress *p, const char *label)
{
    char line[LINE_LEN];

    p->number++;
    p->label = label;
    p->shown_ns = -PROGRESS_TICK_NS;
    if (p->out == NULL)
        return;
    snprintf(line, sizeof(line), "%d of %d  %s  starts", p->number, p->count,
             label);
    write_line(p, line);
}

/* Returns how long all is likely to take from now on: this run as it went so
 * far, and those to come like those there were. */
static int64_t
left_ns(const struct progress *p, int64_t answered, int64_t total,
        int64_t now_ns)
{
    int64_t this_ns =
        (int64_t)((double)now_ns * (double)total / (double)answered);
    int64_t each_ns = (p->done_ns + this_ns) / p->number;

    return this_ns - now_ns + (p->count - p->number) * each_ns;
}

void
progress_show(struct progress *p, const struct record *r, int64_t now_ns)
{
    int64_t total = (int64_t)r->plan.clients * r->plan.messages;
    int64_t answered = 0;
    char left[TEXT_TIME_MAX] = "";
    char line[LINE_LEN];

    if (p->out == NULL || now_ns - p->shown_ns < PROGRESS_TICK_NS)
        return;
    p->shown_ns = now_ns;
    for (int i = 0; i < r->plan.clients; i++)
        answered += r->clients[i].answered;
    if (answered > 0)
        text_time(left, left_ns(p, answered, total, now_ns));
    snprintf(line, sizeof(line), "%d of %d  %s  %lld of %lld answers%s%s%s",
             p->number, p->count, p->label, (long long)answered,
             (long long)total, answered > 0 ? ", about " : "", left,
             answered > 0 ? " left in all" : "");
    write_line(p, line);
}

void
progress_line(struct progress *p, const char *format, ...)
{
    char line[LINE_LEN];
    va_list args;

    if (p->out == NULL)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    write_line(p, line);
}

void
progress_load(struct progress *p, const struct load *l)
{
    if (l->began_ns == 0)
        progress_line(p, "%d of %d clients connected", l->arrived,
                      l->plan.clients + l->plan.idle);
    else
        progress_line(p, "%.1f of %.1f s, %lld answers",
                      clock_seconds(clock_now() - l->began_ns),
                      clock_seconds(l->plan.duration_ns),
                      (long long)l->answering.count);
}

void
progress_done(struct progress *p, int64_t took_ns)
{
    p->done_ns += took_ns;
    if (p->out != NULL)
        write_line(p, "");
}

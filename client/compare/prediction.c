#include "client/compare/prediction.h"

#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/values.h"

#define LINE_LEN 64

/* Takes a prediction and its formula, if it is later than the one so far. */
static void __attribute__((format(printf, 4, 5)))
predict(struct trial *t, int64_t ns, bool at_least, const char *format, ...)
{
    va_list args;

    if (ns <= t->predicted_ns)
        return;
    t->predicted_ns = ns;
    t->at_least = at_least;
    va_start(args, format);
    vsnprintf(t->formula, sizeof(t->formula), format, args);
    va_end(args);
}

/* Returns how many of its clients the server promises to serve at once. */
static int
served_at_once(const struct trial *t)
{
    return t->promise.at_once < t->record.plan.clients ? t->promise.at_once
                                                       : t->record.plan.clients;
}

/* Clients take turns, so many of them at a time as the server serves at once.
 * If it may serve fewer, this is a lower bound.
 * What a client needs for thinking belongs to its turn. */
static void
predict_by_turns(struct trial *t, const struct trial_work *work)
{
    const struct plan *plan = &t->record.plan;
    int at_once = served_at_once(t);
    int turns = (plan->clients + at_once - 1) / at_once;
    bool at_most = t->promise.at_most;
    int64_t each_ns = work->delay_ns + work->cpu_ns;
    int64_t think_ns = plan->messages > 0 ? plan->think_ns : 0;
    int64_t all_ns =
        turns * (plan->messages * each_ns + (plan->messages - 1) * think_ns);

    if (think_ns == 0)
        predict(t, all_ns, at_most,
                "%sceil(%d clients / %d) x %d message%s x %s = %s",
                at_most ? "at least " : "", plan->clients, at_once,
                plan->messages, text_plural(plan->messages),
                TEXT_CHOSEN(each_ns), TEXT_TIME(all_ns));
    else
        predict(t, all_ns, at_most,
                "%sceil(%d clients / %d) x (%d message%s x %s + %d x %s of "
                "thinking) = %s",
                at_most ? "at least " : "", plan->clients, at_once,
                plan->messages, text_plural(plan->messages),
                TEXT_CHOSEN(each_ns), plan->messages - 1, TEXT_CHOSEN(think_ns),
                TEXT_TIME(all_ns));
}

/* Computing needs cores, and a worker uses one core at a time.  This is a lower
 * bound, since it is reached only if no core is ever idle. */
static void
predict_by_cores(struct trial *t, const struct trial_work *work, double cores)
{
    const struct plan *plan = &t->record.plan;
    int served = served_at_once(t);
    int workers = t->promise.computed_at_once < served
                      ? t->promise.computed_at_once
                      : served;
    double used = cores < workers ? cores : workers;
    int64_t computing_ns = plan->clients * plan->messages * work->cpu_ns;
    int64_t all_ns = work->delay_ns + (int64_t)((double)computing_ns / used);
    bool waits = work->delay_ns > 0;
    bool at_least = used > 1 || waits;

    predict(t, all_ns, at_least,
            "%s%s%s%d clients x %d message%s x %s of computing / %g core%s "
            "= %s",
            at_least ? "at least " : "",
            waits ? TEXT_CHOSEN(work->delay_ns) : "", waits ? " + " : "",
            plan->clients, plan->messages, text_plural(plan->messages),
            TEXT_CHOSEN(work->cpu_ns), used, used > 1 || used < 1 ? "s" : "",
            TEXT_TIME(all_ns));
}

/* The last client cannot have ended before it has come and been served. */
static void
predict_by_stagger(struct trial *t, const struct trial_work *work)
{
    const struct plan *plan = &t->record.plan;
    int64_t last_ns = (plan->clients - 1) * plan->stagger_ns +
                      plan->messages * (work->delay_ns + work->cpu_ns);

    if (plan->messages > 0)
        last_ns += (plan->messages - 1) * plan->think_ns;
    if (plan->stagger_ns > 0)
        predict(t, last_ns, t->at_least,
                "the last client starts after %d x %s and is done after %s",
                plan->clients - 1, TEXT_CHOSEN(plan->stagger_ns),
                TEXT_TIME(last_ns));
}

void
prediction_compute(struct trial *t, const struct trial_work *work, double cores)
{
    t->predicted_ns = RECORD_NEVER;
    t->at_least = false;
    *t->formula = '\0';
    if (t->promise.at_once <= 0 || t->lacks_mark != NULL ||
        t->record.plan.messages == 0 || work->delay_ns + work->cpu_ns == 0)
        return;
    predict_by_turns(t, work);
    predict_by_cores(t, work, cores);
    predict_by_stagger(t, work);
}

/* Removes the blanks of a line, as in "150 ms", and its end. */
static void
remove_blanks(char *line)
{
    char *to = line;

    for (const char *from = line; *from != '\0' && *from != '\n'; from++)
        if (*from != ' ' && *from != '\t')
            *to++ = *from;
    *to = '\0';
}

/* Waits for a line.  fgets alone would sleep through a signal that came just
 * before it began to read. */
static bool
wait_for_line(FILE *in, int stop_fd)
{
    struct pollfd fds[] = {{.fd = fileno(in), .events = POLLIN},
                           {.fd = stop_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) == -1)
        continue; /* EINTR: the handler has made stop_fd readable */
    return fds[1].revents == 0;
}

bool
prediction_ask(int64_t *ns, FILE *out, FILE *in, int stop_fd, const char *label,
               bool explain)
{
    char line[LINE_LEN];
    char why[VALUES_WHY_MAX];

    if (explain)
        fputs("How long until all clients of a server are done?\n"
              "Type a time, such as 0.6 or 600 ms, or only Enter to guess "
              "nothing.\n",
              out);
    for (;;) {
        fprintf(out, "%s? ", label);
        if (fflush(out) == EOF || !wait_for_line(in, stop_fd) ||
            fgets(line, sizeof(line), in) == NULL) {
            putc('\n', out);
            return false;
        }
        /* Skip the rest of a line that is too long. */
        if (strchr(line, '\n') == NULL)
            for (int c = getc(in); c != '\n' && c != EOF;)
                c = getc(in);
        remove_blanks(line);
        if (*line == '\0' || values_seconds(line, ns, why))
            return true;
        fprintf(out, "'%s' is not a time; write 0.6, 600ms or 2s\n", line);
    }
}

/* Returns how many times the time that the run took was guessed; 0 if nothing
 * was guessed, or the run is not whole. */
static double
guessed_times(const struct trial *t)
{
    if (t->guess_ns == RECORD_NEVER || *t->failure != '\0' ||
        t->figures.all_done_ns <= 0)
        return 0;
    return (double)t->guess_ns / (double)t->figures.all_done_ns;
}

/* Writes how far a guess of so many times the right one was off. */
static void
write_distance(FILE *out, double times)
{
    if (times >= 2)
        fprintf(out, ", which is %.1f times as long", times);
    else
        fprintf(out, ", which is %.0f %% too %s", 100 * fabs(times - 1),
                times > 1 ? "long" : "short");
}

void
prediction_answer(FILE *out, const struct trial *t)
{
    if (*t->failure != '\0') {
        fprintf(out, "  %s\n", t->failure);
        return;
    }
    fprintf(out, "  it took %s", TEXT_TIME(t->figures.all_done_ns));
    if (t->guess_ns != RECORD_NEVER) {
        fprintf(out, "; you said %s", TEXT_TIME(t->guess_ns));
        write_distance(out, guessed_times(t));
    }
    putc('\n', out);
    if (*t->formula != '\0')
        fprintf(out, "  %s\n", t->formula);
}

void
prediction_score(FILE *out, const struct trial *trials, int count)
{
    int guessed = 0;
    int close = 0;

    for (int i = 0; i < count; i++) {
        double times = guessed_times(&trials[i]);

        guessed += times > 0;
        close +=
            times > 0 && fabs(times - 1) <= PREDICTION_CLOSE_PERCENT / 100.0;
    }
    if (guessed > 0)
        fprintf(out, "Your predictions: %d of %d within %d %%\n", close,
                guessed, PREDICTION_CLOSE_PERCENT);
}

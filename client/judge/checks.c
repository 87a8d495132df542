#include "client/judge/checks.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/judge/conversation.h"
#include "client/judge/probes.h"
#include "client/judge/watch.h"
#include "client/record/kernel.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define TRIES         3
#define MORE          4 /* clients than there are places */
#define AGAIN_NS      (200 * CLOCK_MS)
#define QUEUE_NS      (12 * CLOCK_S)
#define QUEUE_LOOK_NS (20 * CLOCK_MS)
#define END_NS        (100 * CLOCK_MS) /* longer for one that starts slowly */

#define STARTS    2
#define START_NS  (100 * CLOCK_MS) /* between two of them */
#define LOOKS     3
#define LOOK_NS   (30 * CLOCK_S) /* no look takes longer, but for its end */
#define ALONE     3 /* messages that tell how fast the machine is */
#define SLOWER    3 /* times as slow as before, */
#define SLOWER_NS (20 * CLOCK_MS) /* and so much, is slow */

/* Starts the server, and tries again if that fails: another program may have
 * taken its port, and a busy machine may be slow.  It has started before, so if
 * it does not start now, nothing is known. */
static bool
start(struct target_server *s, const char *delay, struct outcome *o)
{
    char why[SERVER_PROCESS_WHY_MAX];

    for (int i = 0; i < STARTS; i++)
        if (target_server_start(s, delay, NULL, why) == 0)
            return true;
        else if (!target_server_pause(s, START_NS))
            break;
    finding_unknown(o, "with a delay of %s, it %s",
                    delay != NULL ? delay : s->delay, why);
    o->no_server = true;
    return false;
}

bool
checks_restart(struct target_server *s, struct outcome *o, const char *delay)
{
    if (!target_server_lives(s)) {
        finding_not_ok(o, "the server has ended");
        return false;
    }
    if (s->command == NULL)
        return true;
    target_server_stop(s);
    return start(s, delay, o);
}

bool
checks_probe(const struct probe *p, struct outcome *o, const char *who)
{
    if (p->result == PROBE_OK)
        return true;
    finding_not_ok(o, "%s: %s", who, probe_words(p));
    o->by_time = p->result == PROBE_SILENT;
    return false;
}

bool
checks_time(const struct target_server *s, struct outcome *o, int times,
            int64_t *answer_ns)
{
    struct probe p;

    *answer_ns = CLOCK_NEVER;
    probe_open(&p, s);
    for (int i = 0; i < times && p.result == PROBE_OK; i++) {
        int64_t began_ns = clock_now();

        probe_send_message(&p, "hello");
        probe_receive(&p, "ack");
        if (clock_now() - began_ns < *answer_ns)
            *answer_ns = clock_now() - began_ns;
    }
    probe_leave(&p);
    return checks_probe(&p, o, "before anything was done to it");
}

bool
checks_serves_now(const struct target_server *s)
{
    struct probe p;

    probe_open_served(&p, s);
    probe_leave(&p);
    return p.result == PROBE_OK;
}

bool
checks_refuses(const struct target_server *s)
{
    struct probes all;
    int refused;

    if (!s->model.bounded)
        return false;
    probes_open(&all, s, s->model.at_once);
    (void)probes_wait_served(&all);
    (void)probes_add(&all, s, MORE, PROBES_MESSAGE);
    (void)probes_wait_served(&all);
    refused = probes_count(&all, PROBES_REFUSED);
    probes_leave(&all);
    probes_close(&all);
    return refused > 0;
}

/* Returns how many of so many clients at once are served. */
static int
count_served(const struct target_server *s, int clients)
{
    struct probes all = {.count = 0};
    int served;

    (void)probes_add(&all, s, clients, PROBES_MESSAGE);
    probes_wait_answers(&all);
    served = probes_count(&all, PROBES_SERVED);
    probes_leave(&all);
    probes_close(&all);
    return served;
}

/* Waits until no client is left in the server's accept queue, as long as the
 * server goes on accepting them: those of the check may have gone, but a slow
 * server still takes each of them.  Returns how many are left when QUEUE_NS are
 * over; 0 if none is, or if it has stopped accepting. */
static int
await_empty_queue(const struct target_server *s)
{
    int64_t end_ns = clock_now() + QUEUE_NS;
    int64_t moved_ns = clock_now();
    struct kernel_queue queue = {.length = 0};
    struct kernel k;
    int shortest = INT_MAX;

    if (kernel_open(&k, &s->to))
        while (kernel_ask_queue(&k, &queue) && queue.length > 0) {
            if (queue.length < shortest)
                moved_ns = clock_now();
            shortest = queue.length < shortest ? queue.length : shortest;
            if (clock_now() > end_ns || clock_now() > moved_ns + s->limit_ns ||
                !target_server_pause(s, QUEUE_LOOK_NS))
                break;
        }
    kernel_close(&k);
    return clock_now() > moved_ns + s->limit_ns ? 0 : queue.length;
}

/* Tells whether the server serves so many clients at once. */
static bool
serves_at_once(const struct target_server *s, struct outcome *o, int places)
{
    int left = await_empty_queue(s);
    int served = 0;

    /* It is asked again: a worker that ends may take a client along, and a
     * server may refuse clients until it has cleaned up. */
    for (int i = 0; i < TRIES && served < places && left == 0; i++)
        if (target_server_lives(s) &&
            (i == 0 || target_server_pause(s, AGAIN_NS)))
            served = count_served(s, places);
    if (served == places)
        return true;
    if (left > 0)
        finding_unknown(o,
                        "after %d s it still accepts clients that came before: "
                        "%d are left in its accept queue",
                        (int)(QUEUE_NS / CLOCK_S), left);
    else if (served == 0)
        finding_late(o, "it lives, but serves no client any more");
    else
        finding_late(o, "serves only %d at once afterwards, before %d", served,
                     places);
    return false;
}

bool
checks_recovers(const struct target_server *s, struct outcome *o)
{
    return serves_at_once(s, o, target_server_places(s));
}

/* Says that the server has ended, how, and what it wrote last. */
static void
report_end(const struct target_server *s, struct outcome *o)
{
    char words[TARGET_SERVER_WORDS_MAX];
    char last[TARGET_SERVER_END_MAX];

    (void)target_server_end(s, words);
    target_server_last_words(s, last);
    finding_not_ok(o, "the server has ended%s%s%s%s",
                   words[0] == '\0' ? "" : ": ", words,
                   last[0] == '\0' ? "" : "; it last wrote: ", last);
    text_print(o->end, sizeof(o->end), "%s: %s", words, last);
    /* Numbers differ: of processes, of clients, of lines. */
    for (char *c = o->end; *c != '\0'; c++)
        if (isdigit((unsigned char)*c))
            *c = '0';
}

/* Looks at the server after a check. */
static void
check_afterwards(const struct target_server *s, const struct finding *f,
                 struct outcome *o)
{
    bool is_skipped = o->result == FINDING_SKIPPED;
    char stopped[PROCESS_TREE_STOPPED_MAX];

    if (f->after == FINDING_ENDS ||
        (f->after == FINDING_ANYHOW && (o->result == FINDING_OK || is_skipped)))
        return;
    if (o->result == FINDING_OK && f->after == FINDING_SERVES)
        (void)serves_at_once(s, o, 1);
    if (o->result == FINDING_OK && f->after == FINDING_RECOVERS)
        (void)checks_recovers(s, o);
    /* A process that dies ends a little later than its connections. */
    if (o->result != FINDING_OK && !is_skipped && s->command != NULL)
        (void)server_process_await_end(&s->process, END_NS + s->start_ns);
    if (!target_server_lives(s))
        report_end(s, o);
    else if (o->result == FINDING_NOT_OK && s->pid != 0)
        finding_add(o, "%s", process_tree_stopped(stopped, s->pid));
}

/* Tells whether the finding has what it needs. */
static bool
has_needs(const struct target_server *s, const struct finding *f,
          struct outcome *o)
{
    if ((f->needs & FINDING_NEEDS_COMMAND) != 0 && s->command == NULL)
        finding_unknown(o, "it runs already, so it is not stopped or harmed");
    else if ((f->needs & FINDING_NEEDS_PROCESS) != 0 && !process_can_look())
        finding_unknown(o, "/proc does not show its processes");
    else if ((f->needs & FINDING_NEEDS_PROCESS) != 0 && s->command == NULL &&
             s->pid == 0)
        finding_unknown(o, "its process is not known (--pid)");
    else if ((f->needs & FINDING_NEEDS_CAPACITY) != 0 && s->model.at_once == -1)
        finding_unknown(o, "how many are served at once is not known");
    else
        return true;
    return false;
}

/* Tells whether the machine has become slow: a message alone takes much longer
 * than before all findings. */
static bool
is_slow(struct target_server *s, char why[WATCH_WHY_MAX])
{
    int64_t now_ns;
    int64_t longest_ns;
    char ignored[SERVER_PROCESS_WHY_MAX];

    target_server_stop(s);
    if (target_server_start(s, NULL, NULL, ignored) == -1 ||
        probe_time_answers(s, ALONE, &now_ns, &longest_ns) == 0 ||
        now_ns <= SLOWER * s->answer_max_ns + SLOWER_NS)
        return false;
    snprintf(why, WATCH_WHY_MAX, "a message alone takes %s now, %s at first",
             TEXT_TIME(now_ns), TEXT_TIME(s->answer_max_ns));
    return true;
}

/* If what was seen may not be the server's fault, it becomes unknown. */
static void
excuse(struct target_server *s, struct outcome *o, int64_t deadline_ns)
{
    char seen[FINDING_TEXT_MAX];
    char why[WATCH_WHY_MAX];

    if (o->result != FINDING_NOT_OK)
        return;
    if (clock_now() >= deadline_ns)
        snprintf(why, sizeof(why), "given up after %s", TEXT_TIME(LOOK_NS));
    else if (watch_was_held_up(o->by_time, why) ||
             (o->by_time && is_slow(s, why)))
        o->is_excused = true;
    else
        return;
    memcpy(seen, o->seen, sizeof(seen));
    finding_set(o, FINDING_UNKNOWN, "%s; seen: %s", why, seen);
}

/* Looks at it once, at a server that is started for it. */
static struct outcome
look(struct target_server *s, const struct finding *f)
{
    struct outcome o = {.result = FINDING_UNKNOWN};
    bool was_kept = s->command != NULL && s->pid != 0;
    int64_t deadline_ns;

    if (!was_kept && !start(s, f->delay, &o))
        return o;
    target_server_set_limits(s);
    watch_begin();
    s->deadline_ns = clock_now() + LOOK_NS;
    if (f->conversation != NULL)
        conversation_play(s, &o, f->conversation);
    else
        f->check(s, &o);
    if (s->command == NULL || s->pid != 0)
        check_afterwards(s, f, &o);
    deadline_ns = s->deadline_ns;
    s->deadline_ns = 0;
    excuse(s, &o, deadline_ns);
    /* A finding before this one may be the cause. */
    if (was_kept && o.result == FINDING_NOT_OK)
        o.is_excused = true;
    if (!s->is_kept || o.result != FINDING_OK)
        target_server_stop(s);
    return o;
}

/* Tells whether an outcome must be seen again before it counts. */
static bool
needs_another_look(const struct target_server *s, const struct outcome *o)
{
    return (o->result == FINDING_NOT_OK || o->is_excused) &&
           target_server_pause(s, 0); /* unless this program must end */
}

/* Returns the outcome of two looks that contradict each other. */
static struct outcome
contradiction(const struct outcome *first, const struct outcome *second)
{
    struct outcome o = {.result = FINDING_UNKNOWN};
    char seen[FINDING_TEXT_MAX / 2];

    text_print(seen, sizeof(seen), "not the same twice: %s", first->seen);
    finding_unknown(&o, "%s; then: %s", seen, second->seen);
    return o;
}

struct outcome
checks_run(struct target_server *s, const struct finding *f)
{
    struct outcome first = {.result = FINDING_UNKNOWN};
    struct outcome o;

    if (!has_needs(s, f, &first))
        return first;
    first = look(s, f);
    for (int i = 1; i < LOOKS && needs_another_look(s, &first); i++) {
        o = look(s, f);
        if (first.is_excused)
            first = o; /* what it says does not count */
        else if (o.result == FINDING_NOT_OK)
            return o;
        else if (o.result == FINDING_OK || i == LOOKS - 1)
            first = contradiction(&first, &o);
    }
    return first;
}

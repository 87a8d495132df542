#include "client/judge/checks.h"

#include "client/judge/conversation.h"
#include "client/judge/probes.h"
#include "common/clock.h"

#define TRIES    3
#define AGAIN_NS (200 * CLOCK_MS)
#define END_NS   (100 * CLOCK_MS)

bool
checks_restart(struct target_server *s, struct outcome *o, const char *delay)
{
    char why[SERVER_PROCESS_WHY_MAX];

    if (!target_server_lives(s)) {
        finding_not_ok(o, "the server has ended");
        return false;
    }
    if (s->command == NULL)
        return true;
    target_server_stop(s);
    if (target_server_start(s, delay, NULL, why) == 0)
        return true;
    finding_not_ok(o, "with a delay of %s it %.90s", delay, why);
    return false;
}

bool
checks_probe(const struct probe *p, struct outcome *o, const char *who)
{
    if (p->result == PROBE_OK)
        return true;
    finding_not_ok(o, "%s: %s", who, probe_words(p));
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

/* Tells whether the server serves so many clients at once. */
static bool
serves_at_once(const struct target_server *s, struct outcome *o, int places)
{
    int served = 0;

    /* It is asked again: a worker that ends may take a client along, and a
     * server may refuse clients until it has cleaned up. */
    for (int i = 0; i < TRIES && served < places; i++)
        if (target_server_lives(s) &&
            (i == 0 || target_server_pause(s, AGAIN_NS)))
            served = count_served(s, places);
    if (served == places)
        return true;
    if (served == 0)
        finding_not_ok(o, "it lives, but serves no client any more");
    else
        finding_not_ok(o, "serves only %d at once afterwards, before %d",
                       served, places);
    return false;
}

bool
checks_recovers(const struct target_server *s, struct outcome *o)
{
    return serves_at_once(s, o, target_server_places(s));
}

/* Looks at the server after a check. */
static void
check_afterwards(const struct target_server *s, const struct finding *f,
                 struct outcome *o)
{
    char words[TARGET_SERVER_WORDS_MAX];

    if (f->after == FINDING_ENDS ||
        (f->after == FINDING_ANYHOW && o->result == FINDING_OK))
        return;
    if (o->result == FINDING_OK && f->after == FINDING_SERVES)
        (void)serves_at_once(s, o, 1);
    if (o->result == FINDING_OK && f->after == FINDING_RECOVERS)
        (void)checks_recovers(s, o);
    /* A process that dies ends a little later than its connections. */
    if (o->result != FINDING_OK && s->command != NULL)
        (void)server_process_await_end(&s->process, END_NS);
    if (target_server_lives(s))
        return;
    (void)target_server_end(s, words);
    finding_not_ok(o, "the server has ended%s%s", words[0] == '\0' ? "" : ": ",
                   words);
}

/* Tells whether the finding has what it needs. */
static bool
has_needs(const struct target_server *s, const struct finding *f,
          struct outcome *o)
{
    if ((f->needs & FINDING_NEEDS_COMMAND) != 0 && s->command == NULL)
        finding_unknown(o, "it runs already, so it is not stopped or harmed");
    else if ((f->needs & FINDING_NEEDS_PROCESS) != 0 && s->command == NULL &&
             s->pid == 0)
        finding_unknown(o, "its process is not known (--pid)");
    else if ((f->needs & FINDING_NEEDS_CAPACITY) != 0 && s->model.at_once == -1)
        finding_unknown(o, "how many are served at once is not known");
    else
        return true;
    return false;
}

struct outcome
checks_run(struct target_server *s, const struct finding *f)
{
    struct outcome o = {.result = FINDING_UNKNOWN};
    char why[SERVER_PROCESS_WHY_MAX];

    if (!has_needs(s, f, &o))
        return o;
    if (target_server_start(s, f->delay, NULL, why) == -1) {
        finding_not_ok(&o, "%s", why);
        return o;
    }
    if (f->conversation != NULL)
        conversation_play(s, &o, f->conversation);
    else
        f->check(s, &o);
    if (s->command == NULL || s->pid != 0)
        check_afterwards(s, f, &o);
    target_server_stop(s);
    return o;
}

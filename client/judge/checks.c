#include "client/judge/checks.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "client/judge/throng.h"
#include "common/clock.h"

#define TRIES      2
#define PLACES_MAX 16 /* as good as any number */
#define WORDS_LEN  64
#define AGAIN_NS   (50 * CLOCK_MS)

bool
checks_restart(struct target_server *s, struct outcome *o, const char *delay)
{
    char why[SERVER_PROCESS_WHY_MAX];

    if (s->command == NULL)
        return true;
    (void)target_server_stop(s); /* how it ends is looked at elsewhere */
    if (target_server_start(s, delay, NULL, why) == 0)
        return true;
    finding_not_ok(o, "with a delay of %s it %.90s", delay, why);
    return false;
}

bool
checks_time(const struct target_server *s, struct outcome *o, int times,
            int64_t *answer_ns)
{
    struct talk t;
    enum talk_result result = target_server_visit(s, &t);

    *answer_ns = CLOCK_NEVER;
    for (int i = 0; i < times && result == TALK_OK; i++) {
        int64_t began_ns = clock_now();

        result = talk_say(&t, "hello");
        if (result == TALK_OK)
            result = talk_hear(&t, "ack", s->limit_ns);
        if (result == TALK_OK && clock_now() - began_ns < *answer_ns)
            *answer_ns = clock_now() - began_ns;
    }
    if (result == TALK_OK)
        (void)talk_say(&t, "goodbye"); /* manners */
    else
        finding_not_ok(o, "before anything was done to it: %s",
                       talk_words(&t, result));
    talk_close(&t);
    return result == TALK_OK;
}

/* Writes how the server has ended. */
static void
say_end(const struct target_server *s, char words[WORDS_LEN])
{
    siginfo_t info = {.si_pid = 0};

    words[0] = '\0';
    if (s->command == NULL ||
        waitid(P_PID, (id_t)s->launch.pid, &info,
               WEXITED | WNOHANG | WNOWAIT) == -1 ||
        info.si_pid == 0)
        return;
    if (info.si_code == CLD_EXITED)
        snprintf(words, WORDS_LEN, ": exit status %d", info.si_status);
    else
        snprintf(words, WORDS_LEN, ": signal %d%s", info.si_status,
                 info.si_status == SIGPIPE ? " (SIGPIPE)" : "");
}

bool
checks_lives(const struct target_server *s, struct outcome *o)
{
    char words[WORDS_LEN];

    if (target_server_lives(s))
        return true;
    say_end(s, words);
    finding_not_ok(o, "the server has ended%s", words);
    return false;
}

bool
checks_serves(const struct target_server *s, struct outcome *o, int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    while (target_server_lives(s)) {
        if (target_server_serves(s))
            return true;
        if (clock_now() >= deadline_ns)
            break;
        clock_wait_until(clock_now() + AGAIN_NS);
    }
    if (checks_lives(s, o))
        finding_not_ok(o, "it lives, but serves nobody any more");
    return false;
}

int
checks_places(const struct target_server *s)
{
    if (s->at_once == TARGET_SERVER_UNKNOWN || s->at_once < 1)
        return 1;
    return s->at_once < PLACES_MAX ? s->at_once : PLACES_MAX;
}

/* Returns how many of so many clients are served at once within ns. */
static int
serve_at_once(const struct target_server *s, int places, int64_t ns)
{
    struct throng all;
    int served;

    throng_init(&all, places);
    (void)throng_add(&all, s, places, THRONG_TALKS);
    throng_attend(&all, THRONG_ANSWERED, THRONG_STAY, ns);
    served = throng_count(&all, THRONG_SERVED);
    throng_free(&all);
    return served;
}

bool
checks_recovers(const struct target_server *s, struct outcome *o, int64_t ns)
{
    int places = checks_places(s);
    int served = 0;

    /* The second time counts, too: a worker may take a client along when it
     * ends. */
    for (int i = 0; i < TRIES && served < places; i++)
        served = serve_at_once(s, places, ns);
    if (!checks_lives(s, o))
        return false;
    if (served == places)
        return true;
    if (served == 0)
        finding_not_ok(o, "it lives, but serves nobody any more");
    else
        finding_not_ok(o, "serves only %d at once afterwards, before %d",
                       served, places);
    return false;
}

bool
checks_sees(const struct target_server *s, struct outcome *o)
{
    if (s->pid != 0)
        return true;
    finding_unknown(o, "its process is not known (--pid)");
    return false;
}

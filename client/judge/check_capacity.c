/* How many clients are served at once, what becomes of the next, and what that
 * takes: the findings that say what a server is. */

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/target/command.h"
#include "client/judge/crowd.h"
#include "client/target/process_tree.h"
#include "client/record/figures.h"
#include "client/judge/finding.h"
#include "client/judge/checks.h"
#include "client/play/run.h"
#include "common/clock.h"

#define SETTLE_MS    100 /* for what a client has left behind to end */
#define MANY         40  /* as good as any number */
#define LOOKS        2
#define WAITING      3   /* clients more than there are places for */
#define BUSY         8   /* clients, for whoever has places for them */
#define GROWTH       3   /* times as many clients as are served at once */
#define MESSAGES     2   /* of each */
#define TRIES        3   /* the best counts: others may use the machine, too */
#define FIT          1.6 /* so many times what is predicted still fits */
#define ALONE_MIN_NS (10 * CLOCK_MS)
#define ALONE_MAX_NS (CLOCK_S)
#define PATIENCE_NS  (20 * CLOCK_S)
#define SLACK_NS     50e6 /* that may be lost anywhere */
#define STALL_TIME   "60ms"
#define STALLS       1.5 /* the second waits so many times as long as the first */
#define LESSON       "notes/05-prefork.md"
#define LESSON_LOOP  "notes/07-select.md"

static void
look_at_once(struct target_server *s, struct outcome *o)
{
    int served = 0;

    /* One that seems to have a bound is looked at again: something else may
     * have held it up. */
    for (int look = 0; look < LOOKS && served < MANY; look++) {
        struct crowd crowd;

        (void)crowd_open(&crowd, s, MANY);
        if (crowd_listen(&crowd, s->quiet_ns) == 0)
            (void)crowd_listen(&crowd, s->limit_ns);
        if (crowd.served > served)
            served = crowd.served;
        crowd_close(&crowd);
    }
    if (!checks_lives(s, o))
        return;
    if (served == 0) {
        finding_not_ok(o, "of %d clients at once none was answered", MANY);
        return;
    }
    s->at_once = served;
    s->bounded = served < MANY;
    s->character.at_once = served;
    s->character.bounded = s->bounded;
    finding_ok(o, "%s%d", s->bounded ? "" : "at least ", served);
}

/* Lets those who are served go, one at a time, and looks who comes next.
 * Returns how many came in their turn, or -1 if somebody did not come at all.
 */
static int
let_go_one_by_one(struct crowd *c, int places)
{
    int in_turn = 0;

    for (int next = places; next < c->count; next++) {
        int leaving = 0;
        int before = c->served;

        while (leaving < c->count &&
               (!c->answered[leaving] || c->clients[leaving].fd == -1))
            leaving++;
        if (leaving == c->count)
            return -1; /* nobody is served */
        crowd_leave(c, leaving);
        /* The rest of the crowd is not waited for: one is enough. */
        for (int i = 0; i < TRIES && c->served == before; i++)
            (void)crowd_listen(c, c->subject->quiet_ns);
        if (c->served == before)
            return -1;
        in_turn += c->answered[next];
    }
    return in_turn;
}

static void
look_next(struct target_server *s, struct outcome *o)
{
    struct crowd crowd;
    int refused = 0;
    int in_turn;

    if (s->at_once == TARGET_SERVER_UNKNOWN) {
        finding_unknown(o, "how many are served at once is not known");
        return;
    }
    if (!s->bounded) {
        finding_ok(o, "all %d were served: nobody was the next", s->at_once);
        return;
    }
    (void)crowd_open(&crowd, s, s->at_once + WAITING);
    (void)crowd_listen(&crowd, s->quiet_ns);
    for (int i = 0; i < crowd.count; i++)
        refused += crowd.clients[i].fd == -1;
    if (refused > 0) {
        crowd_close(&crowd);
        if (target_server_serves(s))
            finding_ok(o, "is refused: the server closes");
        else
            finding_not_ok(o, "is refused, and so is everybody afterwards");
    } else {
        in_turn = let_go_one_by_one(&crowd, s->at_once);
        if (in_turn == -1)
            finding_not_ok(o, "is lost: not served even when others have left");
        else
            finding_ok(o, "waits until another leaves%s",
                       in_turn == WAITING ? ", in the order of coming" : "");
    }
    crowd_close(&crowd);
    (void)checks_lives(s, o);
}

static void
look_shape(struct target_server *s, struct outcome *o)
{
    struct model *c = &s->character;
    int count = s->at_once < BUSY ? s->at_once : BUSY;
    struct process_size rest;
    struct process_size busy;
    struct crowd crowd;

    if (s->pid == 0 || s->at_once == TARGET_SERVER_UNKNOWN) {
        finding_unknown(o, s->pid == 0 ? "its process is not known"
                                       : "how many are served at once is not "
                                         "known");
        return;
    }
    /* A pool may be made when it is first needed. */
    (void)crowd_open(&crowd, s, count);
    (void)crowd_listen(&crowd, s->quiet_ns);
    for (int i = 0; i < count; i++)
        crowd_leave(&crowd, i);
    crowd_close(&crowd);
    (void)poll(NULL, 0, SETTLE_MS);
    rest = process_tree_size(s->pid);
    (void)crowd_open(&crowd, s, count);
    (void)crowd_listen(&crowd, s->quiet_ns);
    busy = process_tree_size(s->pid);
    crowd_close(&crowd);
    if (!checks_lives(s, o))
        return;
    c->processes_at_rest = rest.processes;
    c->threads_at_rest = rest.threads;
    c->processes_busy = busy.processes;
    c->threads_busy = busy.threads;
    c->busy_clients = count;
    finding_ok(o,
               "processes x threads: %d x %d at rest, %d x %d with %d "
               "client%s",
               (int)rest.processes, (int)rest.threads, (int)busy.processes,
               (int)busy.threads, count, count == 1 ? "" : "s");
}

/* Plays so many clients of MESSAGES messages each.  Returns how long it takes
 * until all are done, or -1 if not all were answered; *late is how many had to
 * connect again. */
static int64_t
time_for(const struct target_server *s, int clients, int *late)
{
    struct plan plan = {
        .clients = clients,
        .messages = MESSAGES,
        .pipeline = 1,
        .size = PLAN_SIZE_NATURAL,
        .timeout_ns = PATIENCE_NS,
    };
    struct observer watcher = {.context = NULL};
    struct figures figures = {.failed = 1};
    struct record record;

    if (record_open(&record, &plan) == -1)
        return -1;
    run_play(&record, &s->to, s->to_len, &watcher, s->stop_fd);
    if (figures_compute(&figures, &record) == -1)
        figures.failed = 1;
    *late = figures.late;
    record_close(&record);
    return figures.failed == 0 && figures.open == 0 ? figures.all_done_ns : -1;
}

/* Tells whether a time is about the one predicted. */
static bool
fits(int64_t took_ns, int64_t predicted_ns)
{
    return (double)took_ns < (double)predicted_ns * FIT + SLACK_NS &&
           (double)took_ns * FIT > (double)predicted_ns;
}

/* Says which formula the time fits that so many clients took, where one alone
 * takes alone_ns. */
static void
tell_growth(const struct target_server *s, struct outcome *o, int clients,
            int64_t took_ns, int64_t alone_ns)
{
    int turns = (clients + s->at_once - 1) / s->at_once;

    if (fits(took_ns, turns * alone_ns))
        finding_ok(o,
                   "%d clients take %.1f times as long as one, with %d at once",
                   clients, (double)took_ns / (double)alone_ns, s->at_once);
    else if (fits(took_ns, clients * alone_ns))
        finding_not_ok(
            o,
            "%d clients take %.1f times as long as one, as if one at "
            "a time, though %d are answered at once",
            clients, (double)took_ns / (double)alone_ns, s->at_once);
    else
        finding_not_ok(o, "%d clients take %.1f times as long as one, not %d",
                       clients, (double)took_ns / (double)alone_ns, turns);
}

static void
look_growth(struct target_server *s, struct outcome *o)
{
    int clients = s->bounded ? GROWTH * s->at_once : MANY / GROWTH;
    int64_t alone_ns = -1;
    int64_t took_ns;
    int late;

    if (s->at_once == TARGET_SERVER_UNKNOWN) {
        finding_unknown(o, "how many are served at once is not known");
        return;
    }
    for (int try = 0; try < TRIES && o->result != FINDING_OK; try++) {
        /* Of one that was held up everything would be a small multiple. */
        took_ns = time_for(s, 1, &late);
        if (took_ns == -1) {
            finding_not_ok(o, "one client was not answered");
            continue;
        }
        if (alone_ns == -1 || took_ns < alone_ns)
            alone_ns = took_ns;
        if (alone_ns < ALONE_MIN_NS || alone_ns > ALONE_MAX_NS) {
            finding_unknown(o, "one client alone takes %.1f ms: too %s to tell",
                            (double)alone_ns / 1e6,
                            alone_ns < ALONE_MIN_NS ? "quick" : "slow");
            return;
        }
        took_ns = time_for(s, clients, &late);
        if (late > 0)
            finding_unknown(o,
                            "%d of %d clients had to connect again after a "
                            "second: its listen queue is short",
                            late, clients);
        else if (took_ns == -1)
            finding_not_ok(o, "not all of %d clients were answered", clients);
        else
            tell_growth(s, o, clients, took_ns, alone_ns);
    }
    (void)checks_lives(s, o);
}

/* Two clients whose messages are computed, the second a moment after the first.
 * Writes how long each took since the first sent; returns false if one got no
 * answer. */
static bool
time_two(const struct target_server *s, int64_t took_ns[2])
{
    struct crowd crowd;
    int64_t began_ns = clock_now();
    bool answered = crowd_open(&crowd, s, 2);

    for (int i = 0; i < 2 && answered; i++) {
        answered = talk_hear(&crowd.clients[i], "ack", s->limit_ns) == TALK_OK;
        took_ns[i] = clock_now() - began_ns;
    }
    crowd_close(&crowd);
    return answered;
}

static void
look_computing(struct target_server *s, struct outcome *o)
{
    char why[SERVER_PROCESS_WHY_MAX];
    int64_t took_ns[2];

    if (s->command == NULL || !command_takes_work(s->command)) {
        finding_unknown(o, "it cannot be told to compute: no {cpu} in it");
        return;
    }
    if (s->at_once == 1) {
        finding_ok(o, "one at a time: nobody else is served meanwhile");
        return;
    }
    (void)target_server_stop(s); /* how it ends is looked at elsewhere */
    if (target_server_start(s, "0", STALL_TIME, why) == -1)
        finding_not_ok(o, "told to compute, it %s", why);
    else if (!time_two(s, took_ns))
        finding_not_ok(o, "a client got no answer");
    else if ((double)took_ns[1] > (double)took_ns[0] * STALLS)
        finding_ok(o,
                   "computing stalls the others: the second is answered %.1f "
                   "times as late as the first",
                   (double)took_ns[1] / (double)took_ns[0]);
    else
        finding_ok(o,
                   "computing is shared out: the second is answered %.1f times "
                   "as late as the first",
                   (double)took_ns[1] / (double)took_ns[0]);
}

const struct finding findings_capacity[] = {
    {"capacity.at-once", FINDING_MUST, "40 clients at once, who stay",
     "one at least is answered",
     "40 clients connect, send a message each, and stay when they have their "
     "answer.  So a place that is taken stays taken, and how many are answered "
     "is how many the server can serve at once: found by holding clients, not "
     "by the clock.",
     LESSON, look_at_once},
    {"capacity.next", FINDING_MUST, "three clients more than there are places",
     "they wait, or are refused, and are not lost",
     "All places are held by clients who stay.  Three more come.  Then one "
     "after the other leaves: each time one of those who wait is to be "
     "served.",
     LESSON, look_next},
    {"shape.processes", FINDING_MUST, "its processes, at rest and with clients",
     "any",
     "Processes and threads are counted in /proc at rest and while up to eight "
     "clients are served.  If they grow with the clients, each client has its "
     "own.",
     LESSON, look_shape},
    {"growth.time", FINDING_MUST, "the time for many clients",
     "ceil(clients / at once) times that of one",
     "The same client is played alone and then many times at once.  How much "
     "longer that takes says whether those who are answered at once are really "
     "served at once.  A loop that sleeps, or works on one message after the "
     "other, takes as long as if it had one place.",
     LESSON_LOOP, look_growth},
    {"work.computing", FINDING_MUST, "two clients whose messages are computed",
     "any",
     "Waiting can be shared by one thread, computing cannot.  Two clients send "
     "a message that takes computing: if the second is answered after twice "
     "the time, one thread does all the work.",
     "notes/10-waiting-and-computing.md", look_computing},
    {0},
};

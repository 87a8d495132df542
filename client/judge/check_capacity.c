/* How many clients the server serves at once, what happens to the next, and how
 * long that takes: the findings that say what a server is. */

#include "client/draw/text.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/command.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define SETTLE_NS    (100 * CLOCK_MS) /* for what a client left behind to end */
#define MANY         40               /* clients: as good as any number */
#define LOOKS        2
#define WAITING      3 /* clients more than there are places for */
#define BUSY         8 /* clients, if there are places for them */
#define GROWTH       3 /* times as many clients as are served at once */
#define MESSAGES     2 /* per client */
#define TRIES        3
#define FIT          1.6 /* so many times what is predicted still fits */
#define ALONE_MIN_NS (10 * CLOCK_MS)
#define ALONE_MAX_NS (CLOCK_S)
#define LIMIT_NS     (20 * CLOCK_S) /* for clients whose time is measured */
#define SLACK_NS     50e6           /* that may be lost anywhere */
#define LATE_NS      (900 * CLOCK_MS)
#define STALL_TIME   "60ms"
#define STALLS       1.5 /* the second waits so many times as long as the first */
#define LESSON       "notes/05-prefork.md"
#define LESSON_LOOP  "notes/07-select.md"

static void
check_at_once(struct target_server *s, struct outcome *o)
{
    int served = 0;

    /* A server that seems to have a bound is looked at again, since something
     * else may have held it up. */
    for (int look = 0; look < LOOKS && served < MANY; look++) {
        struct probes all;
        int now;

        probes_open(&all, s, MANY);
        now = probes_wait_served(&all);
        if (now == 0) {
            probes_wait(&all, PROBE_ANSWERED, s->limit_ns, s->limit_ns);
            now = probes_wait_served(&all);
        }
        if (now > served)
            served = now;
        probes_close(&all);
    }
    if (served == 0) {
        finding_not_ok(o, "of %d clients at once none was answered", MANY);
        return;
    }
    s->model.at_once = served;
    s->model.bounded = served < MANY;
    finding_ok(o, "%s%d", s->model.bounded ? "" : "at least ", served);
}

/* Lets those that are served leave, one after the other, and looks who is
 * served next.  Returns how many were served in the order in which they came,
 * or -1 if a place stayed empty. */
static int
leave_one_by_one(struct probes *all, int places)
{
    const struct target_server *s = all->list[0].server;
    int in_order = 0;

    for (int next = places; next < all->count; next++) {
        int leaving = 0;
        int served = probes_count(all, PROBES_SERVED);

        if (served == 0)
            return -1;
        while (!probes_is_served(&all->list[leaving]))
            leaving++;
        probe_finish(&all->list[leaving], s->limit_ns);
        /* One is enough: the others are not waited for. */
        for (int i = 0; i < TRIES; i++)
            if (probes_wait_served(all) == served)
                break;
        if (probes_count(all, PROBES_SERVED) < served)
            return -1;
        in_order += probes_is_served(&all->list[next]);
    }
    return in_order;
}

static void
check_next(struct target_server *s, struct outcome *o)
{
    struct probes all;
    int in_order;

    if (!s->model.bounded) {
        finding_ok(o, "all %d were served, so none had to wait",
                   s->model.at_once);
        return;
    }
    probes_open(&all, s, s->model.at_once + WAITING);
    (void)probes_wait_served(&all);
    if (probes_count(&all, PROBES_REFUSED) > 0) {
        probes_close(&all);
        if (checks_serves_now(s))
            finding_ok(o, "is refused: the server closes");
        else
            finding_not_ok(o, "is refused, and so are all clients afterwards");
        return;
    }
    in_order = leave_one_by_one(&all, s->model.at_once);
    probes_close(&all);
    if (in_order == -1)
        finding_not_ok(o, "is lost: not served even when others have left");
    else
        finding_ok(o, "waits until another leaves%s",
                   in_order == WAITING ? ", in the order of arrival" : "");
}

static void
check_shape(struct target_server *s, struct outcome *o)
{
    struct model *m = &s->model;
    int count = m->at_once < BUSY ? m->at_once : BUSY;
    struct process_size rest;
    struct process_size busy;
    struct probes all;

    /* The first time, since a pool may be made when it is first needed. */
    probes_open(&all, s, count);
    (void)probes_wait_served(&all);
    for (int i = 0; i < all.count; i++)
        probe_finish(&all.list[i], s->limit_ns);
    (void)target_server_pause(s, SETTLE_NS);
    rest = process_tree_size(s->pid);
    probes_open(&all, s, count);
    (void)probes_wait_served(&all);
    busy = process_tree_size(s->pid);
    probes_close(&all);
    m->processes_at_rest = rest.processes;
    m->threads_at_rest = rest.threads;
    m->processes_busy = busy.processes;
    m->threads_busy = busy.threads;
    m->busy_clients = count;
    finding_ok(o,
               "processes x threads: %d x %d at rest, %d x %d with %d "
               "client%s",
               (int)rest.processes, (int)rest.threads, (int)busy.processes,
               (int)busy.threads, count, text_plural(count));
}

/* Lets so many clients send MESSAGES messages each, one after the other, and
 * leave.  Returns how long it takes until all have done so, or -1 if not all
 * were answered; *late is how many had to try again to connect. */
static int64_t
time_for(const struct target_server *s, int clients, int *late)
{
    struct probes all = {.count = 0};
    int64_t began_ns = clock_now();
    int64_t took_ns;
    int answered;

    (void)probes_add(&all, s, clients, PROBES_MESSAGE);
    for (int i = 0; i < all.count; i++) {
        struct probe *p = &all.list[i];

        p->to_send = MESSAGES * (int64_t)p->len;
        p->messages_ahead = 1;
        p->expected = "ackack";
        p->answers_due = MESSAGES;
    }
    probes_leave(&all);
    probes_wait(&all, PROBE_CONNECTED, LATE_NS, LATE_NS);
    *late = probes_count(&all, PROBES_CONNECTING);
    probes_wait(&all, PROBE_ANSWERED, LIMIT_NS, LIMIT_NS);
    took_ns = clock_now() - began_ns;
    answered = probes_count(&all, PROBES_LEFT);
    probes_close(&all);
    return answered == clients ? took_ns : -1;
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
report_growth(const struct target_server *s, struct outcome *o, int clients,
              int64_t took_ns, int64_t alone_ns)
{
    int at_once = s->model.at_once;
    int turns = (clients + at_once - 1) / at_once;
    double times = (double)took_ns / (double)alone_ns;

    if (fits(took_ns, turns * alone_ns))
        finding_ok(o,
                   "%d clients take %.1f times as long as one, with %d at once",
                   clients, times, at_once);
    else if (fits(took_ns, clients * alone_ns))
        finding_not_ok(
            o,
            "%d clients take %.1f times as long as one, as if one at "
            "a time, though %d are answered at once",
            clients, times, at_once);
    else
        finding_not_ok(o, "%d clients take %.1f times as long as one, not %d",
                       clients, times, turns);
}

/* Returns how long one client takes alone, the shortest of some times: compared
 * with one that was held up, any time would be a small multiple.  -1: it was
 * not answered. */
static int64_t
time_alone(const struct target_server *s)
{
    int64_t shortest_ns = -1;

    for (int i = 0; i < LOOKS; i++) {
        int late;
        int64_t took_ns = time_for(s, 1, &late);

        if (took_ns == -1)
            return -1;
        if (shortest_ns == -1 || took_ns < shortest_ns)
            shortest_ns = took_ns;
    }
    return shortest_ns;
}

/* Compares the time of many clients with that of one. */
static void
compare_growth(const struct target_server *s, struct outcome *o)
{
    int clients = s->model.bounded ? GROWTH * s->model.at_once : MANY / GROWTH;
    int64_t alone_ns = time_alone(s);
    int64_t took_ns;
    int late;

    if (alone_ns == -1) {
        finding_not_ok(o, "one client was not answered");
        return;
    }
    if (alone_ns < ALONE_MIN_NS || alone_ns > ALONE_MAX_NS) {
        finding_unknown(o, "one client alone takes %.1f ms: too %s to compare",
                        (double)alone_ns / 1e6,
                        alone_ns < ALONE_MIN_NS ? "quick" : "slow");
        return;
    }
    took_ns = time_for(s, clients, &late);
    if (late > 0)
        finding_unknown(o,
                        "%d of %d clients had to connect again after a second: "
                        "its accept queue is short",
                        late, clients);
    else if (took_ns == -1)
        finding_not_ok(o, "not all of %d clients were answered", clients);
    else
        report_growth(s, o, clients, took_ns, alone_ns);
}

static void
check_growth(struct target_server *s, struct outcome *o)
{
    /* The longer a message takes, the less it matters what the machine does
     * beside it: how long a fork takes, who else uses the cores. */
    static const char *const longer[] = {"100ms", "300ms"};

    compare_growth(s, o);
    for (size_t i = 0;
         i < sizeof(longer) / sizeof(longer[0]) && o->result == FINDING_NOT_OK;
         i++)
        if (checks_restart(s, o, longer[i]))
            compare_growth(s, o);
}

/* Two clients send messages that take computing, the second a moment after the
 * first.  Writes when each answer came, since the first message was sent;
 * returns false if one got no answer. */
static bool
time_two(const struct target_server *s, int64_t took_ns[2])
{
    struct probes two;
    int64_t began_ns = clock_now();
    bool answered;

    probes_open(&two, s, 2);
    answered = two.count == 2;
    for (int i = 0; i < 2 && answered; i++) {
        probe_wait(&two.list[i], 1, PROBE_ANSWERED, LIMIT_NS, LIMIT_NS);
        answered = probes_is_served(&two.list[i]);
        took_ns[i] = clock_now() - began_ns;
    }
    probes_close(&two);
    return answered;
}

static void
check_computing(struct target_server *s, struct outcome *o)
{
    char why[SERVER_PROCESS_WHY_MAX];
    int64_t took_ns[2];
    double times;

    if (s->command == NULL || !command_takes_work(s->command)) {
        finding_unknown(o, "it cannot be told to compute: no {cpu} in it");
        return;
    }
    if (s->model.at_once == 1) {
        finding_ok(o, "one at a time: no other is served meanwhile");
        return;
    }
    target_server_stop(s);
    if (target_server_start(s, "0", STALL_TIME, why) == -1) {
        finding_not_ok(o, "told to compute, it %s", why);
        return;
    }
    if (!time_two(s, took_ns)) {
        finding_not_ok(o, "a client got no answer");
        return;
    }
    times = (double)took_ns[1] / (double)took_ns[0];
    finding_ok(o,
               "computing %s: the second is answered %.1f times as late as "
               "the first",
               times > STALLS ? "stalls the others" : "is shared out", times);
}

const struct finding findings_capacity[] = {
    {"capacity.at-once", FINDING_MUST, "40 clients at once that stay",
     "one at least is answered",
     "40 clients connect, send a message each, and stay connected when they "
     "have their answer.  So a place that is taken stays taken, and the number "
     "of answers is the number of clients that the server can serve at once.  "
     "It is found by holding clients, not by measuring time.",
     LESSON, check_at_once, .is_basic = true, .after = FINDING_LIVES},
    {"capacity.next", FINDING_MUST, "three clients more than there are places",
     "they wait, or are refused, and are not lost",
     "Clients that stay hold all places, and three more connect.  Then one "
     "client after the other leaves.  Each time the server must serve one of "
     "those that wait.",
     LESSON, check_next, .needs = FINDING_NEEDS_CAPACITY,
     .after = FINDING_LIVES},
    {"shape.processes", FINDING_MUST, "its processes, at rest and with clients",
     "any",
     "The judge counts processes and threads in /proc at rest, and while up to "
     "eight clients are served.  If they grow with the clients, each client "
     "has its own.",
     LESSON, check_shape, .is_basic = true,
     .needs = FINDING_NEEDS_PROCESS | FINDING_NEEDS_CAPACITY,
     .after = FINDING_LIVES},
    {"growth.time", FINDING_MUST, "the time for many clients",
     "ceil(clients / at once) times that of one",
     "The same client is played alone and then many times at once.  How much "
     "longer that takes says whether the clients that are answered at once are "
     "really served at once.  A loop that sleeps, or that works on one message "
     "after the other, takes as long as if it had one place.  A time that does "
     "not fit is measured again with longer delays, beside which it matters "
     "less what the machine does.",
     LESSON_LOOP, check_growth, .needs = FINDING_NEEDS_CAPACITY,
     .after = FINDING_LIVES},
    {"work.computing", FINDING_MUST, "two clients whose messages are computed",
     "any",
     "One thread can wait for several clients at the same time, but it cannot "
     "compute for several at the same time.  Two clients send a message that "
     "takes computing.  If the second is answered after twice the time, one "
     "thread does all the work.",
     "notes/10-waiting-and-computing.md", check_computing,
     .after = FINDING_LIVES},
    {.name = NULL},
};

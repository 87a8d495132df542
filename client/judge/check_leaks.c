/* What a server does not give back when its clients have gone, and what it does
 * while there is nothing to do. */

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>

#include "client/judge/crowd.h"
#include "client/target/process_tree.h"
#include "client/judge/finding.h"
#include "client/judge/checks.h"
#include "common/clock.h"

#define DELAY      "5ms" /* long enough to be gone before the answer */
#define LOOK_MS    10    /* how often a count is looked at that is to fall */
#define GONE_NS    (1 * CLOCK_S) /* by then nothing is left of a client */
#define REAPED_NS  (2 * CLOCK_S)
#define ROUND      40 /* clients that come and go */
#define ROUNDS_MAX 3  /* what grows in each is a leak */
#define BURSTS     3
#define BURST      20

/* Memory: what it grows by is measured in pages, and what is shared counts more
 * when somebody else lets go of it; so many clients, and some allowance. */
#define WARM_UP      300
#define LOAD         1000
#define LOADS_MAX    6
#define LOAD_NS      (2 * CLOCK_S) /* fewer clients, if they take longer */
#define CLIENT_BYTES 48
#define ROUND_BYTES  (16 * 1024)

/* What is as large as that before the first client comes is a runtime with a
 * garbage collector, which lets it grow until it finds it worth its while. */
#define RUNTIME_BYTES (24 * 1024 * 1024)

/* A server that wakes up a hundred times a second does so on a busy machine,
 * too, and one that spins gets its share of it. */
#define WINDOW_NS    (500 * CLOCK_MS)
#define WINDOWS_MAX  3  /* one that is quiet is enough */
#define CPU_PERCENT  5  /* of a core */
#define WAKE_UPS     16 /* in a window */
#define SILENT       3
#define AFTERMATH_MS 50 /* what is still done when a client has gone */

static bool
has_ended(const struct target_server *s, struct outcome *o)
{
    if (target_server_lives(s))
        return false;
    finding_not_ok(o, "the server has ended");
    return true;
}

/* Tells whether the server's process can be looked at at all. */
static bool
is_visible(const struct target_server *s, struct outcome *o)
{
    if (s->pid != 0)
        return true;
    finding_unknown(o, "its process is not known");
    return false;
}

/* How a client may leave without a word. */
enum manner {
    RESETS_IN_WORK, /* its message is whole, and not yet answered */
    RESETS,         /* in the middle of a message, as are those below */
    CLOSES,
    HALF_CLOSES, /* and waits for the server to close, too */
    MANNERS,
};

static void
come_rudely(const struct target_server *s, struct talk *t, enum manner manner)
{
    if (target_server_visit(s, t) != TALK_OK)
        return;
    /* What the server makes of it is of no interest here. */
    if (manner == RESETS_IN_WORK)
        (void)talk_say(t, "gone before the answer");
    else
        (void)talk_send(t, "half", 4);
}

static void
leave_rudely(const struct target_server *s, struct talk *t, enum manner manner)
{
    if (manner == HALF_CLOSES && t->fd != -1) {
        talk_half_close(t);
        (void)talk_hear_end(t, s->quiet_ns);
    }
    if (manner == RESETS_IN_WORK || manner == RESETS)
        talk_reset(t);
    else
        talk_close(t);
}

/* A rude client and a polite one, who comes before the other has gone but does
 * not wait for anything until it has: there may be only one place.  Returns
 * whether the polite one was answered. */
static bool
visit_in_pair(const struct target_server *s, enum manner manner)
{
    struct talk rude;
    struct talk polite;
    enum talk_result result;

    come_rudely(s, &rude, manner);
    result = target_server_visit(s, &polite);
    if (result == TALK_OK)
        result = talk_say(&polite, "hello");
    leave_rudely(s, &rude, manner);
    if (result == TALK_OK)
        result = talk_hear(&polite, "ack", s->limit_ns);
    /* Whether it closes then is looked at elsewhere: the client goes anyway. */
    if (result == TALK_OK && talk_say(&polite, "goodbye") == TALK_OK)
        (void)talk_hear_end(&polite, s->quiet_ns);
    talk_close(&polite);
    return result == TALK_OK;
}

/* Lets so many clients come and go in pairs, until one of the polite ones is
 * not answered, or the time is over.  *came says how many came.  Returns
 * whether all that should have been were answered. */
static bool
visit(const struct target_server *s, int count, int64_t ns, int *came)
{
    int64_t deadline_ns = clock_now() + ns;

    for (*came = 0; *came < count && clock_now() < deadline_ns; *came += 2)
        if (!visit_in_pair(s, (enum manner)(*came / 2 % MANNERS))) {
            /* A process has ended a little later than its connections. */
            (void)poll(NULL, 0, AFTERMATH_MS);
            return false;
        }
    return true;
}

/* Waits, up to ns, until a count has fallen to what is allowed.  Returns it as
 * it is then; -1: it cannot be known. */
static int64_t
fall(const struct target_server *s,
     int64_t (*count)(const struct target_server *s), int64_t allowed,
     int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;
    int64_t n = count(s);

    while (n > allowed && clock_now() < deadline_ns && target_server_lives(s)) {
        (void)poll(NULL, 0, LOOK_MS);
        n = count(s);
    }
    return n;
}

static int64_t
count_zombies(const struct target_server *s)
{
    return process_tree_zombies(s->pid);
}

static int64_t
count_processes(const struct target_server *s)
{
    return process_tree_size(s->pid).processes;
}

/* Counts processes and threads: of each process one is counted already. */
static int64_t
count_workers(const struct target_server *s)
{
    struct process_size f = process_tree_size(s->pid);

    return f.processes == -1 || f.threads == -1 ? -1
                                                : f.processes + f.threads - 1;
}

/* Counts again and again while clients come and go.  A server may well get what
 * it needs when the first ones come; but what grows each time is a leak. */
static void
watch_growth(struct target_server *s, struct outcome *o, const char *what,
             int64_t (*count)(const struct target_server *s))
{
    bool answered;
    int64_t first;
    int64_t before;
    int64_t now;
    int clients = 0;

    if (!checks_restart(s, o, DELAY) || !is_visible(s, o))
        return;
    answered = target_server_serves(s);
    (void)poll(NULL, 0, AFTERMATH_MS);
    first = before = now = count(s);
    for (int i = 0; i < ROUNDS_MAX && answered && first != -1; i++) {
        int came;

        before = now;
        answered = visit(s, ROUND, CLOCK_NEVER / 2, &came);
        clients += came;
        now = fall(s, count, before, GONE_NS);
        if (now <= before)
            break;
    }
    if (has_ended(s, o))
        return;
    if (first == -1 || now == -1)
        finding_unknown(o, "its %s cannot be counted", what);
    else if (now > first && (now > before || !answered))
        finding_not_ok(o, "%" PRId64 " %s more after %d clients", now - first,
                       what, clients);
    else if (!answered)
        finding_unknown(o, "client %d was not answered", clients + 1);
    else if (now > first)
        finding_ok(o, "%" PRId64 " %s more at first, then no more", now - first,
                   what);
    else
        finding_ok(o, "no %s more after %d clients", what, clients);
}

static void
look_descriptors(struct target_server *s, struct outcome *o)
{
    watch_growth(s, o, "descriptors", target_server_descriptors);
}

static void
look_threads(struct target_server *s, struct outcome *o)
{
    watch_growth(s, o, "threads and processes", count_workers);
}

static void
look_zombies(struct target_server *s, struct outcome *o)
{
    struct crowd crowd;
    int64_t zombies = 0;
    int clients = 0;

    if (!checks_restart(s, o, DELAY) || !is_visible(s, o))
        return;
    for (int i = 0; i < BURSTS && zombies == 0; i++) {
        /* Some may wait, or be refused: so many children as there are end. */
        (void)crowd_open(&crowd, s, BURST);
        (void)crowd_listen(&crowd, s->quiet_ns);
        crowd_close(&crowd);
        clients += BURST;
        zombies = fall(s, count_zombies, 0, REAPED_NS);
    }
    if (has_ended(s, o))
        return;
    if (zombies == -1)
        finding_unknown(o, "its processes cannot be looked at");
    else if (zombies > 0)
        finding_not_ok(o, "%" PRId64 " ended and not reaped after %d clients",
                       zombies, clients);
    else
        finding_ok(o, "none after %d clients", clients);
}

/* Lets so many clients come and go, and returns how much memory the family has
 * once it is as small as before; -1: not all were answered. */
static int64_t
load(const struct target_server *s, int count, int64_t processes, int *came)
{
    if (!visit(s, count, LOAD_NS, came))
        return -1;
    (void)fall(s, count_processes, processes, GONE_NS);
    return process_tree_size(s->pid).memory;
}

static void
look_memory(struct target_server *s, struct outcome *o)
{
    struct process_size before;
    int64_t memory;
    int64_t grown = 0;
    int64_t limit = -1;
    int came = 0;

    if (!checks_restart(s, o, "0") || !is_visible(s, o))
        return;
    before = process_tree_size(s->pid);
    if (before.memory <= 0 || before.memory > RUNTIME_BYTES) {
        finding_unknown(o, before.memory <= 0
                               ? "its memory cannot be measured"
                               : "it collects garbage when it likes");
        return;
    }
    memory = load(s, WARM_UP, before.processes, &came);
    for (int i = 0; i < LOADS_MAX && memory != -1 && grown > limit; i++) {
        grown = -memory;
        memory = load(s, LOAD, before.processes, &came);
        grown += memory;
        limit = ROUND_BYTES + (int64_t)CLIENT_BYTES * came;
    }
    if (has_ended(s, o))
        return;
    if (memory == -1)
        finding_unknown(o, "client %d was not answered", came + 1);
    else if (grown > limit)
        finding_not_ok(o, "%" PRId64 " bytes more a client, of %d",
                       grown / came, came);
    else
        finding_ok(o, "%" PRId64 " KiB more after %d clients",
                   (grown > 0 ? grown : 0) / 1024, came);
}

/* What a family uses while nothing happens. */
enum use {
    USE_CPU,      /* in per cent of a core */
    USE_WAKE_UPS, /* in a window */
};

/* Watches for a moment.  Returns what was used; -1: it cannot be known. */
static int64_t
watch_window(const struct target_server *s, enum use use)
{
    struct process_use before = process_tree_use(s->pid);
    int64_t began_ns = clock_now();
    struct process_use after;
    int64_t used;

    clock_wait_until(began_ns + WINDOW_NS);
    after = process_tree_use(s->pid);
    /* A server that has served a client has used some CPU time; but one that
     * never waits has never been woken up. */
    if (before.cpu_ns <= 0 || after.cpu_ns <= 0 || before.voluntary < 0 ||
        after.voluntary < 0)
        return -1;
    if (use == USE_WAKE_UPS)
        used = after.voluntary - before.voluntary;
    else
        used = (after.cpu_ns - before.cpu_ns) * 100 / (clock_now() - began_ns);
    return used > 0 ? used : 0; /* what a thread that ends has used is gone */
}

/* Watches until a moment is quiet, but not for ever: something that the server
 * does now and then, such as cleaning up, may fall into one of them. */
static int64_t
watch_quiet(const struct target_server *s, enum use use, int64_t limit)
{
    int64_t used = 0;

    for (int i = 0; i < WINDOWS_MAX; i++) {
        used = watch_window(s, use);
        if (used <= limit)
            break;
    }
    return used;
}

/* Watches a server that has served somebody and has nothing to do; then with
 * clients that say nothing. */
static void
look_idle(struct target_server *s, struct outcome *o, enum use use,
          int64_t limit)
{
    const char *unit = use == USE_CPU ? " %" : "";
    struct talk silent[SILENT];
    int64_t alone;
    int64_t beside;

    if (!is_visible(s, o))
        return;
    (void)target_server_serves(s); /* if it does not, it still is to be idle */
    (void)poll(NULL, 0, AFTERMATH_MS);
    alone = watch_quiet(s, use, limit);
    for (int i = 0; i < SILENT; i++)
        (void)target_server_visit(s, &silent[i]);
    (void)poll(NULL, 0, AFTERMATH_MS);
    beside = watch_quiet(s, use, limit);
    for (int i = 0; i < SILENT; i++)
        talk_close(&silent[i]);
    if (has_ended(s, o))
        return;
    if (alone < 0 || beside < 0)
        finding_unknown(o, "what it uses cannot be seen");
    else
        (alone <= limit && beside <= limit ? finding_ok : finding_not_ok)(
            o, "%" PRId64 "%s at rest, %" PRId64 "%s with %d silent clients",
            alone, unit, beside, unit, SILENT);
}

static void
look_cpu(struct target_server *s, struct outcome *o)
{
    look_idle(s, o, USE_CPU, CPU_PERCENT);
}

static void
look_wake_ups(struct target_server *s, struct outcome *o)
{
    look_idle(s, o, USE_WAKE_UPS, WAKE_UPS);
}

const struct finding findings_leaks[] = {
    {"leaks.descriptors", FINDING_SHOULD,
     "descriptors, when 20 polite and 20 rude clients have gone",
     "as many as before",
     "Clients come one after the other. Every other one says goodbye; the rest "
     "vanish: with a message that is still being worked on, in the middle of "
     "one, by a reset, or by closing one direction first. Then the open "
     "descriptors of the server and its children are counted in /proc. If "
     "there are more than before, more clients come; what grows each time is "
     "a leak, and at the limit on descriptors the server serves nobody.",
     "notes/03-fork-per-client.md", look_descriptors},
    {"leaks.zombies", FINDING_SHOULD,
     "processes that have ended, after 3 bursts of 20 clients",
     "all are reaped",
     "Twenty clients are held and leave at the same moment, three times. A "
     "child that has ended stays in the table of processes until its parent "
     "waits for it. Signals of one kind do not queue: a server that reaps one "
     "child for each SIGCHLD forgets some when many end together.",
     "notes/04-zombies-and-signals.md", look_zombies},
    {"leaks.threads", FINDING_SHOULD,
     "threads and processes, when 40 clients have gone", "as many as before",
     "The same clients as for leaks.descriptors; then the processes and "
     "threads of the server are counted. A thread that still waits for a "
     "client that has gone costs its stack, and in a pool it serves nobody.",
     "notes/06-threaded.md", look_threads},
    {"leaks.memory", FINDING_SHOULD, "memory, after 1000 clients more",
     "not more than 64 bytes a client",
     "After a warm-up of 300 clients the memory of the server and its children "
     "is measured (PSS, in which a shared page counts once), and again after "
     "1000 more, half of them rude. If it has grown, more come: a server may "
     "take memory ahead, but what it takes with each thousand it never gives "
     "back. A runtime with a garbage collector is not judged by this.",
     "notes/06-threaded.md", look_memory},
    {"idle.cpu", FINDING_SHOULD, "CPU time while nothing happens",
     "not more than 5 % of a core",
     "The server has served a client and has nothing to do; then three "
     "clients are connected that say nothing. A loop that does not wait, or "
     "asks again at once what it was told already, uses a whole core.",
     "notes/08-poll.md", look_cpu},
    {"idle.wake-ups", FINDING_SHOULD, "wake-ups while nothing happens",
     "not more than 20 in half a second",
     "As for idle.cpu, but what is counted is how often the server goes to "
     "sleep again (voluntary context switches). A server that looks every 10 "
     "ms whether there is something to do uses little CPU time, but keeps a "
     "core awake, and answers late.",
     "notes/04-zombies-and-signals.md", look_wake_ups},
    {NULL, FINDING_SHOULD, NULL, NULL, NULL, NULL, NULL},
};

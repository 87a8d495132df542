/* What a server does not give back when its clients have gone, and what it uses
 * while there is nothing to do. */

#include <inttypes.h>

#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define DELAY      "5ms" /* long enough for a client to go before the answer */
#define LOOK_NS    (10 * CLOCK_MS) /* how often a count that must fall is read */
#define GONE_NS    (1 * CLOCK_S)   /* by then nothing is left of a client */
#define REAPED_NS  (2 * CLOCK_S)
#define ROUND      40 /* clients that come and go */
#define ROUNDS_MAX 3  /* what grows in each is a leak */
#define ROUND_NS   (60 * CLOCK_S)
#define BURSTS     3
#define BURST      20

/* Memory is measured in pages, and a shared page counts more in one process
 * when another no longer uses it.  So many clients are played, and some growth
 * is allowed. */
#define WARM_UP      300
#define LOAD         1000
#define LOADS_MAX    6
#define LOAD_NS      (2 * CLOCK_S) /* fewer clients, if they take longer */
#define CLIENT_BYTES 48
#define ROUND_BYTES  (16 * 1024)

/* A process as large as that before the first client is a runtime with a
 * garbage collector, which lets its memory grow before it collects. */
#define RUNTIME_BYTES (24 * 1024 * 1024)

/* A server that wakes up a hundred times a second does so on a busy machine,
 * too, and one that spins gets its share of it. */
#define WINDOW_NS    (500 * CLOCK_MS)
#define WINDOWS_MAX  3  /* one in which it is idle is enough */
#define CPU_PERCENT  5  /* of a core */
#define WAKE_UPS     16 /* in a window */
#define SILENT       3
#define AFTERMATH_NS (50 * CLOCK_MS) /* what is done when a client has gone */

/* How a client leaves without goodbye. */
enum departure {
    RESETS_IN_WORK, /* its message is whole, and not yet answered */
    RESETS,         /* in the middle of a message, as do those below */
    CLOSES,
    HALF_CLOSES, /* and waits for the server to close, too */
    DEPARTURES,
};

static void
depart(struct probe *p, enum departure how)
{
    if (how == HALF_CLOSES) {
        probe_half_close(p);
        probe_receive_end(p, p->server->silence_ns);
    }
    if (how == RESETS_IN_WORK || how == RESETS)
        probe_reset(p);
    else
        probe_close(p);
}

/* One client leaves without goodbye.  Another has connected before that, but
 * waits for nothing until the first has gone, since there may be only one
 * place. Returns whether the other was answered. */
static bool
play_pair(const struct target_server *s, enum departure how)
{
    struct probe leaving;
    struct probe staying;

    probe_open(&leaving, s);
    if (how == RESETS_IN_WORK)
        probe_send_message(&leaving, "gone before the answer");
    else
        probe_send(&leaving, "half", 4);
    probe_open(&staying, s);
    probe_send_message(&staying, "hello");
    depart(&leaving, how);
    probe_receive(&staying, "ack");
    if (staying.result != PROBE_OK) {
        probe_close(&staying);
        return false;
    }
    probe_finish(&staying, s->silence_ns);
    return true;
}

/* Plays clients in pairs, until one of those that stay is not answered, or ns
 * have passed.  *played says how many clients.  Returns whether all that should
 * have been answered were. */
static bool
play_pairs(const struct target_server *s, int count, int64_t ns, int *played)
{
    int64_t end_ns = clock_now() + ns;

    for (*played = 0; *played < count && clock_now() < end_ns; *played += 2)
        if (!play_pair(s, (enum departure)(*played / 2 % DEPARTURES)))
            return false;
    return true;
}

/* Waits, up to ns, until a count has fallen to what is allowed.  Returns it as
 * it is then; -1: it cannot be known. */
static int64_t
wait_until_fallen(const struct target_server *s,
                  int64_t (*count)(const struct target_server *s),
                  int64_t allowed, int64_t ns)
{
    int64_t end_ns = clock_now() + ns;
    int64_t n = count(s);

    while (n > allowed && clock_now() < end_ns && target_server_lives(s) &&
           target_server_pause(s, LOOK_NS))
        n = count(s);
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

/* Counts processes and threads: one of each process is counted already. */
static int64_t
count_workers(const struct target_server *s)
{
    struct process_size size = process_tree_size(s->pid);

    if (size.processes == -1 || size.threads == -1)
        return -1;
    return size.processes + size.threads - 1;
}

/* Counts again and again while clients come and go.  A server may take what it
 * needs when the first ones come; but what grows each time is a leak. */
static void
check_growth(const struct target_server *s, struct outcome *o, const char *what,
             int64_t (*count)(const struct target_server *s))
{
    bool answered = checks_serves_now(s);
    int64_t first;
    int64_t before;
    int64_t now;
    int clients = 0;

    (void)target_server_pause(s, AFTERMATH_NS);
    first = before = now = count(s);
    for (int i = 0; i < ROUNDS_MAX && answered && first != -1; i++) {
        int played;

        before = now;
        answered = play_pairs(s, ROUND, ROUND_NS, &played);
        clients += played;
        now = wait_until_fallen(s, count, before, GONE_NS);
        if (now <= before)
            break;
    }
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
check_descriptors(struct target_server *s, struct outcome *o)
{
    check_growth(s, o, "descriptors", target_server_descriptors);
}

static void
check_threads(struct target_server *s, struct outcome *o)
{
    check_growth(s, o, "threads and processes", count_workers);
}

static void
check_zombies(struct target_server *s, struct outcome *o)
{
    struct probes all;
    int64_t zombies = 0;
    int clients = 0;

    for (int i = 0; i < BURSTS && zombies == 0; i++) {
        /* Some may wait, or be refused: as many children end as there are. */
        probes_open(&all, s, BURST);
        (void)probes_wait_served(&all);
        probes_close(&all);
        clients += BURST;
        zombies = wait_until_fallen(s, count_zombies, 0, REAPED_NS);
    }
    if (zombies == -1)
        finding_unknown(o, "its processes cannot be looked at");
    else if (zombies > 0)
        finding_not_ok(o, "%" PRId64 " ended and not reaped after %d clients",
                       zombies, clients);
    else
        finding_ok(o, "none after %d clients", clients);
}

/* Plays so many clients, and returns how much memory the server's processes
 * have when they are as few as before; -1: not all clients were answered. */
static int64_t
measure_load(const struct target_server *s, int count, int64_t processes,
             int *played)
{
    if (!play_pairs(s, count, LOAD_NS, played))
        return -1;
    (void)wait_until_fallen(s, count_processes, processes, GONE_NS);
    return process_tree_size(s->pid).memory;
}

static void
check_memory(struct target_server *s, struct outcome *o)
{
    struct process_size before = process_tree_size(s->pid);
    int64_t memory;
    int64_t grown = 0;
    int64_t limit = -1;
    int played = 0;

    if (before.memory <= 0 || before.memory > RUNTIME_BYTES) {
        finding_unknown(o, before.memory <= 0
                               ? "its memory cannot be measured"
                               : "a garbage collector decides when it shrinks");
        return;
    }
    memory = measure_load(s, WARM_UP, before.processes, &played);
    for (int i = 0; i < LOADS_MAX && memory != -1 && grown > limit; i++) {
        grown = -memory;
        memory = measure_load(s, LOAD, before.processes, &played);
        grown += memory;
        limit = ROUND_BYTES + (int64_t)CLIENT_BYTES * played;
    }
    if (memory == -1)
        finding_unknown(o, "client %d was not answered", played + 1);
    else if (grown > limit)
        finding_not_ok(o, "%" PRId64 " bytes more per client, of %d",
                       grown / played, played);
    else
        finding_ok(o, "%" PRId64 " KiB more after %d clients",
                   (grown > 0 ? grown : 0) / 1024, played);
}

/* What a server uses while nothing happens. */
enum use {
    USE_CPU,      /* in per cent of a core */
    USE_WAKE_UPS, /* in a window */
};

/* Returns what the server uses in one window; -1: it cannot be known. */
static int64_t
measure_window(const struct target_server *s, enum use use)
{
    struct process_use before = process_tree_use(s->pid);
    int64_t began_ns = clock_now();
    struct process_use after;
    int64_t used;

    (void)target_server_pause(s, WINDOW_NS);
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

/* Measures until the server is idle in one window, or until the windows are
 * used up, because what it does now and then, such as cleaning up, may fall
 * into one of them. */
static int64_t
measure_idle(const struct target_server *s, enum use use, int64_t limit)
{
    int64_t used = 0;

    (void)target_server_pause(s, AFTERMATH_NS);
    for (int i = 0; i < WINDOWS_MAX; i++) {
        used = measure_window(s, use);
        if (used <= limit)
            break;
    }
    return used;
}

/* Measures a server that has served a client and has nothing to do; then the
 * same with silent clients. */
static void
check_use(const struct target_server *s, struct outcome *o, enum use use,
          int64_t limit)
{
    const char *unit = use == USE_CPU ? " %" : "";
    struct probes silent = {.count = 0};
    int64_t alone;
    int64_t beside;

    (void)checks_serves_now(s); /* if it does not, it must still be idle */
    alone = measure_idle(s, use, limit);
    probes_connect(&silent, s, SILENT, PROBES_NOTHING);
    beside = measure_idle(s, use, limit);
    probes_close(&silent);
    if (alone < 0 || beside < 0)
        finding_unknown(o, "what it uses cannot be seen");
    else
        finding_set(
            o, alone <= limit && beside <= limit ? FINDING_OK : FINDING_NOT_OK,
            "%" PRId64 "%s at rest, %" PRId64 "%s with %d silent clients",
            alone, unit, beside, unit, SILENT);
}

static void
check_cpu(struct target_server *s, struct outcome *o)
{
    check_use(s, o, USE_CPU, CPU_PERCENT);
}

static void
check_wake_ups(struct target_server *s, struct outcome *o)
{
    check_use(s, o, USE_WAKE_UPS, WAKE_UPS);
}

const struct finding findings_leaks[] = {
    {"leaks.descriptors", FINDING_SHOULD,
     "descriptors, when 20 clients have said goodbye and 20 have not",
     "as many as before",
     "Clients come one after the other.  Every second one says goodbye.  The "
     "others leave without it: while the server works on their message, or in "
     "the middle of a message, with a reset, by closing, or by closing one "
     "direction first.  Then the open descriptors of the server and its "
     "children are counted in /proc.  If there are more than before, more "
     "clients come.  What grows each time is a leak: at the limit on "
     "descriptors the server serves nobody.",
     "notes/03-fork-per-client.md", check_descriptors, .delay = DELAY,
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"leaks.zombies", FINDING_SHOULD,
     "processes that have ended, after 3 bursts of 20 clients",
     "all are reaped",
     "Twenty clients are connected and leave at the same moment, three times.  "
     "A child that has ended stays in the table of processes until its parent "
     "waits for it.  Signals of one kind do not queue, so a server that reaps "
     "one child per SIGCHLD forgets some when many end together.",
     "notes/04-zombies-and-signals.md", check_zombies, .delay = DELAY,
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"leaks.threads", FINDING_SHOULD,
     "threads and processes, when 40 clients have gone", "as many as before",
     "The same clients as for leaks.descriptors; then the processes and "
     "threads of the server are counted.  A thread that still waits for a "
     "client that has gone costs its stack, and one of a pool serves nobody "
     "any more.",
     "notes/06-threaded.md", check_threads, .delay = DELAY,
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"leaks.memory", FINDING_SHOULD, "memory, after 1000 clients more",
     "not more than 64 bytes per client",
     "After a warm-up of 300 clients the memory of the server and its children "
     "is measured (PSS, in which a shared page counts once), and again after "
     "1000 more, half of which leave without goodbye.  If it has grown, more "
     "come.  A server may take memory in advance, but what it takes with each "
     "thousand clients it never gives back.  A runtime with a garbage "
     "collector is not judged by this.",
     "notes/06-threaded.md", check_memory, .delay = "0",
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"idle.cpu", FINDING_SHOULD, "CPU time while nothing happens",
     "not more than 5 % of a core",
     "The server has served a client and has nothing to do; then three clients "
     "connect and send nothing.  A loop that does not wait, or that asks again "
     "at once for an event it has been told of already, uses a whole core.",
     "notes/08-poll.md", check_cpu, .needs = FINDING_NEEDS_PROCESS,
     .after = FINDING_LIVES},
    {"idle.wake-ups", FINDING_SHOULD, "wake-ups while nothing happens",
     "not more than 16 in half a second",
     "As for idle.cpu, but here the judge counts how often the server goes to "
     "sleep again (voluntary context switches).  A server that looks every 10 "
     "ms whether there is something to do uses little CPU time, but keeps a "
     "core awake, and answers late.",
     "notes/04-zombies-and-signals.md", check_wake_ups,
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {.name = NULL},
};

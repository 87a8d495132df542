/* What a server does not give back when its clients have gone, and what it uses
 * while there is nothing to do. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/judge/activity.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define DELAY      "5ms" /* long enough for a client to go before the answer */
#define LOOK_NS    (10 * CLOCK_MS) /* between two reads of a falling count */
#define GONE_NS    (1 * CLOCK_S)   /* by then nothing is left of a client */
#define REAPED_NS  (2 * CLOCK_S)
#define ROUND      40 /* clients that come and go */
#define ROUNDS_MAX 3  /* what grows in each is a leak */
#define ROUND_NS   (60 * CLOCK_S)
#define BURSTS     3
#define BURST      20

/* Memory: batches of clients, each twice as large as the one before.  It is
 * measured in pages, and a shared page counts more in one process when another
 * no longer uses it, so a few pages say nothing.  File-backed pages are left
 * out, because they count more when another program that shares them ends. */
#define WARM_UP     100
#define BATCH       300 /* in the first batch, or fewer if they take longer */
#define BATCH_MIN   50
#define BATCHES_MIN 3
#define BATCHES_MAX 6
#define BATCH_NS    (600 * CLOCK_MS)
#define BATCHES_NS  (6 * CLOCK_S) /* for all of them */
#define LEAK_BYTES  16            /* per client */
#define LEAK_MIN    (12 * 1024)   /* in a batch */
#define PAGES       (8 * 1024)    /* so much is no growth at all */
#define EVEN_PART   8             /* 1 / so much may differ by batch */
#define BAD         4             /* messages that are not ASCII, per client */
#define LONG_EVERY  8 /* clients: one of them sends a long message */

/* A program that needs less than that before its first client has no large
 * runtime.  One that needs more may let its memory grow for a while, in
 * proportion to what it has. */
#define PLAIN_BYTES   (2 * 1024 * 1024)
#define RUNTIME_BYTES (24 * 1024 * 1024)
#define GROWN_BYTES   (8 * 1024 * 1024) /* so much is not just garbage */
#define COUNTED_BYTES (2 * 1024 * 1024) /* or this, if it counts references */
#define JVM_PART      4 /* 1 / so much of this machine's memory */
#define GROWN_TIMES   3 /* or so many times what a large runtime has at first */

/* Idleness.  The judge looks at up to WINDOWS_MAX windows; one in which the
 * server is idle is enough.  On a machine with more load than BUSY_LOAD, it
 * looks at up to WINDOWS_BUSY after clients have come, because the server may
 * start a program for each client. */
#define WINDOW_NS    (500 * CLOCK_MS)
#define WINDOWS_MAX  6
#define WINDOWS_BUSY 12
#define BUSY_LOAD    2
#define SLEEPS_MOST  20 /* in a window */
#define SILENT       3
#define AFTERMATH_NS (50 * CLOCK_MS) /* what is done when a client has gone */
#define LONG_DELAY   "400ms"
#define WORK_NS      (300 * CLOCK_MS) /* of work that is looked at, in all */
#define WORK_MAX     12               /* messages, for that */
#define READ_NS      (30 * CLOCK_MS)  /* until what was sent has been read */
#define CLOSING_NS   (100 * CLOCK_MS) /* in one such window it is idle */
#define CLOSING      15
#define PATIENCE_NS  (3 * CLOCK_S)
#define STAYS_NS     (5500 * CLOCK_MS) /* since a client has connected */
#define ASKS_NS      (250 * CLOCK_MS)  /* between its messages */
#define LESSON_IDLE  "notes/32-bad-clients.md"

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

/* Sends messages that the server must refuse. */
static void
send_bad(struct probe *p, bool also_long)
{
    static const char bad[] = "\xff\x03\xff\x03\xff\x03\xff\x03";
    static char message[5001];

    p->expected = NULL; /* any answer will do here */
    probe_send(p, bad, sizeof(bad) - 1);
    probe_receive_any(p, p->answers + BAD, p->server->limit_ns,
                      p->server->limit_ns);
    if (!also_long)
        return;
    memset(message, 'x', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\x03';
    probe_send(p, message, sizeof(message));
    probe_receive_any(p, p->answers + 1, p->server->limit_ns,
                      p->server->limit_ns);
}

/* One client leaves without goodbye.  Another has connected before that, but
 * waits for nothing until the first has gone, since there may be only one
 * place.  The other may also send messages that are refused.  Returns whether
 * it was answered. */
static bool
play_pair(const struct target_server *s, int number, bool bad)
{
    enum departure how = (enum departure)(number % DEPARTURES);
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
    if (bad)
        send_bad(&staying, number % LONG_EVERY == 0);
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
play_pairs(const struct target_server *s, int count, int64_t ns, bool bad,
           int *played)
{
    int64_t end_ns = clock_now() + ns;

    for (*played = 0; *played < count && clock_now() < end_ns; *played += 2)
        if (!play_pair(s, *played / 2, bad))
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
        answered = play_pairs(s, ROUND, ROUND_NS, false, &played);
        clients += played;
        now = wait_until_fallen(s, count, before,
                                target_server_patience(s, GONE_NS));
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
        zombies = wait_until_fallen(s, count_zombies, 0,
                                    target_server_patience(s, REAPED_NS));
    }
    if (zombies == -1)
        finding_unknown(o, "its processes cannot be looked at");
    else if (zombies > 0)
        finding_not_ok(o, "%" PRId64 " ended and not reaped after %d clients",
                       zombies, clients);
    else
        finding_ok(o, "none after %d clients", clients);
}

/* How memory has grown. */
struct growth {
    const struct target_server *s;
    int64_t processes; /* before the first client */
    int64_t start;     /* bytes before the first client, of files, too, */
    int64_t first;     /* without those of files after the warm-up, */
    int64_t now;       /* and after the last batch */
    int clients;       /* since the warm-up */
    int batch;         /* clients of the last batch, */
    int64_t grown;     /* bytes since the one before it; */
    int batch_before;  /* the same of that one */
    int64_t grown_before;
    bool bad; /* they also send messages that are refused */
};

/* Plays a batch of clients, and measures memory when the processes are as few
 * as before.  Returns false if one was not answered. */
static bool
play_batch(struct growth *g, int count, int64_t ns)
{
    int64_t before = g->now;

    g->batch_before = g->batch;
    g->grown_before = g->grown;
    if (!play_pairs(g->s, count, ns, g->bad, &g->batch))
        return false;
    (void)wait_until_fallen(g->s, count_processes, g->processes,
                            target_server_patience(g->s, GONE_NS));
    g->now = process_tree_size(g->s->pid).own;
    g->grown = g->now - before;
    g->clients += g->batch;
    return true;
}

/* Tells whether a batch has grown the memory by at least half of its share. */
static bool
has_share(const struct growth *g, int64_t grown, int batch)
{
    return 2 * grown * g->clients >= (g->now - g->first) * batch;
}

/* Tells whether memory grew in the last batch as in all of them. */
static bool
still_grows(const struct growth *g)
{
    return g->grown >= LEAK_MIN && g->grown >= LEAK_BYTES * (int64_t)g->batch &&
           has_share(g, g->grown, g->batch);
}

/* Tells whether it grew in the one before that, too.  One batch is not enough:
 * if more threads than before happen to live at the same time, their stacks
 * stay with the program. */
static bool
grows_steadily(const struct growth *g)
{
    return still_grows(g) && has_share(g, g->grown_before, g->batch_before);
}

/* Returns by how many bytes the memory of a server must have grown before it is
 * certain that this is a leak, and not garbage that will be collected.  Each
 * worker process may grow that much, because it has a heap of its own. */
static int64_t
certain_growth(const struct growth *g)
{
    int64_t workers = g->processes > 2 ? g->processes - 1 : 1;
    int64_t grown = workers * GROWN_BYTES;
    int64_t large = GROWN_TIMES * g->start;

    /* A JVM may take that much before it collects anything. */
    if (g->s->is_java)
        return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) /
               JVM_PART;
    if (g->start <= PLAIN_BYTES)
        return 0;
    if (g->s->counts_references)
        return workers * COUNTED_BYTES;
    return g->start <= RUNTIME_BYTES || large < grown ? grown : large;
}

/* Tells whether the clients of a batch cost about as much as all on average. */
static bool
is_even(const struct growth *g, int64_t grown, int batch)
{
    int64_t share = (g->now - g->first) * batch;
    int64_t differs = llabs(grown * g->clients - share);

    return differs <= share / EVEN_PART + (int64_t)PAGES * g->clients;
}

/* Tells whether it is certain that what has grown will not be collected.  A
 * small program may have a collector, too, as in OCaml; but then what it keeps
 * for the time being differs from client to client. */
static bool
is_certain(const struct growth *g)
{
    return g->now - g->first > certain_growth(g) &&
           (g->start > PLAIN_BYTES ||
            (is_even(g, g->grown, g->batch) &&
             is_even(g, g->grown_before, g->batch_before)));
}

/* Plays batches until memory has not grown in the last one, or has grown for
 * long enough.  Returns false if a client was not answered.
 *
 * No batch begins if less time is left than the one before took, because a
 * batch of few clients would say nothing. */
static bool
play_batches(struct growth *g)
{
    int64_t end_ns = clock_now() + BATCHES_NS;
    int64_t took_ns = 0;
    int count = BATCH;

    g->clients = 0;
    g->first = g->now;
    for (int i = 0; i < BATCHES_MAX && clock_now() + took_ns < end_ns;
         i++, count *= 2) {
        int64_t began_ns = clock_now();

        if (!play_batch(g, count, i == 0 ? BATCH_NS : end_ns - began_ns))
            return false;
        took_ns = clock_now() - began_ns;
        if (i == 0)
            count = g->batch < BATCH_MIN ? BATCH_MIN : g->batch;
        if (i > 0 && g->grown <= PAGES)
            return true;
        if (i + 1 >= BATCHES_MIN && grows_steadily(g) && is_certain(g))
            return true;
    }
    return true;
}

static void
report_growth(const struct growth *g, struct outcome *o)
{
    int64_t all = g->now - g->first;

    if (all <= 0)
        finding_ok(o, "no more after %d clients", g->clients);
    else if (!still_grows(g))
        finding_ok(o, "%" PRId64 " KiB more after %d clients, then no more",
                   all / 1024, g->clients);
    else if (g->clients < BATCH_MIN * ((1 << BATCHES_MIN) - 1))
        finding_unknown(o, "only %d clients could be played in %d s",
                        g->clients, (int)(BATCHES_NS / CLOCK_S));
    else if (!grows_steadily(g))
        finding_unknown(o,
                        "%" PRId64 " KiB more after %d clients, but most of "
                        "it not before the last %d",
                        all / 1024, g->clients, g->batch);
    else if (is_certain(g))
        finding_not_ok(o,
                       "each client left about %" PRId64
                       " bytes behind: %" PRId64 " KiB more after %d clients",
                       all / g->clients, all / 1024, g->clients);
    else
        finding_unknown(o,
                        "%" PRId64 " KiB more after %d clients; a garbage "
                        "collector may still free them",
                        all / 1024, g->clients);
}

/* Tells whether the server answers messages that it must refuse. */
static bool
answers_bad(const struct target_server *s)
{
    struct probe p;

    probe_open(&p, s);
    send_bad(&p, true);
    probe_leave(&p);
    return p.result == PROBE_OK;
}

static void
check_memory(struct target_server *s, struct outcome *o)
{
    struct process_size size = process_tree_size(s->pid);
    struct growth g = {
        .s = s, .processes = size.processes, .start = size.memory};

    if (size.memory <= 0) {
        finding_unknown(o, "its memory cannot be measured");
        return;
    }
    g.bad = answers_bad(s);
    if (play_batch(&g, WARM_UP, BATCHES_NS) && play_batches(&g))
        report_growth(&g, o);
    else
        finding_unknown(o, "client %d was not answered",
                        g.clients + g.batch + 1);
}

/* Measures a server that has served a client and has nothing to do; then the
 * same with silent clients. */
static void
measure_rest(const struct target_server *s, struct process_tree_activity *alone,
             struct process_tree_activity *beside, int64_t sleeps)
{
    struct probes silent = {.count = 0};

    (void)checks_serves_now(s); /* if it does not, it must still be idle */
    (void)target_server_pause(s, AFTERMATH_NS);
    *alone = activity_await_idle(s, WINDOW_NS, WINDOWS_MAX, sleeps);
    probes_connect(&silent, s, SILENT, PROBES_NOTHING);
    (void)target_server_pause(s, AFTERMATH_NS);
    *beside = activity_await_idle(
        s, WINDOW_NS, s->load > BUSY_LOAD ? WINDOWS_BUSY : WINDOWS_MAX, sleeps);
    probes_close(&silent);
}

static void
check_cpu(struct target_server *s, struct outcome *o)
{
    struct process_tree_activity alone;
    struct process_tree_activity beside;

    measure_rest(s, &alone, &beside, INT64_MAX);
    if (alone.percent < 0 || beside.percent < 0)
        finding_unknown(o, "this system does not tell how busy a process is");
    else if (alone.percent >= ACTIVITY_SPINS ||
             beside.percent >= ACTIVITY_SPINS)
        finding_not_ok(o,
                       "a thread never waits: busy for %d %% of the time with "
                       "no client, %d %% with %d silent clients",
                       alone.percent, beside.percent, SILENT);
    else
        finding_ok(o,
                   "busy for %d %% of the time, %d %% with %d silent clients",
                   alone.percent, beside.percent, SILENT);
}

static void
check_wake_ups(struct target_server *s, struct outcome *o)
{
    struct process_tree_activity alone;
    struct process_tree_activity beside;

    measure_rest(s, &alone, &beside, SLEEPS_MOST);
    if (alone.sleeps < 0 || beside.sleeps < 0)
        finding_unknown(o, "this system does not tell how often it wakes up");
    else
        finding_set(o,
                    alone.sleeps <= SLEEPS_MOST && beside.sleeps <= SLEEPS_MOST
                        ? FINDING_OK
                        : FINDING_NOT_OK,
                    "a thread woke up %" PRId64 " times in half a second with "
                    "no client, %" PRId64 " times with %d silent clients",
                    alone.sleeps, beside.sleeps, SILENT);
}

/* A client that has been served once, since the server may have started a
 * program for it, sends a message, then another that the server need not read
 * yet, and half-closes.  Measures how busy the server is while it works on the
 * first message, while it works on the second, when only the end of input is
 * left to read, and after that, until it is idle.  Returns false if the client
 * was not answered. */
static bool
measure_work(const struct target_server *s, int64_t answer_ns, int percent[3])
{
    int64_t read_ns = answer_ns / 8 < READ_NS ? answer_ns / 8 : READ_NS;
    struct probe p;

    probe_open_served(&p, s);
    probe_send_message(&p, "one");
    (void)target_server_pause(s, read_ns);
    probe_send_message(&p, "two");
    probe_half_close(&p);
    for (int i = 0; i < 2 && p.result == PROBE_OK; i++) {
        (void)target_server_pause(s, read_ns);
        percent[i] += activity_measure(s, answer_ns / 2).percent;
        probe_receive(&p, "ack");
    }
    percent[2] +=
        activity_await_idle(s, CLOSING_NS, CLOSING, INT64_MAX).percent;
    probe_close(&p);
    return p.result == PROBE_OK;
}

static void
check_waiting(struct target_server *s, struct outcome *o)
{
    int percent[3] = {0, 0, 0};
    int64_t answer_ns;
    int busiest = 0;
    int times;

    if (!checks_time(s, o, 1, &answer_ns))
        return;
    times = (int)(WORK_NS / answer_ns);
    times = times < 1 ? 1 : times > WORK_MAX ? WORK_MAX : times;
    for (int i = 0; i < times; i++)
        if (!measure_work(s, answer_ns, percent)) {
            finding_unknown(o, "a client that half-closed was not answered");
            return;
        }
    for (int i = 0; i < 3; i++) {
        percent[i] /= times;
        if (percent[i] > busiest)
            busiest = percent[i];
    }
    if (percent[0] < 0 || percent[1] < 0)
        finding_unknown(o, "this system does not tell how busy a process is");
    else
        finding_set(o, busiest < ACTIVITY_SPINS ? FINDING_OK : FINDING_NOT_OK,
                    "busy for %d %% of the time while a message waits behind "
                    "the one in work, %d %% while only the client's end waits, "
                    "%d %% after the last answer",
                    percent[0], percent[1], percent[2]);
}

/* Clients that say nothing for some seconds, one of them in the middle of a
 * message, go on.  Then one of them goes on sending for some time. */
static void
check_patience(struct target_server *s, struct outcome *o)
{
    bool two = target_server_places(s) > 1;
    int64_t end_ns = clock_now() + STAYS_NS;
    struct probe silent = {.fd = -1};
    struct probe half;

    probe_open(&half, s);
    probe_send(&half, "hel", 3);
    if (two)
        probe_open(&silent, s);
    (void)target_server_pause(s, PATIENCE_NS);
    probe_send(&half, "lo\x03", 3);
    probe_receive(&half, "ack");
    if (two) {
        probe_send_message(&silent, "hello");
        probe_receive(&silent, "ack");
    }
    probe_leave(&silent);
    if (checks_probe(&half, o,
                     "after 3 s in the middle of a message, a client") &&
        (!two || checks_probe(&silent, o, "after 3 s of silence, a client"))) {
        while (half.result == PROBE_OK && clock_now() < end_ns &&
               target_server_pause(s, ASKS_NS)) {
            probe_send_message(&half, "hello");
            probe_receive(&half, "ack");
        }
        if (checks_probe(&half, o,
                         "a client that is connected for more than 3 s, and "
                         "sends often"))
            finding_ok(o, "answered after %d s of silence, and later",
                       (int)(PATIENCE_NS / CLOCK_S));
    }
    probe_leave(&half);
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
     "notes/04-fork-per-client.md", check_descriptors,
     .mend = "Close the client's descriptor on every way out of the "
             "conversation: after goodbye, at the end of input, and after an "
             "error.  If you fork, the parent closes its copy at once.",
     .depends_on = "protocol.goodbye,protocol.end-of-input,capacity.next",
     .delay = DELAY, .only_waits = true, .needs = FINDING_NEEDS_PROCESS,
     .after = FINDING_LIVES},
    {"leaks.zombies", FINDING_SHOULD,
     "processes that have ended, after 3 bursts of 20 clients",
     "all are reaped",
     "Twenty clients are connected and leave at the same moment, three times.  "
     "A child that has ended stays in the table of processes until its parent "
     "waits for it.  Signals of one kind do not queue, so a server that reaps "
     "one child per SIGCHLD forgets some when many end together.",
     "notes/05-zombies.md", check_zombies,
     .mend = "Call waitpid(-1, ..., WNOHANG) in a loop until it returns 0 or "
             "-1, each time SIGCHLD has come.",
     .delay = DELAY, .only_waits = true, .needs = FINDING_NEEDS_PROCESS,
     .after = FINDING_LIVES},
    {"leaks.threads", FINDING_SHOULD,
     "threads and processes, when 40 clients have gone", "as many as before",
     "The same clients as for leaks.descriptors; then the processes and "
     "threads of the server are counted.  A thread that still waits for a "
     "client that has gone costs its stack, and one of a pool serves nobody "
     "any more.",
     "notes/13-threaded.md", check_threads,
     .mend = "A thread or process that serves a client must end, or wait for "
             "the next client, on every way out of the conversation.  Detach "
             "or join each thread.",
     .depends_on = "leaks.descriptors", .delay = DELAY, .only_waits = true,
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"leaks.memory", FINDING_SHOULD,
     "memory, after batches of 300, 600 and 1200 clients", "it stops growing",
     "After a warm-up the judge plays batches of clients, each twice as large "
     "as the one before, and measures the memory of the server and its "
     "children after each (PSS, in which a shared page counts once).  Half of "
     "the clients leave without goodbye, the others also send messages that "
     "are refused.  A server may take memory at first.  If each client adds as "
     "much as the one before, however, the server keeps something of each "
     "client, and one day no memory is left.  A runtime with a garbage "
     "collector lets its memory grow for a while, so for a program that is "
     "large from the start, the judge plays more clients, and says unknown if "
     "the memory still grows then.",
     "notes/13-threaded.md", check_memory,
     .mend = "Free everything that belongs to a client at the one place where "
             "its conversation ends, also after a reset and after a message "
             "that was refused.",
     .depends_on = "leaks.descriptors,leaks.threads", .delay = "0",
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"idle.cpu", FINDING_SHOULD, "CPU time while nothing happens",
     "every thread waits for most of the time",
     "The server has served a client and has nothing to do; then three clients "
     "connect and send nothing.  A loop that does not wait, or that asks again "
     "at once for an event that it has been told of already, never sleeps.  "
     "The judge measures how long each thread ran or waited for a core.",
     "notes/16-poll.md", check_cpu,
     .mend = "Let strace show which call returns again and again.  Ask poll or "
             "epoll only for what you are ready to handle now, and wait "
             "without a timeout if nothing is due.",
     .only_waits = true, .needs = FINDING_NEEDS_PROCESS,
     .after = FINDING_LIVES},
    {"idle.wake-ups", FINDING_SHOULD, "wake-ups while nothing happens",
     "no thread wakes up more than 20 times in half a second",
     "As for idle.cpu, but here the judge counts how often each thread goes to "
     "sleep again (voluntary context switches).  A server that looks every 10 "
     "ms whether there is something to do uses little CPU time, but keeps a "
     "core awake, and answers late.",
     "notes/06-signals.md", check_wake_ups,
     .mend = "Wait for the event itself: without a timeout, or until the next "
             "deadline.  Let a signal or another thread wake the loop through "
             "a pipe.",
     .depends_on = "idle.cpu", .only_waits = true,
     .needs = FINDING_NEEDS_PROCESS, .after = FINDING_LIVES},
    {"idle.waiting", FINDING_SHOULD,
     "CPU time while a message is worked on and more input waits",
     "every thread waits for most of the time",
     "A client sends a message and, while the server works on it, another one; "
     "then it half-closes its connection (shutdown).  The work is waiting, so "
     "the server has nothing to compute.  But the socket can be read all the "
     "time.  A loop that watches for input which it does not want to read yet "
     "is told of it again and again, and uses a whole core until the work is "
     "done.  So does a server that looks at the clock in a loop instead of "
     "sleeping, or one that reads again and again at the end of input.",
     "notes/16-poll.md", check_waiting,
     .mend =
         "While you work on a client's message, do not watch its socket for "
         "input (events = 0, EPOLL_CTL_MOD), and remember that you have seen "
         "the end of input.  Wait for the delay in poll, with a timer, or by "
         "sleeping.",
     .depends_on = "idle.cpu,protocol.end-of-input", .delay = LONG_DELAY,
     .only_waits = true, .needs = FINDING_NEEDS_PROCESS,
     .after = FINDING_LIVES},
    {"idle.client", FINDING_SHOULD,
     "clients that say nothing for 3 seconds, and one that stays for longer",
     "they are answered when they go on",
     "One client connects and is silent for three seconds; another stops in "
     "the middle of a message for as long.  Then both go on, and one of them "
     "sends a message four times per second for some more seconds.  People "
     "type slowly, and networks stop for seconds.  A limit on silence is "
     "useful, but it must be longer than that, and it begins again with each "
     "message.",
     LESSON_IDLE, check_patience,
     .mend = "Set a longer timeout on the socket, or none unless the user asks "
             "for it.  Measure the silence, and not how long the client has "
             "been connected.",
     .only_waits = true, .after = FINDING_LIVES},
    {.name = NULL},
};

/* What an attacker does to a server, and what the machine does to it.
 *
 * A server that runs already is attacked as it is; others are started with the
 * delay that the attack needs. */

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "client/judge/activity.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

#define WAIT_NS  (2 * CLOCK_S) /* beyond what the work takes */
#define TIMES    3             /* that an answer is timed */
#define MEGABYTE 1000000
#define ETX      '\x03'

/* Resets. */
#define RESETS      50
#define LONG_DELAY  "300ms"
#define WINDOWS_NS  (240 * CLOCK_MS) /* of work that is looked at, in all */
#define WINDOWS_MAX 12
#define SETTLE_NS   (10 * CLOCK_MS)
#define FLIGHT_EACH 4 /* clients per worker, while all are stopped */

/* Garbage and endless messages. */
#define GARBAGE       MEGABYTE
#define GARBAGE_MANY  3
#define GARBAGE_PARTS 128 /* one message in so many is ASCII by chance */
#define GARBAGE_NS    CLOCK_S
#define GARBAGE_TIMES 10 /* as long as it should take */
#define ENDLESS       (32 * MEGABYTE)
#define ENDLESS_MIN   (8 * MEGABYTE) /* less, or a small step, says nothing */
#define ENDLESS_PART  3 /* of what was sent: some growth is allowed */
#define ENDLESS_NS    (2500 * CLOCK_MS) /* for a step */
#define ENDLESS_STEPS 3
#define ENDLESS_PLAIN 2 /* MB before: no runtime that collects garbage, */
#define ENDLESS_SURE  (96 * MEGABYTE) /* which may begin only after so much */
#define PIECE         65536

/* Many clients. */
#define CROWD            1100 /* more than FD_SETSIZE */
#define CROWD_LEAST      200
#define CROWD_NS         (8 * CLOCK_S) /* to serve all, about */
#define CROWD_BATCH      32
#define CROWD_BATCH_NS   (200 * CLOCK_MS)
#define CROWD_OWN        (CROWD + 64) /* descriptors that this program needs */
#define SELECT_LEAST     (FD_SETSIZE - 64)
#define SERVE_SILENCE_NS (8 * CLOCK_S) /* without any answer */
#define SERVE_NS         (22 * CLOCK_S)
#define QUEUE            200
#define QUEUE_STEPS      3
#define QUEUE_LEAST      60 /* fewer do not show whether there is a bound */
#define QUEUE_NS         (2 * CLOCK_S)
#define WAITING          8
#define WINDOW_NS        (300 * CLOCK_MS)
#define WINDOWS          3 /* one in which it waits is enough */
#define SPIN_WINDOWS     4 /* in all of which a thread that spins never waits */
#define WORKERS_MAX      8 /* that are killed */
#define CHURN            2000
#define CHURN_NS         (2500 * CLOCK_MS)
#define CHURN_FEW        3
#define CHURN_MANY       16

#define LESSON        "notes/32-bad-clients.md"
#define LESSON_FORK   "notes/08-prefork.md"
#define LESSON_THREAD "notes/13-threaded.md"
#define LESSON_SELECT "notes/15-select.md"
#define LESSON_POLL   "notes/16-poll.md"
#define LESSON_EPOLL  "notes/17-epoll.md"

/* Returns n, but not less than least and not more than most. */
static int
clamp(int64_t n, int least, int most)
{
    if (n < least)
        return least;
    return n < most ? (int)n : most;
}

/* Resets many connections: as soon as they are there, in the middle of a
 * message, and many at the same time. */
static void
reset_many(const struct target_server *s)
{
    struct probes all = {.count = 0};
    int64_t wait_ns = target_server_patience(s, WAIT_NS);

    for (int i = 0; i < RESETS; i++) {
        (void)probes_add(&all, s, 1,
                         i % 2 == 0 ? PROBES_NOTHING : PROBES_BEGINNING);
        probes_wait(&all, PROBE_CONNECTED, wait_ns, wait_ns);
        probes_reset(&all);
    }
    (void)probes_add(&all, s, RESETS, PROBES_BEGINNING);
    (void)probes_add(&all, s, RESETS / 4, PROBES_MESSAGE);
    probes_wait(&all, PROBE_CONNECTED, wait_ns, wait_ns);
    probes_reset(&all);
}

/* Resets connections while the server works on their messages, or lets them
 * stay.  Returns how busy the server was for the rest of the work, in percent;
 * -1: not known. */
static int
measure_at_work(const struct target_server *s, int64_t answer_ns, bool resets)
{
    int windows = clamp(WINDOWS_NS / answer_ns, 1, WINDOWS_MAX);
    int sum = 0;

    for (int i = 0; i < windows; i++) {
        struct probe p;
        int percent;

        probe_open(&p, s);
        probe_send_message(&p, "hello");
        (void)target_server_pause(s, answer_ns / 8 < SETTLE_NS ? answer_ns / 8
                                                               : SETTLE_NS);
        if (resets)
            probe_reset(&p);
        percent = activity_measure(s, answer_ns - answer_ns / 4).percent;
        probe_close(&p);
        if (percent == -1)
            return -1;
        sum += percent;
    }
    return sum / windows;
}

static void
check_resets(struct target_server *s, struct outcome *o)
{
    int64_t answer_ns;
    int percent;

    if (!checks_time(s, o, 1, &answer_ns))
        return;
    percent = measure_at_work(s, answer_ns, true);
    /* A server that starts a program per client is busy with that. */
    if (percent >= ACTIVITY_SPINS &&
        measure_at_work(s, answer_ns, false) < ACTIVITY_SPINS) {
        finding_not_ok(
            o,
            "a thread never waits while a message is worked on whose client "
            "has gone: busy for %d %% of the time",
            percent);
        return;
    }
    if (!checks_restart(s, o, s->delay) ||
        !checks_time(s, o, TIMES, &answer_ns))
        return;
    reset_many(s);
    if (!checks_recovers(s, o))
        return;
    if (percent == -1)
        finding_ok(o, "%d resets, and it serves", 2 * RESETS + RESETS / 4);
    else
        finding_ok(
            o,
            "%d resets, and it serves; busy for %d %% of the time while it "
            "works for clients that have gone",
            2 * RESETS + RESETS / 4, percent);
}

/* Fills bytes with random values, the same each time. */
static void
fill_with_garbage(char *bytes, size_t len)
{
    uint32_t x = 2463534242U; /* xorshift */

    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        bytes[i] = (char)(x >> 24);
    }
}

/* Sends garbage.  Returns false if anything but answers comes back, or more of
 * them than there are messages. */
static bool
send_garbage(const struct target_server *s, struct outcome *o,
             const char *bytes, size_t len, int64_t *answers)
{
    struct probe p = {.bytes = bytes, .len = len, .to_send = (int64_t)len};
    int64_t limit_ns = GARBAGE_TIMES * GARBAGE_NS + s->limit_ns;

    for (size_t i = 0; i < len; i++)
        p.answers_due += bytes[i] == ETX;
    /* If it does not connect, that shows afterwards. */
    probe_connect(&p, s);
    probe_wait(&p, 1, PROBE_SENT, s->limit_ns, limit_ns);
    probe_half_close(&p);
    probe_wait(&p, 1, PROBE_ENDED, s->silence_ns, limit_ns);
    *answers += p.answers;
    probe_close(&p);
    if (p.result == PROBE_WRONG)
        finding_not_ok(o,
                       "%" PRId64 " answers to %" PRId64 " messages, then %s",
                       p.answers, p.answers_due, probe_words(&p));
    return p.result != PROBE_WRONG && target_server_lives(s);
}

static void
check_garbage(struct target_server *s, struct outcome *o)
{
    int64_t answer_ns;
    int64_t answers = 0;
    char *bytes;
    int len;
    bool well = true;

    if (!checks_time(s, o, TIMES, &answer_ns))
        return;
    /* One byte in 256 ends a message. */
    len = clamp(GARBAGE_NS / answer_ns * GARBAGE_PARTS * 256 / GARBAGE_MANY,
                1000, GARBAGE);
    bytes = malloc((size_t)len);
    if (bytes == NULL)
        die("memory for garbage");
    fill_with_garbage(bytes, (size_t)len);
    for (int i = 0; i < GARBAGE_MANY && well; i++)
        well = send_garbage(s, o, bytes, (size_t)(len - i), &answers);
    free(bytes);
    if (well)
        finding_ok(o, "%d KB of garbage, %" PRId64 " answers, and it serves",
                   GARBAGE_MANY * len / 1000, answers);
}

/* Sends an ETX at the end of sent_mb megabytes.  Returns whether the server
 * answers nak, and has not answered before. */
static bool
end_message(const struct target_server *s, struct outcome *o, struct probe *p,
            int64_t sent_mb)
{
    int64_t limit_ns = s->limit_ns + ENDLESS_NS;

    if (p->answers > 0) {
        finding_not_ok(o, "%" PRId64 " answers before the message had ended",
                       p->answers);
        return false;
    }
    p->bytes = "\x03";
    p->len = 1;
    p->sent = 0;
    p->to_send = 1;
    /* The kernel may still hold much of the message, and the server be slow. */
    probe_receive_any(p, 1, limit_ns, limit_ns);
    if (p->naks == 1)
        return true;
    if (p->result == PROBE_SILENT && sent_mb < ENDLESS_MIN / MEGABYTE)
        finding_unknown(o,
                        "it took only %" PRId64 " MB in %d ms, and has not "
                        "answered yet",
                        sent_mb, (int)(ENDLESS_NS / CLOCK_MS));
    else
        finding_not_ok(o, "after %" PRId64 " MB no nak: %s", sent_mb,
                       p->answers == 1 ? "ack came" : probe_words(p));
    return false;
}

/* Returns how much memory the server's processes use, in megabytes; -1: not
 * known. */
static int64_t
measure_memory_mb(const struct target_server *s)
{
    int64_t memory = s->pid == 0 ? -1 : process_tree_size(s->pid).memory;

    return memory < 0 ? -1 : memory / MEGABYTE;
}

/* Sends more and more of a message, each step twice as much as the one before,
 * until memory grows much less than what was sent.  A server that keeps the
 * message grows with each step; a garbage collector begins to collect.  Returns
 * whether it grew in all steps; *grown_mb is by how much.  */
static bool
send_steps(const struct target_server *s, struct probe *p, int64_t first_mb,
           int64_t *grown_mb)
{
    int64_t before_mb = first_mb;
    bool grows = first_mb != -1;

    *grown_mb = 0;
    for (int i = 0; i < ENDLESS_STEPS && grows; i++) {
        int64_t sent = p->sent;
        int64_t now_mb;

        p->to_send += (int64_t)ENDLESS << i;
        probe_wait(p, 1, PROBE_SENT, ENDLESS_NS, ENDLESS_NS);
        p->to_send = p->sent;
        now_mb = measure_memory_mb(s);
        sent = p->sent - sent;
        *grown_mb = now_mb > first_mb ? now_mb - first_mb : 0;
        if (i > 0 && sent < ENDLESS_MIN)
            break;
        grows = now_mb - before_mb > sent / MEGABYTE / ENDLESS_PART;
        before_mb = now_mb;
        /* Where nothing is collected, the first step says it all. */
        if (first_mb <= ENDLESS_PLAIN)
            break;
    }
    return grows;
}

static void
check_endless(struct target_server *s, struct outcome *o)
{
    static char piece[PIECE];
    struct probe p = {.bytes = piece, .len = PIECE, .answers_due = PROBE_ANY};
    int64_t first_mb;
    int64_t grown_mb;
    int64_t sent_mb;
    int64_t least_mb; /* to be sure */
    bool grows;
    bool well;

    memset(piece, 'x', sizeof(piece));
    probe_connect(&p, s);
    if (!checks_probe(&p, o, "cannot connect"))
        return;
    first_mb = measure_memory_mb(s);
    if (first_mb == -1) {
        p.to_send = ENDLESS;
        probe_wait(&p, 1, PROBE_SENT, ENDLESS_NS, ENDLESS_NS);
    }
    grows = send_steps(s, &p, first_mb, &grown_mb);
    sent_mb = p.sent / MEGABYTE;
    least_mb =
        (first_mb > ENDLESS_PLAIN ? ENDLESS_SURE : ENDLESS_MIN) / MEGABYTE;
    well = end_message(s, o, &p, sent_mb);
    probe_close(&p);
    if (!well)
        return;
    if (measure_memory_mb(s) == -1)
        finding_ok(o, "%" PRId64 " MB, then nak; its memory is not known",
                   sent_mb);
    else if (grows && sent_mb < least_mb)
        finding_unknown(o,
                        "%" PRId64 " MB more memory after %" PRId64
                        " MB, which is too little to be sure",
                        grown_mb, sent_mb);
    else if (grows)
        finding_not_ok(o, "%" PRId64 " MB more memory after %" PRId64 " MB",
                       grown_mb, sent_mb);
    else
        finding_ok(o, "%" PRId64 " MB, then nak; %" PRId64 " MB more memory",
                   sent_mb, grown_mb);
}

/* Returns how many clients have neither an answer nor an end. */
static int
count_waiting(const struct probes *all)
{
    return probes_count(all, PROBES_WAITING) +
           probes_count(all, PROBES_CONNECTING);
}

/* Waits until each client has its answer or the end, and leaves with the
 * answer.  Returns false if some get neither, or something else. */
static bool
serve_all(struct probes *all, struct outcome *o, const char *who)
{
    int64_t began_ns = clock_now();
    int waiting;
    int wrong;

    probes_leave(all);
    /* If the accept queue is full, the kernels try again after 1, 2, 4 s. */
    probes_wait(all, PROBE_ANSWERED, SERVE_SILENCE_NS, SERVE_NS);
    /* Those that are not connected are not the server's yet. */
    probes_close_those(all, PROBES_CONNECTING);
    wrong = probes_count(all, PROBES_WRONG);
    waiting = count_waiting(all);
    if (wrong > 0)
        finding_not_ok(o, "of %d %s %d got something else than ack", all->count,
                       who, wrong);
    else if (waiting > 0 && clock_now() - began_ns >= SERVE_NS)
        finding_unknown(o,
                        "of %d %s %d were still waiting after %d s, but the "
                        "server goes on serving them",
                        all->count, who, waiting, (int)(SERVE_NS / CLOCK_S));
    else if (waiting > 0)
        finding_late(o, "of %d %s %d got neither answer nor end", all->count,
                     who, waiting);
    return wrong == 0 && waiting == 0;
}

/* Returns how many clients come: 1100, or fewer if the server would take very
 * long to serve so many, for example because it starts a program for each. */
static int
choose_crowd(const struct target_server *s)
{
    struct probes few = {.count = 0};
    int64_t took_ns = clock_now();
    int served;

    if (s->model.bounded)
        return CROWD;
    (void)probes_add(&few, s, CROWD_BATCH, PROBES_MESSAGE);
    probes_wait(&few, PROBE_ANSWERED, s->limit_ns, s->limit_ns);
    served = probes_count(&few, PROBES_SERVED);
    probes_leave(&few);
    probes_close(&few);
    took_ns = clock_now() - took_ns - s->answer_ns;
    return took_ns < CLOCK_MS
               ? CROWD
               : clamp(CROWD_NS / took_ns * served, CROWD_LEAST, CROWD);
}

/* Lets 1100 clients connect, not faster than the server accepts them, since its
 * accept queue may be short; once it accepts none, all others at the same
 * time. */
static void
connect_crowd(struct probes *all, const struct target_server *s, int crowd)
{
    /* If they are served one after the other, answers would take too long. */
    enum probes_text text =
        s->model.bounded ? PROBES_BEGINNING : PROBES_MESSAGE;
    int outside = 0;
    int batch = CROWD_BATCH;

    while (all->count < crowd) {
        int before = outside;

        if (batch > crowd - all->count)
            batch = crowd - all->count;
        if (probes_add(all, s, batch, text) < batch)
            break;
        probes_wait(all, PROBE_CONNECTED, CROWD_BATCH_NS, CROWD_BATCH_NS);
        outside = probes_count(all, PROBES_CONNECTING);
        if (outside >= before + batch)
            batch = crowd;
    }
}

/* Says how 1100 clients fared with a server that serves any number. */
static void
report_crowd(struct target_server *s, struct outcome *o, int served,
             int refused, int waited)
{
    bool *limit = &s->model.select_limit;

    if (served >= SELECT_LEAST && served < FD_SETSIZE &&
        process_limit(s->pid) > CROWD_OWN)
        *limit = true;
    if (refused > 0)
        finding_ok(o, "refuses from client %d on%s", served + 1,
                   *limit ? ": select's limit" : "");
    else if (waited > 0)
        finding_ok(o, "serves %d at once%s, the others when they have left",
                   served, *limit ? " (select's limit)" : "");
    else
        finding_ok(o, "all of %d were served at once", served);
}

/* Waits until the server has served 1100 clients at once, as far as it can, and
 * then the others when those have left. */
static void
serve_crowd(struct target_server *s, struct outcome *o, struct probes *all)
{
    int64_t first_ns = s->silence_ns + CLOCK_S;
    int served;
    int refused;
    int waited;

    probes_wait(all, PROBE_ANSWERED, first_ns, first_ns);
    served = probes_count(all, PROBES_SERVED);
    refused = probes_count(all, PROBES_REFUSED);
    waited = count_waiting(all);
    if (serve_all(all, o, "clients"))
        report_crowd(s, o, served, refused, waited);
}

static void
check_crowd(struct target_server *s, struct outcome *o)
{
    struct probes all = {.count = 0};
    int limit = net_raise_limit();
    int crowd;

    if (limit < CROWD_OWN) {
        finding_unknown(o, "only %d descriptors are allowed here", limit);
        return;
    }
    crowd = choose_crowd(s);
    connect_crowd(&all, s, crowd);
    if (s->model.bounded)
        finding_ok(o, "%d came, left, and it serves",
                   crowd - probes_count(&all, PROBES_CONNECTING));
    else
        serve_crowd(s, o, &all);
    probes_leave(&all);
    probes_close(&all);
}

/* Tells whether one of the server's threads never waits, and how busy all are
 * then.  Ruby collects garbage before it says EMFILE, so a few workers that
 * wait between two tries are busy, too, but each of them goes to sleep. */
static bool
spins(const struct target_server *s, int *percent)
{
    struct process_tree_activity now =
        activity_await_idle(s, WINDOW_NS, WINDOWS, INT64_MAX);

    *percent = now.percent;
    for (int i = 0; i < SPIN_WINDOWS; i++) {
        if (now.percent < ACTIVITY_SPINS || now.busiest_sleeps > 0)
            return false;
        now = activity_measure(s, WINDOW_NS);
    }
    return true;
}

/* One client may be inside, and the server can open no descriptor.  Others
 * connect all the same. */
static bool
run_short(const struct target_server *s, struct outcome *o,
          struct probe *inside, struct probes *all)
{
    int percent;
    bool never_waits;

    (void)probes_add(all, s, WAITING, PROBES_MESSAGE);
    probes_wait(all, PROBE_CONNECTED, WAIT_NS / 8, WAIT_NS / 8);
    never_waits = spins(s, &percent);
    if (inside->fd != -1) {
        probe_send_message(inside, "still there");
        probe_receive(inside, "ack");
    }
    if (!checks_probe(inside, o, "a client inside, with no descriptors left"))
        return false;
    if (!never_waits)
        return true;
    finding_not_ok(
        o,
        "a thread never waits while descriptors are scarce: busy for %d %% of "
        "the time",
        percent);
    return false;
}

/* The server can open descriptors again, and the client inside has left: those
 * that wait must be served. */
static void
end_shortage(struct outcome *o, struct probes *all)
{
    int refused;

    if (!serve_all(all, o, "clients that waited for descriptors"))
        return;
    refused = probes_count(all, PROBES_REFUSED);
    if (refused > 0)
        finding_ok(o, "%d of %d were refused; it serves again", refused,
                   WAITING);
    else
        finding_ok(o, "%d waited, and are served when there are some again",
                   WAITING);
}

static void
check_descriptors(struct target_server *s, struct outcome *o)
{
    struct process_tree tree;
    struct probes all = {.count = 0};
    struct probe inside = {.fd = -1};
    bool well;

    if (target_server_places(s) > 1) {
        probe_open_served(&inside, s);
        if (!checks_probe(&inside, o, "before anything was done to it"))
            return;
    }
    process_tree_list(&tree, s->pid);
    if (!process_tree_limit(&tree)) {
        probe_close(&inside);
        finding_unknown(o, "its limit on descriptors cannot be set");
        return;
    }
    well = run_short(s, o, &inside, &all);
    process_tree_unlimit(&tree);
    probe_close(&inside);
    if (well)
        end_shortage(o, &all);
    probes_close(&all);
}

/* Finds the worker processes: several children of the same parent that all
 * listen, or as many children that do not listen as are served at once, of a
 * parent that does.  The only server of a wrapper or a reloader is none.
 * Writes their pids, and returns how many there are. */
static int
find_workers(const struct target_server *s, const struct process_tree *tree,
             pid_t workers[PROCESS_TREE_MAX])
{
    static bool listens[PROCESS_TREE_MAX];
    static int siblings[PROCESS_TREE_MAX][2]; /* by parent and listens */
    int count = 0;

    memset(siblings, 0, sizeof(siblings));
    for (int i = 0; i < tree->count; i++) {
        listens[i] = target_server_listens(s, tree->pids[i]);
        if (i > 0 && process_tree_is_worker(tree, i))
            siblings[tree->parents[i]][listens[i]]++;
    }
    for (int i = 1; i < tree->count; i++) {
        int parent = tree->parents[i];
        int number = siblings[parent][listens[i]];
        bool passed =
            listens[parent] && s->model.bounded && number == s->model.at_once;

        if (number > 1 && (listens[i] || passed) &&
            process_tree_is_worker(tree, i))
            workers[count++] = tree->pids[i];
    }
    return count;
}

/* Waits until there are as many processes as before.  Returns whether there
 * are. */
static bool
await_processes(const struct target_server *s, int64_t before)
{
    int64_t end_ns = clock_now() + target_server_patience(s, WAIT_NS);

    while (process_tree_size(s->pid).processes < before)
        if (clock_now() > end_ns || !target_server_pause(s, SETTLE_NS))
            return false;
    return true;
}

/* Kills a worker.  Until it has ended it may still accept a client, which is
 * lost.  Returns false if it cannot be killed. */
static bool
kill_worker(const struct target_server *s, pid_t worker)
{
    return kill(worker, SIGKILL) == 0 &&
           process_tree_await_end(worker, target_server_patience(s, WAIT_NS));
}

/* Kills the workers in turn, since one of them may hold a lock or be the one
 * that accepts. */
static void
check_worker(struct target_server *s, struct outcome *o)
{
    static struct process_tree tree;
    static pid_t workers[PROCESS_TREE_MAX];
    bool replaced = true;
    int count;
    int killed = 0;

    process_tree_list(&tree, s->pid);
    count = find_workers(s, &tree, workers);
    /* If one is not replaced, the other places are needed to count. */
    while (killed < count && killed < WORKERS_MAX && replaced) {
        if (!kill_worker(s, workers[killed])) {
            finding_unknown(o, "a worker cannot be killed");
            return;
        }
        killed++;
        replaced = await_processes(s, tree.count);
    }
    if (count == 0)
        finding_skipped(o, "it has no worker processes");
    else
        finding_ok(o, "%d of %d killed in turn, and %d at once are served",
                   killed, count, target_server_places(s));
}

/* Clients come while all workers are stopped, so none is served before one of
 * the workers is killed and the others continue. */
static void
check_in_flight(struct target_server *s, struct outcome *o)
{
    static struct process_tree tree;
    static pid_t workers[PROCESS_TREE_MAX];
    struct probes all = {.count = 0};
    int count;
    int lost;

    process_tree_list(&tree, s->pid);
    count = find_workers(s, &tree, workers);
    if (count == 0) {
        finding_skipped(o, "it has no worker processes");
        return;
    }
    for (int i = 0; i < count; i++)
        (void)kill(workers[i], SIGSTOP);
    (void)target_server_pause(s, SETTLE_NS);
    probes_connect(&all, s, FLIGHT_EACH * count, PROBES_MESSAGE);
    (void)target_server_pause(s, s->silence_ns / 2);
    if (!kill_worker(s, workers[0]))
        finding_unknown(o, "a worker cannot be killed");
    for (int i = 1; i < count; i++)
        (void)kill(workers[i], SIGCONT);
    if (serve_all(&all, o, "clients")) {
        lost = probes_count(&all, PROBES_REFUSED);
        if (lost == 0)
            finding_ok(o,
                       "a worker was killed, and %d clients that waited "
                       "were served",
                       all.count);
        else if (s->has_queues)
            finding_ok(o,
                       "%d of %d clients were lost with their worker, as "
                       "its traits say",
                       lost, all.count);
        else
            finding_not_ok(o,
                           "%d of %d clients %s lost with a worker that "
                           "had not served them",
                           lost, all.count, lost == 1 ? "was" : "were");
    }
    probes_close(&all);
}

/* Stops all processes of the server, and lets them continue. */
static void
stop_and_continue(const struct target_server *s)
{
    struct process_tree tree;

    process_tree_list(&tree, s->pid);
    process_tree_signal(&tree, SIGSTOP);
    process_tree_await_stop(&tree);
    process_tree_signal(&tree, SIGCONT);
}

static void
check_signals(struct target_server *s, struct outcome *o)
{
    struct probe p;

    for (int i = 0; i < 3; i++) {
        stop_and_continue(s);
        (void)target_server_pause(s, SETTLE_NS);
    }
    probe_open_served(&p, s);
    probe_send_message(&p, "in hand");
    (void)target_server_pause(s, s->answer_ns / 2);
    stop_and_continue(s);
    probe_receive(&p, "ack");
    /* And between two messages. */
    stop_and_continue(s);
    probe_send_message(&p, "again");
    probe_receive(&p, "ack");
    probe_close(&p);
    if (checks_probe(&p, o, "stopped and continued, a client"))
        finding_ok(o, "stopped and continued 5 times, and it serves");
}

/* All places are taken, and up to most other clients connect, step by step as
 * long as the server accepts all of them.  Returns whether it always did. */
static bool
is_queue_endless(const struct target_server *s, struct probes *all, int most)
{
    int64_t before = target_server_descriptors(s);

    for (int i = 0; i < QUEUE_STEPS; i++) {
        int added = probes_add(all, s, most / QUEUE_STEPS, PROBES_MESSAGE);

        probes_wait(all, PROBE_CONNECTED, s->silence_ns, s->silence_ns);
        (void)target_server_pause(s, s->silence_ns / 2);
        /* Some of them may not have been accepted yet. */
        if (added < most / QUEUE_STEPS || before == -1 ||
            target_server_descriptors(s) - before < all->count * 9 / 10)
            return false;
    }
    return true;
}

/* Those that held the places have left: says what happens to the others. */
static void
report_queue(const struct target_server *s, struct outcome *o,
             struct probes *all, bool endless)
{
    int came = all->count - probes_count(all, PROBES_CONNECTING);
    int refused;

    if (endless) {
        finding_not_ok(o, "accepts all of %d clients while %d are served", came,
                       s->model.at_once);
        return;
    }
    /* The kernel connects those for which the accept queue had no room only
     * after seconds. */
    probes_close_those(all, PROBES_CONNECTING);
    if (!serve_all(all, o, "clients"))
        return;
    refused = probes_count(all, PROBES_REFUSED);
    if (refused > 0)
        finding_ok(o, "%d of %d that came are refused, the others answered",
                   refused, came);
    else
        finding_ok(o, "%d waited, and were answered in the end", came);
}

static void
check_queue(struct target_server *s, struct outcome *o)
{
    struct probes held = {.count = 0};
    struct probes all = {.count = 0};
    int at_once = s->model.at_once;
    int64_t answer_ns;
    int most;
    bool endless;

    if (!s->model.bounded) {
        finding_skipped(o, "it serves all clients at once, so none waits");
        return;
    }
    if (!checks_time(s, o, TIMES, &answer_ns))
        return;
    most =
        clamp(QUEUE_NS / answer_ns * at_once, QUEUE_STEPS, QUEUE_STEPS * QUEUE);
    (void)probes_add(&held, s, at_once, PROBES_MESSAGE);
    probes_wait(&held, PROBE_ANSWERED, s->limit_ns, s->limit_ns);
    endless = is_queue_endless(s, &all, most) && most >= QUEUE_LEAST;
    probes_leave(&held);
    probes_close(&held);
    report_queue(s, o, &all, endless);
    probes_close(&all);
}

/* Some clients connect, are served and leave, then the next come: few at first,
 * so that workers wait for clients, then many, so that clients wait for
 * workers. Returns how many came; the last of them stay in all. */
static int
churn(const struct target_server *s, struct probes *all)
{
    int64_t end_ns = clock_now() + CHURN_NS;
    int came = 0;

    while (came < CHURN && clock_now() < end_ns && target_server_lives(s)) {
        int n = came < CHURN / 2 ? CHURN_FEW : CHURN_MANY;

        probes_close(all);
        (void)probes_add(all, s, n, PROBES_MESSAGE);
        probes_leave(all);
        probes_wait_answers(all);
        came += n;
        if (probes_count(all, PROBES_LEFT) < n)
            break;
    }
    return came;
}

static void
check_churn(struct target_server *s, struct outcome *o)
{
    struct probes all = {.count = 0};
    int came = churn(s, &all);
    int refused = probes_count(&all, PROBES_REFUSED);
    int lost = all.count - probes_count(&all, PROBES_LEFT) - refused;

    probes_close(&all);
    /* A server that refuses clients may need a moment to notice that others
     * have left. */
    if (refused > 0 && s->model.bounded) {
        if (!checks_restart(s, o, "0"))
            return;
        if (checks_refuses(s)) {
            finding_unknown(o,
                            "refused %d of %d short clients, as it does when "
                            "it serves %d",
                            refused, came, s->model.at_once);
            return;
        }
    }
    if (refused > 0)
        finding_not_ok(o, "refused %d of %d short clients", refused, came);
    else if (lost > 0)
        finding_not_ok(o, "did not answer %d of %d short clients", lost, came);
    else
        finding_ok(o, "%d short clients, and %d at once are served", came,
                   target_server_places(s));
}

const struct finding findings_attack[] = {
    {"attack.resets", FINDING_ATTACK,
     "resets after connecting, in mid-message, during the work",
     "it lives, serves, and does not spin",
     "Clients reset their connections right after connecting, in the middle of "
     "a message, many at the same time, and while the server works on their "
     "message.  poll and epoll report a hang-up even if the program did not "
     "ask for it.  So a loop that waits for the end of the work and ignores "
     "the hang-up turns without a pause, which shows as CPU time.",
     LESSON_POLL, check_resets,
     .mend = "When poll or epoll reports a hang-up (POLLHUP, POLLERR), close "
             "the client at once, also while its message is worked on.",
     .delay = LONG_DELAY, .after = FINDING_LIVES},
    {"attack.garbage", FINDING_ATTACK,
     "a megabyte of random bytes from each of three clients",
     "it lives, answers ack and nak only, and serves",
     "Random bytes contain the end of a message now and then, and nearly all "
     "such messages are not ASCII.  Whatever they contain, the server must "
     "answer ack or nak, or close, and go on serving others.",
     LESSON, check_garbage,
     .mend = "Look for the end of the message by its length, not with string "
             "functions, and never write beyond the buffer.",
     .delay = "0", .after = FINDING_RECOVERS},
    {"attack.endless", FINDING_ATTACK, "a message of 32 MB",
     "bounded memory, and nak when it ends",
     "A message that does not end is too long after 4096 bytes.  The server "
     "must drop its bytes, in bounded memory, until it does end, and then "
     "answer it with one nak.  If a server keeps them, one client can make it "
     "use all memory.",
     LESSON, check_endless,
     .mend = "Once a message is longer than 4096 bytes, drop its bytes and "
             "only remember that it is too long.",
     .after = FINDING_RECOVERS},
    {"attack.crowd", FINDING_ATTACK, "1100 clients at once",
     "it lives, and each client gets an answer or the end",
     "So many clients connect that descriptors go beyond FD_SETSIZE (1024 with "
     "glibc), where FD_SET writes over other memory.  A server may close the "
     "connections that it has no place for, or leave them waiting until others "
     "have left.  It must not accept clients and forget them, and not die.  "
     "The judge recognises the limit of select here.  If the server would "
     "need more than some seconds for all of them, fewer clients come.",
     LESSON_SELECT, check_crowd,
     .mend = "With select, refuse descriptors at or above FD_SETSIZE, or use "
             "poll.  Whatever you accept, serve or close.",
     .after = FINDING_RECOVERS},
    {"attack.descriptors", FINDING_ATTACK,
     "clients that come when no descriptor is left",
     "it lives, does not spin, and serves them afterwards",
     "The judge lowers the limit on descriptors of the running server to what "
     "it has open (prlimit(2)).  accept then fails with EMFILE, and the client "
     "stays in the accept queue.  A loop that tries again at once spins; a "
     "loop that takes the error for the end dies.  A client that was accepted "
     "before must be served meanwhile, and those that wait must be served when "
     "there are descriptors again.",
     LESSON_POLL, check_descriptors,
     .mend =
         "If accept fails with EMFILE, go on with the clients that you have, "
         "do not watch the listener for a while, and try again later.",
     .needs = FINDING_NEEDS_COMMAND | FINDING_NEEDS_PROCESS, .only_waits = true,
     .after = FINDING_RECOVERS},
    {"attack.worker", FINDING_ATTACK, "worker processes that are killed",
     "they are replaced: as many are served at once as before",
     "If the server has several worker processes at rest, which share its "
     "listener or get their clients from a parent that has it, the judge "
     "kills them with SIGKILL, one after the other and eight at most, as "
     "the kernel does when memory is short.  The first process, and the only "
     "server below a wrapper, are left alone.  A moment later there must be as "
     "many places as before.  A worker that is killed while it holds a lock "
     "around accept keeps all others from accepting.",
     LESSON_FORK, check_worker,
     .mend = "The parent waits for its workers (SIGCHLD, waitpid) and forks a "
             "new one for each that has ended.  A lock that they share must be "
             "one that the kernel releases with its holder, such as fcntl or a "
             "robust mutex; accept needs none.",
     .needs = FINDING_NEEDS_COMMAND | FINDING_NEEDS_PROCESS, .only_waits = true,
     .after = FINDING_RECOVERS},
    {"attack.in-flight", FINDING_ATTACK,
     "a worker process that is killed before it serves its clients",
     "none of these clients is lost",
     "If the server has several worker processes, the judge stops all of them "
     "(SIGSTOP), lets clients connect, kills one worker with SIGKILL, and lets "
     "the others continue.  A client that waits in an accept queue which all "
     "workers share is served by another worker.  It is lost if the queue was "
     "the worker's own (SO_REUSEPORT), because the kernel resets the clients "
     "in a listener's queue when the listener is closed; or if the parent has "
     "passed it to the worker (SCM_RIGHTS) and has closed its own copy before "
     "the worker had received it.",
     "notes/11-prefork-passing.md", check_in_flight,
     .mend = "Let a parent that passes descriptors keep its copy until the "
             "worker has said that it has the client.  Share one listener, or "
             "let the parent keep each worker's listener open and give it to "
             "the next worker.",
     .needs =
         FINDING_NEEDS_COMMAND | FINDING_NEEDS_PROCESS | FINDING_NEEDS_CAPACITY,
     .only_waits = true, .after = FINDING_RECOVERS},
    {"attack.signals", FINDING_ATTACK,
     "all its processes stopped and continued",
     "it lives, and messages in hand are answered",
     "The server gets SIGSTOP and SIGCONT, as from Ctrl-Z and fg or from a "
     "debugger: at rest, in the middle of the work on a message, and between "
     "two messages.  epoll_wait and some other calls then fail with EINTR even "
     "without a handler; that is not an error.",
     LESSON_EPOLL, check_signals,
     .mend = "If a call fails with EINTR, call it again.",
     .needs = FINDING_NEEDS_COMMAND | FINDING_NEEDS_PROCESS, .only_waits = true,
     .after = FINDING_RECOVERS},
    {"attack.queue", FINDING_ATTACK,
     "hundreds of clients while all places are taken",
     "they wait in the accept queue, and all are answered",
     "All places are held while others connect and send.  A server that "
     "accepts each of them into a queue without a bound sooner or later runs "
     "out of descriptors or memory.  It must leave them in the accept queue, "
     "which the kernel bounds.  When the places are free again every client "
     "must be answered.  This is looked at only if places are limited.",
     LESSON_THREAD, check_queue,
     .mend = "Bound your queue: while it is full, do not call accept.",
     .delay = "0", .needs = FINDING_NEEDS_CAPACITY, .after = FINDING_SERVES},
    {"attack.churn", FINDING_ATTACK,
     "2000 short clients, some at the same time, no delay",
     "all are answered, and no place is lost",
     "Three clients at a time connect to a server without delay, are answered "
     "and leave; then sixteen at a time.  So workers fall asleep and wake up "
     "again and again.  A worker that trusts a wake-up (if instead of while "
     "around the wait) sooner or later finds an empty queue.  Then as many "
     "clients must be served at once as before.",
     LESSON_THREAD, check_churn,
     .mend = "Wait in a loop: while (queue is empty) pthread_cond_wait(...).",
     .delay = "0", .after = FINDING_RECOVERS},
    {.name = NULL},
};

/* What somebody does who wants the server to fail, or what the machine does.
 *
 * A server that runs already is attacked as it is; others are started anew with
 * the delay that an attack needs. */

#include "client/judge/check_attack.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include "client/target/process_tree.h"
#include "client/judge/finding.h"
#include "client/judge/checks.h"
#include "client/judge/flood.h"
#include "client/judge/throng.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

#define PATIENCE_NS (2 * CLOCK_S) /* beyond what the work takes */
#define PERCENT     100
#define SPIN        5 /* % of a core: good servers use 0 or 1 */
#define TIMES       3 /* that an answer is timed */
#define MEGABYTE    1000000

/* Resets. */
#define RESETS      50
#define LONG_DELAY  "300ms"
#define WINDOWS_NS  (240 * CLOCK_MS) /* of work that is looked at, in all */
#define WINDOWS_MAX 12
#define SETTLE_NS   (10 * CLOCK_MS)

/* Garbage and endless messages. */
#define GARBAGE       MEGABYTE
#define GARBAGE_MANY  3
#define GARBAGE_PARTS 128 /* one message in so many is ASCII by chance */
#define GARBAGE_NS    CLOCK_S
#define ENDLESS       (32 * MEGABYTE)
#define ENDLESS_MIN   (8 * MEGABYTE) /* less says nothing about memory */
#define ENDLESS_PART  3 /* of what was sent: some garbage is allowed */
#define ENDLESS_NS    (2500 * CLOCK_MS)
#define PIECE         65536

/* Crowds. */
#define CROWD          1100 /* more than FD_SETSIZE */
#define CROWD_BATCH    32
#define CROWD_BATCH_NS (200 * CLOCK_MS)
#define CROWD_OWN      (CROWD + 64) /* descriptors that are needed here */
#define SELECT_LEAST   (FD_SETSIZE - 64)
#define QUEUE          200
#define QUEUE_STEPS    3
#define QUEUE_LEAST    60 /* fewer say nothing about a bound */
#define QUEUE_NS       (2 * CLOCK_S)
#define WAITING        8
#define WINDOW_NS      (300 * CLOCK_MS)
#define CHURN          2000
#define CHURN_NS       (2500 * CLOCK_MS)
#define CHURN_MAX      16
#define LESSON         "notes/11-bad-clients.md"
#define LESSON_FORK    "notes/05-prefork.md"
#define LESSON_THREAD  "notes/06-threaded.md"
#define LESSON_SELECT  "notes/07-select.md"
#define LESSON_POLL    "notes/08-poll.md"

static bool select_limit;

bool
check_attack_select_limit(void)
{
    return select_limit;
}

/* Returns n, but not less than least nor more than most. */
static int
clamp(int64_t n, int least, int most)
{
    if (n < least)
        return least;
    return n < most ? (int)n : most;
}

static void
pause_for(int64_t ns)
{
    clock_wait_until(clock_now() + ns);
}

/* Returns how long it takes to work on so many messages, one after the other
 * in each place. */
static int64_t
time_for(const struct target_server *s, int messages, int64_t answer_ns)
{
    return messages * answer_ns / checks_places(s) + answer_ns;
}

/* Resets many connections: as soon as they are there, in mid-message, and many
 * at the same time. */
static void
reset_many(const struct target_server *s)
{
    struct throng all;

    throng_init(&all, 2 * RESETS);
    for (int i = 0; i < RESETS; i++) {
        (void)throng_add(&all, s, 1,
                         i % 2 == 0 ? THRONG_SILENT : THRONG_BREAKS);
        throng_attend(&all, THRONG_ALL_IN, THRONG_STAY, PATIENCE_NS);
        throng_reset(&all);
    }
    (void)throng_add(&all, s, RESETS, THRONG_BREAKS);
    (void)throng_add(&all, s, RESETS / 4, THRONG_TALKS);
    throng_attend(&all, THRONG_ALL_IN, THRONG_STAY, PATIENCE_NS);
    throng_reset(&all);
    throng_free(&all);
}

/* Resets connections while their messages are being worked on.  Returns how
 * much of the rest of the work the server spent computing, in percent; -1: not
 * known. */
static int
reset_at_work(const struct target_server *s, int64_t answer_ns)
{
    int windows = clamp(WINDOWS_NS / answer_ns, 1, WINDOWS_MAX);
    int64_t looked_ns = 0;
    int64_t used_ns = 0;

    for (int i = 0; i < windows; i++) {
        struct talk t;
        int64_t window_ns = answer_ns - answer_ns / 4;
        struct process_use before;
        struct process_use after;

        if (target_server_visit(s, &t) != TALK_OK ||
            talk_say(&t, "hello") != TALK_OK)
            return -1;
        pause_for(answer_ns / 8 < SETTLE_NS ? answer_ns / 8 : SETTLE_NS);
        talk_reset(&t);
        if (s->pid == 0) {
            pause_for(window_ns);
            continue;
        }
        before = process_tree_use(s->pid);
        looked_ns -= clock_now();
        pause_for(window_ns);
        after = process_tree_use(s->pid);
        looked_ns += clock_now();
        if (before.cpu_ns < 0 || after.cpu_ns < 0)
            return -1;
        used_ns += after.cpu_ns - before.cpu_ns;
    }
    return looked_ns > 0 ? (int)(used_ns * PERCENT / looked_ns) : -1;
}

static void
look_resets(struct target_server *s, struct outcome *o)
{
    int64_t answer_ns;
    int percent;

    if (!checks_restart(s, o, LONG_DELAY) || !checks_time(s, o, 1, &answer_ns))
        return;
    percent = reset_at_work(s, answer_ns);
    if (!checks_lives(s, o))
        return;
    if (percent > SPIN) {
        finding_not_ok(o,
                       "spins while it works for a client that has gone: %d %% "
                       "CPU",
                       percent);
        return;
    }
    if (!checks_restart(s, o, s->delay) ||
        !checks_time(s, o, TIMES, &answer_ns))
        return;
    reset_many(s);
    if (!checks_recovers(s, o,
                         PATIENCE_NS + s->limit_ns +
                             time_for(s, RESETS / 4, answer_ns)))
        return;
    if (percent == -1)
        finding_ok(o, "%d resets, and it serves", 2 * RESETS + RESETS / 4);
    else
        finding_ok(o, "%d resets, and it serves; %d %% CPU at work for nobody",
                   2 * RESETS + RESETS / 4, percent);
}

/* Fills bytes with what looks like chance, the same each time. */
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

/* Sends garbage.  Returns false if what comes back are not answers. */
static bool
talk_garbage(const struct target_server *s, struct outcome *o,
             const char *bytes, size_t len, int64_t *answers)
{
    struct flood st;

    /* If it does not connect, that shows afterwards. */
    if (flood_open(&st, s, TALK_PLAIN, bytes, len, 1) == TALK_OK) {
        (void)flood_send_all(&st, (int64_t)len, s->limit_ns);
        talk_half_close(&st.talk);
        /* Until the end comes, or a break. */
        (void)flood_hear_all(&st, CLOCK_NEVER, s->quiet_ns);
    }
    *answers += st.acks + st.naks;
    flood_close(&st);
    if (!checks_lives(s, o))
        return false;
    if (st.wrong)
        finding_not_ok(o, "an answer that is neither ack nor nak: '%.3s'",
                       st.part);
    return !st.wrong;
}

static void
look_garbage(struct target_server *s, struct outcome *o)
{
    int64_t answer_ns;
    int64_t answers = 0;
    char *bytes;
    int len;
    bool well;

    if (!checks_restart(s, o, "0") || !checks_time(s, o, TIMES, &answer_ns))
        return;
    /* One byte in 256 ends a message. */
    len = clamp(GARBAGE_NS / answer_ns * GARBAGE_PARTS * 256 / GARBAGE_MANY,
                1000, GARBAGE);
    bytes = malloc((size_t)len);
    if (bytes == NULL)
        die("memory for garbage");
    fill_with_garbage(bytes, (size_t)len);
    well = true;
    for (int i = 0; i < GARBAGE_MANY && well; i++)
        well = talk_garbage(s, o, bytes, (size_t)(len - i), &answers);
    free(bytes);
    if (well && checks_recovers(s, o, PATIENCE_NS + s->limit_ns))
        finding_ok(o, "%d KB of garbage, %" PRId64 " answers, and it serves",
                   GARBAGE_MANY * len / 1000, answers);
}

/* Sends one message for as long as it takes; fills in by how much its memory
 * has grown by then, -1 if that is not known. */
static void
talk_endlessly(const struct target_server *s, struct flood *st, int64_t *grown)
{
    int64_t deadline_ns = clock_now() + ENDLESS_NS;
    int64_t before = s->pid == 0 ? -1 : process_tree_size(s->pid).memory;
    int64_t after;

    while (st->sent < ENDLESS && !flood_over(st) && clock_now() < deadline_ns) {
        (void)flood_send(st, ENDLESS);
        flood_hear(st);
        if (st->sent < ENDLESS)
            flood_wait(st, true, clock_timeout_ms(deadline_ns));
    }
    after = s->pid == 0 ? -1 : process_tree_size(s->pid).memory;
    *grown = before < 0 || after < 0 ? -1 : after - before;
}

/* Ends that message.  Returns whether it is answered as it is to be. */
static bool
end_endless(const struct target_server *s, struct outcome *o, struct flood *st)
{
    int64_t early = st->acks + st->naks;

    /* The kernel may have much of it still, and the server be slow. */
    (void)talk_send(&st->talk, "\x03", 1);
    (void)flood_hear_all(st, early + 1, s->limit_ns + ENDLESS_NS);
    if (flood_over(st))
        pause_for(CHECKS_END_NS);
    if (!checks_lives(s, o))
        return false;
    if (early > 0)
        finding_not_ok(o, "%" PRId64 " answers before the message had ended",
                       early);
    else if (st->naks == 1 && !st->wrong)
        return true;
    else if (st->acks > 0 || st->wrong)
        finding_not_ok(o, "after %" PRId64 " MB %s came, not nak",
                       st->sent / MEGABYTE, st->wrong ? "rubbish" : "ack");
    else
        finding_not_ok(o, "after %" PRId64 " MB %s, no nak",
                       st->sent / MEGABYTE,
                       st->ended    ? "the end came"
                       : st->broken ? "a reset came"
                                    : "nothing came");
    return false;
}

static void
look_endless(struct target_server *s, struct outcome *o)
{
    static char piece[PIECE];
    struct flood st;
    int64_t grown;
    int64_t grown_mb;
    int64_t sent_mb;
    bool well;

    for (size_t i = 0; i < PIECE; i++)
        piece[i] = 'x';
    if (flood_open(&st, s, TALK_PLAIN, piece, PIECE, PIECE) != TALK_OK) {
        finding_not_ok(o, "cannot connect: %s",
                       talk_words(&st.talk, TALK_BROKEN));
        return;
    }
    talk_endlessly(s, &st, &grown);
    well = end_endless(s, o, &st);
    flood_close(&st);
    sent_mb = st.sent / MEGABYTE;
    grown_mb = grown / MEGABYTE;
    if (well && st.sent >= ENDLESS_MIN && grown_mb > sent_mb / ENDLESS_PART)
        finding_not_ok(o, "%" PRId64 " MB more memory after %" PRId64 " MB",
                       grown_mb, sent_mb);
    else if (!well || !checks_recovers(s, o, PATIENCE_NS + s->limit_ns))
        return;
    else if (grown == -1)
        finding_ok(o, "%" PRId64 " MB, then nak; its memory is not known",
                   sent_mb);
    else
        finding_ok(o, "%" PRId64 " MB, then nak; %" PRId64 " MB more memory",
                   sent_mb, grown_mb > 0 ? grown_mb : 0);
}

/* Lets a crowd come, not faster than the server takes it in, since the listen
 * queue may be short; when nobody gets in any more, the rest all at once. */
static void
crowd_in(struct throng *all, const struct target_server *s)
{
    /* Those who are served one after the other would have to wait too long for
     * all. */
    enum throng_manner manner = s->bounded ? THRONG_BREAKS : THRONG_TALKS;
    int outside = 0;
    int batch = CROWD_BATCH;

    while (all->count < CROWD) {
        int before = outside;

        if (batch > CROWD - all->count)
            batch = CROWD - all->count;
        if (throng_add(all, s, batch, manner) < batch)
            break;
        throng_attend(all, THRONG_ALL_IN, THRONG_STAY, CROWD_BATCH_NS);
        outside = throng_count(all, THRONG_CONNECTING);
        if (outside >= before + batch)
            batch = CROWD;
    }
}

/* Sums up how a crowd fared with a server that serves any number. */
static void
tell_crowd(const struct target_server *s, struct outcome *o, int served,
           int refused, int waited)
{
    int64_t limit = process_limit(s->pid);

    if (served >= SELECT_LEAST && served < FD_SETSIZE && limit > CROWD_OWN)
        select_limit = true;
    if (refused > 0)
        finding_ok(o, "refuses from client %d on%s", served + 1,
                   select_limit ? ": select's limit" : "");
    else if (waited > 0)
        finding_ok(o, "serves %d at once%s, the others when they have left",
                   served, select_limit ? " (select's limit)" : "");
    else
        finding_ok(o, "all of %d were served at once", served);
}

/* A crowd that is served at once, as far as the server can. */
static bool
serve_crowd(const struct target_server *s, struct outcome *o,
            struct throng *all)
{
    int served;
    int refused;
    int waited;
    int lost;

    throng_attend(all, THRONG_ANSWERED, THRONG_STAY, s->quiet_ns + CLOCK_S);
    served = throng_count(all, THRONG_SERVED);
    refused = throng_count(all, THRONG_ENDED);
    waited = throng_count(all, THRONG_WAITING) +
             throng_count(all, THRONG_CONNECTING);
    if (!checks_lives(s, o))
        return false;
    if (throng_count(all, THRONG_WRONG) > 0) {
        finding_not_ok(o, "of %d clients %d got something else than ack",
                       all->count, throng_count(all, THRONG_WRONG));
        return false;
    }
    /* Who waits is served when others leave, or lost. */
    throng_leave(all, THRONG_SERVED);
    throng_attend(all, THRONG_ANSWERED, THRONG_LEAVE,
                  s->limit_ns + PATIENCE_NS);
    lost = throng_count(all, THRONG_WAITING) +
           throng_count(all, THRONG_CONNECTING);
    if (!checks_lives(s, o))
        return false;
    if (lost > 0)
        finding_not_ok(o, "of %d clients %d got neither answer nor end",
                       all->count, lost);
    else
        tell_crowd(s, o, served, refused, waited);
    return lost == 0;
}

static void
look_crowd(struct target_server *s, struct outcome *o)
{
    struct throng all;
    struct outcome later = *o;
    int limit = net_raise_limit();
    int64_t quick_ns = PATIENCE_NS + s->limit_ns;
    bool well = true;

    if (limit < CROWD_OWN) {
        finding_unknown(o, "only %d descriptors are allowed here", limit);
        return;
    }
    /* So that the server has that limit, too. */
    if (!checks_restart(s, o, s->delay))
        return;
    throng_init(&all, CROWD);
    crowd_in(&all, s);
    if (s->bounded)
        finding_ok(o, "%d came, left, and it serves",
                   CROWD - throng_count(&all, THRONG_CONNECTING));
    else
        well = serve_crowd(s, o, &all);
    throng_free(&all);
    if (well && !checks_recovers(s, &later, quick_ns))
        *o = later;
}

/* Descriptors are short, and clients come all the same.  Returns how much of a
 * core the server used meanwhile, in percent. */
static int
come_in_vain(const struct target_server *s, struct throng *all)
{
    struct process_use before;
    struct process_use after;
    int64_t began_ns;

    (void)throng_add(all, s, WAITING, THRONG_TALKS);
    throng_attend(all, THRONG_ALL_IN, THRONG_STAY, PATIENCE_NS / 8);
    before = process_tree_use(s->pid);
    began_ns = clock_now();
    pause_for(WINDOW_NS);
    after = process_tree_use(s->pid);
    return (int)((after.cpu_ns - before.cpu_ns) * PERCENT /
                 (clock_now() - began_ns));
}

/* Somebody is inside; no further descriptor can be opened. */
static bool
run_short(const struct target_server *s, struct outcome *o, struct talk *inside,
          struct throng *all)
{
    int percent = come_in_vain(s, all);
    enum talk_result result = TALK_OK;

    if (!checks_lives(s, o))
        return false;
    if (inside->fd != -1)
        result = talk_say(inside, "still there");
    if (inside->fd != -1 && result == TALK_OK)
        result = talk_hear(inside, "ack", s->limit_ns);
    if (result != TALK_OK) {
        finding_not_ok(o, "a client inside, with no descriptors left: %s",
                       talk_words(inside, result));
        return false;
    }
    if (percent <= SPIN)
        return true;
    finding_not_ok(o, "spins while it has no descriptors: %d %% CPU", percent);
    return false;
}

/* There are descriptors again, and the one inside has left. */
static bool
is_over(const struct target_server *s, struct outcome *o, struct throng *all)
{
    int left;

    throng_attend(all, THRONG_ANSWERED, THRONG_LEAVE,
                  s->limit_ns + PATIENCE_NS +
                      time_for(s, WAITING, s->answer_ns));
    left = throng_count(all, THRONG_WAITING) +
           throng_count(all, THRONG_CONNECTING);
    if (!checks_lives(s, o))
        return false;
    if (left == 0)
        return true;
    finding_not_ok(o,
                   "with descriptors again, %d of %d that waited are not "
                   "served",
                   left, WAITING);
    return false;
}

static void
look_descriptors(struct target_server *s, struct outcome *o)
{
    struct process_tree members;
    struct throng all;
    struct talk inside = {.fd = -1};
    bool well;
    int refused;

    if (!checks_sees(s, o))
        return;
    if (checks_places(s) > 1 && target_server_talk(s, &inside) != TALK_OK) {
        talk_close(&inside);
        (void)checks_serves(s, o, s->limit_ns);
        return;
    }
    process_tree_list(&members, s->pid);
    if (!process_tree_limit(&members, 0)) {
        talk_close(&inside);
        finding_unknown(o, "its limit on descriptors cannot be set");
        return;
    }
    throng_init(&all, WAITING);
    well = run_short(s, o, &inside, &all);
    process_tree_unlimit(&members);
    talk_close(&inside);
    well = well && is_over(s, o, &all);
    refused = throng_count(&all, THRONG_ENDED);
    throng_free(&all);
    if (!well || !checks_recovers(s, o, PATIENCE_NS + s->limit_ns))
        return;
    if (refused > 0)
        finding_ok(o, "%d of %d were refused; it serves again", refused,
                   WAITING);
    else
        finding_ok(o, "%d waited, and are served when there are some again",
                   WAITING);
}

static void
look_worker(struct target_server *s, struct outcome *o)
{
    struct process_tree members;
    int64_t deadline_ns;
    int worker;

    if (!checks_sees(s, o))
        return;
    process_tree_list(&members, s->pid);
    worker = members.count - 1;
    while (worker > 0 && !process_tree_is_worker(&members, worker))
        worker--;
    if (worker == 0) {
        finding_ok(o, "no worker processes");
        return;
    }
    /* Until it has gone it might still accept a client, and take it along. */
    if (kill(members.pids[worker], SIGKILL) == -1 ||
        !process_tree_await_end(members.pids[worker], PATIENCE_NS)) {
        finding_unknown(o, "a worker cannot be killed");
        return;
    }
    /* Until it is gone it may still take a client, and that one is lost. */
    deadline_ns = clock_now() + PATIENCE_NS;
    while (kill(members.pids[worker], 0) == 0 && clock_now() < deadline_ns)
        (void)poll(NULL, 0, 5);
    if (checks_recovers(s, o, PATIENCE_NS + s->limit_ns))
        finding_ok(o, "one of %d killed, and %d at once are served",
                   members.count - 1, checks_places(s));
}

/* Stops all of a server for a moment. */
static void
freeze(const struct target_server *s)
{
    struct process_tree members;

    process_tree_list(&members, s->pid);
    process_tree_signal(&members, SIGSTOP);
    process_tree_await_stop(&members);
    process_tree_signal(&members, SIGCONT);
}

static void
look_signals(struct target_server *s, struct outcome *o)
{
    struct talk t;
    enum talk_result result;

    if (!checks_sees(s, o))
        return;
    for (int i = 0; i < 3; i++) {
        freeze(s);
        pause_for(SETTLE_NS);
    }
    if (!checks_serves(s, o, s->limit_ns))
        return;
    result = target_server_talk(s, &t);
    if (result == TALK_OK)
        result = talk_say(&t, "in hand");
    pause_for(s->answer_ns / 2);
    freeze(s);
    if (result == TALK_OK)
        result = talk_hear(&t, "ack", s->limit_ns);
    /* And between two messages. */
    freeze(s);
    if (result == TALK_OK)
        result = talk_say(&t, "again");
    if (result == TALK_OK)
        result = talk_hear(&t, "ack", s->limit_ns);
    talk_close(&t);
    if (!checks_lives(s, o))
        return;
    if (result != TALK_OK)
        finding_not_ok(o, "stopped and continued, a client: %s",
                       talk_words(&t, result));
    else if (checks_recovers(s, o, PATIENCE_NS + s->limit_ns))
        finding_ok(o, "stopped and continued 5 times, and it serves");
}

/* All places are taken, and others come, step by step as long as all of them
 * are accepted.  Returns whether that had no end. */
static bool
is_queue_endless(const struct target_server *s, struct throng *all, int most)
{
    int64_t before = target_server_descriptors(s);

    for (int i = 1; i <= QUEUE_STEPS; i++) {
        int came = throng_add(all, s, most / QUEUE_STEPS, THRONG_TALKS);

        throng_attend(all, THRONG_ALL_IN, THRONG_STAY, s->quiet_ns);
        pause_for(s->quiet_ns / 2);
        /* A few may have been accepted by and by. */
        if (came < most / QUEUE_STEPS || before == -1 ||
            target_server_descriptors(s) - before < all->count * 9 / 10)
            return false;
    }
    return true;
}

/* Those who hold the places have left. */
static void
tell_queue(const struct target_server *s, struct outcome *o, struct throng *all,
           bool endless, int64_t answer_ns)
{
    int outside = throng_count(all, THRONG_CONNECTING);
    int came = all->count - outside;
    int lost;

    /* Those for whom there was no place in the listen queue try again only
     * after seconds. */
    throng_leave(all, THRONG_CONNECTING);
    throng_attend(all, THRONG_ANSWERED, THRONG_LEAVE,
                  PATIENCE_NS + s->limit_ns + time_for(s, came, answer_ns));
    lost = throng_count(all, THRONG_WAITING);
    if (!checks_lives(s, o))
        return;
    if (endless)
        finding_not_ok(o, "accepts all of %d clients while %d are served", came,
                       s->at_once);
    else if (lost > 0)
        finding_not_ok(o, "%d of %d that waited are never answered", lost,
                       came);
    else if (throng_count(all, THRONG_ENDED) > 0)
        finding_ok(o, "%d of %d that came are refused, the others answered",
                   throng_count(all, THRONG_ENDED), came);
    else
        finding_ok(o, "%d waited, and were answered in the end", came);
}

static void
look_queue(struct target_server *s, struct outcome *o)
{
    struct throng held;
    struct throng all;
    int64_t answer_ns;
    int most;
    bool endless;

    if (s->at_once == TARGET_SERVER_UNKNOWN || !s->bounded) {
        if (s->bounded || s->at_once != TARGET_SERVER_UNKNOWN)
            finding_ok(o, "everybody is served at once");
        else
            finding_unknown(o, "how many are served at once is not known");
        return;
    }
    if (!checks_restart(s, o, "0") || !checks_time(s, o, TIMES, &answer_ns))
        return;
    most = clamp(QUEUE_NS / answer_ns * s->at_once, QUEUE_STEPS,
                 QUEUE_STEPS * QUEUE);
    throng_init(&held, s->at_once);
    throng_init(&all, most);
    (void)throng_add(&held, s, s->at_once, THRONG_TALKS);
    throng_attend(&held, THRONG_ANSWERED, THRONG_STAY, s->limit_ns);
    endless = is_queue_endless(s, &all, most) && most >= QUEUE_LEAST;
    throng_free(&held);
    tell_queue(s, o, &all, endless, answer_ns);
    throng_free(&all);
    if (o->result == FINDING_OK)
        (void)checks_serves(s, o, s->limit_ns);
}

/* Some clients come, are served and leave, the next come: few at first, so that
 * workers wait for clients, then many, so that clients wait for workers.
 * Returns how many came; they stay in the last round if not all are served. */
static int
churn(const struct target_server *s, struct throng *all)
{
    int64_t end_ns = clock_now() + CHURN_NS;
    int came = 0;

    while (came < CHURN && clock_now() < end_ns && target_server_lives(s)) {
        int n = came < CHURN / 2 ? 3 : CHURN_MAX;

        throng_clear(all);
        (void)throng_add(all, s, n, THRONG_TALKS);
        throng_attend(all, THRONG_ANSWERED, THRONG_LEAVE,
                      s->limit_ns + time_for(s, n, s->answer_ns));
        came += n;
        if (throng_count(all, THRONG_GONE) < n)
            break;
    }
    return came;
}

static void
look_churn(struct target_server *s, struct outcome *o)
{
    struct throng all;
    int came;
    int lost;
    int refused;

    if (!checks_restart(s, o, "0"))
        return;
    throng_init(&all, CHURN_MAX);
    came = churn(s, &all);
    refused = throng_count(&all, THRONG_ENDED);
    lost = all.count - throng_count(&all, THRONG_GONE) - refused;
    throng_free(&all);
    if (!checks_lives(s, o))
        return;
    if (refused > 0)
        finding_not_ok(o, "of %d short clients %d were refused", came, refused);
    else if (lost > 0)
        finding_not_ok(o, "of %d short clients %d were not answered", came,
                       lost);
    else if (checks_recovers(s, o, PATIENCE_NS + s->limit_ns))
        finding_ok(o, "%d short clients, and %d at once are served", came,
                   checks_places(s));
}

const struct finding findings_attack[] = {
    {
        .name = "attack.resets",
        .tier = FINDING_ATTACK,
        .looked_at = "resets right after connecting, in mid-message, at work",
        .expected = "it lives, serves, and does not spin",
        .explained =
            "Connections are reset as soon as they are there, in mid-message, "
            "many at the same time, and while their message is being worked "
            "on.  poll and epoll report a hang-up whether it was asked for or "
            "not: a loop that waits for the end of the work and ignores it "
            "turns without a pause, which shows as CPU time.",
        .lesson = "notes/08-poll.md",
        .look = look_resets,
    },
    {
        .name = "attack.garbage",
        .tier = FINDING_ATTACK,
        .looked_at = "a megabyte of random bytes from each of three clients",
        .expected = "it lives, answers ack and nak only, and serves",
        .explained =
            "Random bytes hold the end of a message now and then; nearly all "
            "such messages are not ASCII.  Whatever they hold, the server "
            "answers ack or nak, or closes, and goes on with others.",
        .lesson = LESSON,
        .look = look_garbage,
    },
    {
        .name = "attack.endless",
        .tier = FINDING_ATTACK,
        .looked_at = "a message of 32 MB",
        .expected = "bounded memory, and nak when it ends",
        .explained =
            "A message that does not end is too long after 4096 bytes.  Its "
            "bytes are to be dropped, in bounded memory, until it does end, "
            "and then it is answered by one nak.  A server that keeps them "
            "can be made to use all memory by one client.",
        .lesson = LESSON,
        .look = look_endless,
    },
    {
        .name = "attack.crowd",
        .tier = FINDING_ATTACK,
        .looked_at = "1100 clients at once",
        .expected = "it lives; whoever is refused is told so, nobody is lost",
        .explained =
            "So many clients come that descriptors go beyond FD_SETSIZE (1024 "
            "with glibc), where FD_SET writes over other memory.  A server "
            "may refuse those it has no place for, by closing, or leave them "
            "waiting until others go; it may not take them and forget them, "
            "nor die.  The limit of select is recognised here.",
        .lesson = LESSON_SELECT,
        .look = look_crowd,
    },
    {
        .name = "attack.descriptors",
        .tier = FINDING_ATTACK,
        .looked_at = "clients that come when no descriptor is left",
        .expected = "it lives, does not spin, and serves them afterwards",
        .explained =
            "The limit on descriptors of the running server is lowered with "
            "prlimit(2) to what it has open.  accept then fails with EMFILE, "
            "and the client stays in the listen queue: a loop that tries "
            "again at once spins, one that takes the error for the end dies. "
            " Whoever is inside is to be served meanwhile, and those who wait "
            "are when there are descriptors again.",
        .lesson = LESSON_POLL,
        .look = look_descriptors,
    },
    {
        .name = "attack.worker",
        .tier = FINDING_ATTACK,
        .looked_at = "a worker process that is killed",
        .expected = "it is replaced: as many are served at once as before",
        .explained =
            "If the server has processes besides the first one at rest, one "
            "of them gets SIGKILL, as it does from the kernel when memory is "
            "short.  A moment later there are to be as many places as before.",
        .lesson = LESSON_FORK,
        .look = look_worker,
    },
    {
        .name = "attack.signals",
        .tier = FINDING_ATTACK,
        .looked_at = "all its processes stopped and continued",
        .expected = "it lives, and messages in hand are answered",
        .explained =
            "SIGSTOP and SIGCONT, as by Ctrl-Z and fg, or a debugger: at "
            "rest, in the middle of the work on a message, and between two.  "
            "epoll_wait and some others fail with EINTR then, without any "
            "handler; that is not an error.",
        .lesson = "notes/09-epoll.md",
        .look = look_signals,
    },
    {
        .name = "attack.queue",
        .tier = FINDING_ATTACK,
        .looked_at = "hundreds of clients while all places are taken",
        .expected = "they wait outside, and all are answered in the end",
        .explained =
            "All places are held, and others connect and send.  A server "
            "that accepts each into a queue without a bound runs out of "
            "descriptors or memory sooner or later: it is to leave them in "
            "the listen queue, where the kernel keeps count.  When the places "
            "are free again everybody is to be answered.  Looked at only "
            "where places are limited.",
        .lesson = LESSON_THREAD,
        .look = look_queue,
    },
    {
        .name = "attack.churn",
        .tier = FINDING_ATTACK,
        .looked_at = "2000 short clients, some at the same time, no delay",
        .expected = "all are answered, and no place is lost",
        .explained =
            "The server is started without a delay; three clients at a time "
            "come, are answered and leave, then sixteen at a time.  Workers "
            "fall asleep and are woken without end: one that takes a wake-up "
            "for a promise (if instead of while around the wait) finds an "
            "empty queue sooner or later.  Then as many are to be served at "
            "once as before.",
        .lesson = LESSON_THREAD,
        .look = look_churn,
    },
    {.name = NULL},
};

/* What a client that behaves badly does to the others.
 *
 * How long another client waits is measured first alone, then beside the bad
 * clients.  Where the server serves only one client at a time, the other must
 * be served when the bad one has left. */

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "client/draw/text.h"
#include "client/judge/activity.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/record/kernel.h"
#include "client/target/process.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define BAD_MAX      8 /* bad clients at the same time */
#define QUESTIONS    3 /* messages of the other client */
#define LOOKS        3 /* the best counts, since others use the machine, too */
#define SLOWER       5 /* times as slow as alone, */
#define SLOWER_NS    (200 * CLOCK_MS) /* and so much, is no harm yet */
#define SETTLE_NS    (30 * CLOCK_MS)  /* until what was sent has been read */
#define DRIBBLE_NS   (2 * CLOCK_MS)   /* from byte to byte */
#define DRIBBLE_MAX  4000             /* bytes: a message that is allowed */
#define DRIBBLED_NS  (250 * CLOCK_MS) /* before another client comes */
#define SLOW_NS      (10 * CLOCK_MS) /* an answer that takes so long has work */
#define TIMES        5               /* that an answer is timed */
#define SAMPLE       400             /* messages that tell how many a second */
#define WIDE_BUFFER  1000000
#define FOREVER      (INT64_MAX / 2) /* bytes: it never has sent all */
#define DRAIN_NS     (10 * CLOCK_S)  /* the kernel sends again after seconds */
#define DRAIN_ALL_NS (18 * CLOCK_S)

/* A client that does not read. */
#define FILL_PIECE    16384 /* bytes that are sent at once */
#define FILL_LOOK_NS  (50 * CLOCK_MS)
#define FILL_FEW      32768 /* bytes: so few say nothing */
#define FILL_STALL_NS (400 * CLOCK_MS)
#define FILL_UNREAD   4096 /* bytes that the server does not read */
/* If fewer lie unread, it is not known how many, or no answer waits. */
#define FILL_LONG_NS   (2 * CLOCK_S)
#define FILL_NS        (10 * CLOCK_S)
#define FILL_SLOW_NS   (20 * CLOCK_MS) /* such answers never fill a buffer */
#define HOARD          (256 * 1024)    /* bytes of answers: no bounded buffer */
#define UNREAD_LOOK_NS (200 * CLOCK_MS) /* in one such window it waits, */
#define UNREAD_NS      (6 * CLOCK_S) /* unless it wants to run all the time */
#define UNREAD_RUN_NS  (500 * CLOCK_MS) /* and runs for so long at least, */
#define BACKLOG        8192 /* and longer than for messages read before */
#define KEPT_STEP      1500 /* messages more, until the server keeps so much: */
#define KEPT_LEAST     (12 * 1024) /* bytes of answers in the server itself */

/* Clients that send without end. */
#define FLOODERS 4
/* What a server answers in so much time while it has one client, the others may
 * get at most while one waits. */
#define FLOOD_NS          (2 * CLOCK_S)
#define FLOOD_PATIENCE_NS (8 * CLOCK_S)
#define FLOOD_FAST        150000 /* messages per second, */
#define FLOOD_SHORT       64   /* bytes each; slower servers get messages of */
#define FLOOD_LONG        1000 /* bytes */
#define AHEAD_NS          (100 * CLOCK_MS) /* so much work is always there */
#define AHEAD_MAX         60000            /* messages */

#define LISTENER_ROUNDS 4 /* of clients that come one by one */

/* Clients with good messages beside clients with bad ones. */
#define MIXED_MAX    4
#define MIXED_ROUNDS 5

/* What a client leaves behind. */
#define LEFT_MAX      8
#define LEFT_LONG     5000
#define LEFT_DELAY    "250ms"
#define LEFT_NOTICE   10              /* looks, until the server has closed */
#define LEFT_EXTRA_NS (60 * CLOCK_MS) /* until an answer too many has come */

#define VANISH_NS      (1500 * CLOCK_MS)
#define VANISH_WAYS    4
#define VANISH_MAX     6    /* rounds, of one client per way */
#define VANISH_PILE    3000 /* messages that such a client leaves behind */
#define VANISH_QUICK   20 /* clients that vanish from a server without delay */
#define VANISH_SLOW_NS (2 * CLOCK_MS) /* with such work there are none */
#define VANISH_WORK    9              /* messages per round */
#define ETX            "\x03"
#define LESSON         "notes/32-bad-clients.md"
#define LESSON_LOOP    "notes/17-epoll.md"

/* What is looked at: the bad clients, and how long another client waits. */
struct experiment {
    const struct target_server *server;
    struct outcome *o;
    int places; /* for clients at once */
    int count;  /* of what the bad clients are or do: */
    const char *what;
    int64_t patience_ns;  /* of the other; 0: the server's limit_ns */
    int64_t most_answers; /* that the bad ones may get meanwhile; 0: as long as
                             the other does not wait much longer than alone */
    int64_t alone_ns;
    int64_t slowest_ns; /* beside the bad clients */
    /* Lets the bad clients finish what they do; NULL: they just leave.  Returns
     * false, and has set the outcome, if the server does not serve them. */
    bool (*finish)(struct experiment *e);
    int64_t message_len; /* of those that send many messages */
    int64_t rate;        /* of such messages, per second */
    bool hoards;         /* it keeps answers that the kernel does not take */
    int64_t fill_ns;     /* so long it has read from one who does not read: */
    int64_t taken;       /* so many messages */
    int64_t kept;        /* bytes of their answers in the server itself */
    struct probes bad;
};

/* Another client connects and asks, beside the bad ones.  Returns how long the
 * slowest answer took; the first includes connecting. */
static int64_t
ask(const struct experiment *e, struct probes *bad, struct probe *p)
{
    int64_t patience_ns =
        e->patience_ns > 0 ? e->patience_ns : e->server->limit_ns;
    int64_t began_ns = clock_now();
    int64_t slowest_ns = 0;

    *p = (struct probe){.fd = -1};
    if (bad != NULL) {
        p->beside = bad->list;
        p->beside_count = bad->count;
    }
    probe_connect(p, e->server);
    for (int i = 0; i < QUESTIONS && p->result == PROBE_OK; i++) {
        probe_send_message(p, "hello");
        probe_receive_within(p, "ack", patience_ns);
        if (clock_now() - began_ns > slowest_ns)
            slowest_ns = clock_now() - began_ns;
        began_ns = clock_now();
    }
    probe_leave(p);
    return slowest_ns;
}

/* Prepares an experiment on a server that has just been started, without bad
 * clients yet. */
static bool
prepare(struct experiment *e, const struct target_server *s, struct outcome *o,
        const char *what)
{
    struct probe p;

    e->server = s;
    e->o = o;
    e->places = target_server_places(s);
    e->what = what;
    e->alone_ns = ask(e, NULL, &p);
    return checks_probe(&p, o, "before anything was done to it");
}

/* Lets the bad clients go on for ns. */
static void
go_on(struct experiment *e, int64_t ns)
{
    int64_t end_ns = clock_now() + ns;

    probes_wait(&e->bad, PROBE_SENT, ns, ns);
    (void)target_server_pause(e->server, end_ns - clock_now());
}

/* Returns how many answers the bad clients have got so far. */
static int64_t
count_answers(const struct probes *bad)
{
    int64_t sum = 0;

    for (int i = 0; i < bad->count; i++)
        sum += bad->list[i].answers;
    return sum;
}

/* Another client asks beside the bad ones, whose answers say what the server
 * did meanwhile, however busy the machine is.  Returns false if it is harmed.
 */
static bool
ask_beside_flood(struct experiment *e)
{
    int64_t fewest = INT64_MAX;

    for (int i = 0; i < LOOKS && fewest > e->most_answers; i++) {
        struct probe p;
        int64_t before = count_answers(&e->bad);
        int64_t took_ns = ask(e, &e->bad, &p);
        int64_t answers = count_answers(&e->bad) - before;

        if (p.result == PROBE_SILENT && answers > e->most_answers) {
            finding_not_ok(e->o,
                           "the clients that flood it got %" PRId64
                           " answers, and another client meanwhile none to its "
                           "one message",
                           answers);
            return false;
        }
        if (!checks_probe(&p, e->o, "meanwhile another client"))
            return false;
        if (answers < fewest)
            fewest = answers;
        if (took_ns > e->slowest_ns)
            e->slowest_ns = took_ns;
    }
    if (fewest > e->most_answers)
        finding_not_ok(e->o,
                       "while another client waited for %d answers, those that "
                       "flood the server got %" PRId64,
                       QUESTIONS, fewest);
    return fewest <= e->most_answers;
}

/* Another client asks beside the bad ones.  Returns false if it is harmed. */
static bool
ask_beside(struct experiment *e)
{
    int64_t bound_ns = SLOWER * e->alone_ns + SLOWER_NS;
    int64_t best_ns = CLOCK_NEVER;

    for (int i = 0; i < LOOKS && best_ns > bound_ns; i++) {
        struct probe p;
        int64_t took_ns = ask(e, &e->bad, &p);

        if (!checks_probe(&p, e->o, "meanwhile another client"))
            return false;
        if (took_ns < best_ns)
            best_ns = took_ns;
    }
    if (best_ns > e->slowest_ns)
        e->slowest_ns = best_ns;
    if (best_ns <= bound_ns)
        return true;
    finding_late(e->o, "others wait %.0f ms meanwhile, %.0f ms without it",
                 1e3 * clock_seconds(best_ns),
                 1e3 * clock_seconds(e->alone_ns));
    return false;
}

/* The bad clients finish, and leave. */
static bool
end_bad(struct experiment *e)
{
    bool well = e->finish == NULL || e->finish(e);

    probes_close(&e->bad);
    return well;
}

/* Where there is one place: another client sends a message behind the bad one,
 * and must be answered when that has left. */
static bool
wait_behind(struct experiment *e)
{
    struct probe p = {.beside = e->bad.list, .beside_count = e->bad.count};
    bool well;

    probe_connect(&p, e->server);
    probe_send_message(&p, "hello");
    go_on(e, SETTLE_NS);
    well = checks_probe(&p, e->o, "meanwhile another client") && end_bad(e);
    if (well) {
        p.beside_count = 0;
        probe_receive(&p, "ack");
        well = checks_probe(&p, e->o, "when it has left, the next");
    }
    probe_close(&p);
    return well;
}

/* Looks how another client is served while the bad ones are there. */
static bool
measure_harm(struct experiment *e)
{
    bool well = false;

    if (e->places == 1)
        well = wait_behind(e);
    else if (e->most_answers > 0 ? ask_beside_flood(e) : ask_beside(e))
        well = end_bad(e);
    probes_close(&e->bad);
    if (!well)
        return false;
    if (e->places == 1)
        finding_ok(e->o, "one is served at a time: the next, when it has left");
    else
        finding_ok(e->o, "%d %s: others wait %.1f ms at most, %.1f ms alone",
                   e->count, e->what, 1e3 * clock_seconds(e->slowest_ns),
                   1e3 * clock_seconds(e->alone_ns));
    return true;
}

/* Lets bad clients connect: as many as leave one place for another client, at
 * least one. */
static bool
connect_bad(struct experiment *e)
{
    int count = e->places <= 2 ? 1 : e->places - 1;

    if (count > BAD_MAX)
        count = BAD_MAX;
    e->count = count;
    probes_connect(&e->bad, e->server, count, PROBES_NOTHING);
    for (int i = 0; i < count; i++)
        if (!e->bad.list[i].was_connected) {
            finding_not_ok(e->o, "of %d clients one was not connected", count);
            probes_close(&e->bad);
            return false;
        }
    return true;
}

static void
check_silent(struct target_server *s, struct outcome *o)
{
    struct experiment e = {.finish = NULL};

    if (!prepare(&e, s, o, "silent"))
        return;
    /* Every second client begins a message: first the even, then the odd. */
    for (int first = 0; first < 2; first++) {
        if (!connect_bad(&e))
            return;
        for (int i = first; i < e.bad.count; i += 2)
            probe_send(&e.bad.list[i], "half a mess", 11);
        (void)target_server_pause(s, SETTLE_NS);
        if (!measure_harm(&e))
            return;
    }
}

/* Those that dribble end their messages. */
static bool
finish_dribbling(struct experiment *e)
{
    for (int i = 0; i < e->bad.count; i++) {
        struct probe *p = &e->bad.list[i];
        int64_t sent = p->sent;

        p->pause_ns = 0;
        probe_send(p, ETX, 1);
        probe_receive(p, "ack");
        if (p->result == PROBE_OK)
            continue;
        finding_not_ok(e->o,
                       "its own message, of %" PRId64 " bytes one by one: %s",
                       sent, probe_words(p));
        return false;
    }
    return true;
}

static void
check_dribbling(struct target_server *s, struct outcome *o)
{
    struct experiment e = {.finish = finish_dribbling};

    if (!prepare(&e, s, o, "dribbling") || !connect_bad(&e))
        return;
    for (int i = 0; i < e.bad.count; i++) {
        struct probe *p = &e.bad.list[i];

        p->bytes = "x";
        p->len = 1;
        p->to_send = DRIBBLE_MAX;
        p->pause_ns = DRIBBLE_NS;
    }
    /* The beginning, so that each is in the middle of a message. */
    go_on(&e, DRIBBLED_NS);
    (void)measure_harm(&e);
}

/* Connects one more bad client of an experiment, which sends many messages. */
static struct probe *
connect_sender(struct experiment *e, const char *bytes, size_t len,
               bool small_buffer)
{
    struct probe *p = &e->bad.list[e->bad.count++];

    *p = (struct probe){
        .fd = -1, .bytes = bytes, .len = len, .small_buffer = small_buffer};
    probe_connect(p, e->server);
    return checks_probe(p, e->o, "a client cannot connect") ? p : NULL;
}

/* Finds out how many of these messages the server answers in a second. */
static bool
measure_rate(struct experiment *e, const char *bytes, size_t len)
{
    const struct target_server *s = e->server;
    struct probe *p;
    int64_t answer_ns;

    if (!checks_time(s, e->o, TIMES, &answer_ns))
        return false;
    e->rate = CLOCK_S / answer_ns;
    if (answer_ns > SLOW_NS)
        return true;
    p = connect_sender(e, bytes, len, false);
    if (p == NULL)
        return false;
    for (int i = 0; i < LOOKS && p->result == PROBE_OK; i++) {
        int64_t began_ns = clock_now();
        int64_t rate;

        p->to_send += SAMPLE * e->message_len;
        probe_receive_any(p, p->answers + SAMPLE, s->limit_ns, 2 * s->limit_ns);
        rate = SAMPLE * CLOCK_S / (clock_now() - began_ns);
        if (rate > e->rate)
            e->rate = rate;
    }
    probes_close(&e->bad);
    if (p->result == PROBE_OK)
        return true;
    finding_not_ok(
        e->o, "%" PRId64 " messages sent: %" PRId64 " answers came, then %s",
        p->sent / e->message_len, p->answers, probe_words(p));
    return false;
}

/* Tells what the kernel knows about the server's side of a probe. */
static struct kernel_connection
ask_kernel(const struct kernel *k, const struct probe *p)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof(own);

    if (getsockname(p->fd, (struct sockaddr *)&own, &len) == -1)
        return (struct kernel_connection){.place = KERNEL_UNKNOWN};
    return kernel_ask(k, &own);
}

/* One that has sent many messages completes the last, and sends no more: all
 * answers must come, and no others. */
static bool
drain(struct experiment *e, struct probe *p)
{
    const struct target_server *s = e->server;
    int64_t messages = (p->sent + e->message_len - 1) / e->message_len;
    int64_t began_ns = clock_now();
    int wide = WIDE_BUFFER;

    /* If it cannot be set, reading takes longer. */
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &wide, sizeof(wide));
    p->to_send = messages * e->message_len;
    p->messages_ahead = 0;
    probe_receive_any(p, messages, DRAIN_NS, DRAIN_ALL_NS);
    if (p->result == PROBE_OK) {
        probe_half_close(p);
        /* It may close late or never: other findings look at that. */
        probe_receive_nothing(p, s->limit_ns);
    }
    if (p->answers == messages && p->naks == 0 &&
        (p->result == PROBE_OK || p->result == PROBE_CLOSED))
        return true;
    if (p->result == PROBE_SILENT && clock_now() - began_ns >= DRAIN_ALL_NS)
        finding_unknown(e->o,
                        "%" PRId64 " of %" PRId64
                        " answers have come after %d s: too slow to tell",
                        p->answers, messages, (int)(DRAIN_ALL_NS / CLOCK_S));
    else if (p->naks > 0)
        finding_not_ok(
            e->o, "%" PRId64 " of %" PRId64 " good messages were answered nak",
            p->naks, messages);
    else if (p->answers == messages)
        finding_not_ok(e->o,
                       "sent %" PRId64 " messages; behind as many answers: %s",
                       messages, probe_words(p));
    else
        finding_not_ok(e->o,
                       "sent %" PRId64 " messages; %" PRId64
                       " answers came, then %s",
                       messages, p->answers, probe_words(p));
    return false;
}

static bool
finish_sending(struct experiment *e)
{
    for (int i = 0; i < e->bad.count; i++)
        if (!drain(e, &e->bad.list[i]))
            return false;
    return true;
}

/* Tells whether the server waits, although it has answers which the kernel does
 * not take.  It may still work on messages that it has read at once, so it must
 * have computed for longer than that takes. */
static bool
waits_for_reader(const struct experiment *e)
{
    int64_t end_ns = clock_now() + UNREAD_NS;
    int64_t most_ns = UNREAD_RUN_NS + e->fill_ns * BACKLOG / (e->taken + 1);
    int64_t ran_ns = 0;

    while (ran_ns < most_ns) {
        struct process_tree_activity now =
            activity_measure(e->server, UNREAD_LOOK_NS);

        ran_ns += now.ran_ns;
        if (now.percent < ACTIVITY_SPINS)
            return true;
        if (clock_now() > end_ns) {
            finding_unknown(e->o,
                            "%.0f threads per core want to run; seen: while a "
                            "client does not read, the server is always busy",
                            e->server->load);
            return false;
        }
    }
    finding_not_ok(e->o,
                   "while a client does not read, a thread never waits, and "
                   "has computed for %.1f s",
                   clock_seconds(ran_ns));
    return false;
}

static bool
finish_unread(struct experiment *e)
{
    return (e->hoards || waits_for_reader(e)) && finish_sending(e);
}

/* Returns how many bytes of answers the server keeps itself: to all messages
 * that it has read, without those that the kernel has. */
static int64_t
count_hoarded(const struct experiment *e, const struct probe *p,
              const struct kernel_connection *c)
{
    return (p->sent - c->unread) / e->message_len * ANSWER_TEXT_MAX - c->unsent;
}

/* Lets a client send until the server reads no more, or keeps answers without a
 * bound.  Returns false, with an outcome, if neither comes to pass. */
static bool
fill(struct experiment *e, const struct kernel *k, struct probe *p)
{
    const struct target_server *s = e->server;
    int64_t began_ns = clock_now();
    int64_t moved_ns = began_ns;
    int64_t held_ns = 0; /* until then it gets more time, if it is held up */
    int64_t read = 0;
    int unsent = 0;
    bool watching = false;

    p->to_send = FOREVER;
    while (clock_now() - began_ns < FILL_NS) {
        struct kernel_connection c;
        bool waits_to_send;
        int64_t end_ns;

        probe_wait(p, 1, PROBE_SENT, FILL_LOOK_NS, FILL_LOOK_NS);
        if (!checks_probe(p, e->o, "a client that sends and does not read"))
            return false;
        c = ask_kernel(k, p);
        e->hoards =
            c.place != KERNEL_UNKNOWN && count_hoarded(e, p, &c) > HOARD;
        if (e->hoards)
            return true;
        /* Where it is not known what is unread, that is 0.  What lies in the
         * buffers of this client counts as read, but it is not much. */
        if (p->sent - c.unread > read + FILL_FEW || c.unsent != unsent) {
            moved_ns = clock_now();
            read = p->sent - c.unread;
            unsent = c.unsent;
            watching = false;
        }
        /* It has read all, so the connection stalls, and not the server: the
         * kernel has lost small segments, and sends them again later. */
        if (c.place != KERNEL_UNKNOWN && c.unread == 0)
            continue;
        waits_to_send = c.unread > FILL_UNREAD && c.unsent > 0;
        end_ns = moved_ns + (waits_to_send ? FILL_STALL_NS : FILL_LONG_NS);
        /* One that waits for a core moves again when it has got one. */
        if (clock_now() <= end_ns || clock_now() <= held_ns ||
            activity_is_held_up(s, &watching, &held_ns, began_ns + FILL_NS))
            continue;
        e->fill_ns = moved_ns - began_ns;
        e->taken = (p->sent - c.unread) / e->message_len;
        e->kept = c.place != KERNEL_UNKNOWN ? count_hoarded(e, p, &c) : 0;
        return true;
    }
    finding_unknown(e->o,
                    "in %d s the server took %" PRId64
                    " messages: too few to fill the kernel's buffers",
                    (int)(FILL_NS / CLOCK_S), p->sent / e->message_len);
    return false;
}

/* The messages of a client that does not read. */
static const char unread_message[] = "sixteen  bytes!" ETX;
static char unread_piece[FILL_PIECE]; /* many: small segments are lost */

/* Starts the experiment of a client that sends and does not read. */
static bool
fill_up(struct experiment *e, struct target_server *s, struct outcome *o)
{
    struct kernel k;
    struct probe *p;
    int64_t answer_ns;
    bool filled;

    e->message_len = sizeof(unread_message) - 1;
    for (size_t i = 0; i < sizeof(unread_piece); i++)
        unread_piece[i] = unread_message[i % (sizeof(unread_message) - 1)];
    if (!prepare(e, s, o, "answers not read") ||
        !checks_time(s, o, TIMES, &answer_ns))
        return false;
    if (answer_ns > FILL_SLOW_NS) {
        finding_unknown(
            o,
            "a message takes %.0f ms, so answers never fill the kernel's "
            "buffers (is there no {delay} in the command?)",
            (double)answer_ns / 1e6);
        return false;
    }
    p = connect_sender(e, unread_piece, sizeof(unread_piece), true);
    if (p == NULL)
        return false;
    (void)kernel_open(&k, &s->to);
    filled = fill(e, &k, p);
    kernel_close(&k);
    e->count = (int)(p->sent / e->message_len);
    if (!filled)
        probes_close(&e->bad);
    return filled;
}

/* A client that does not read sends more and more, until the server keeps some
 * of the answers itself, though it reads all messages.  Then the client ends
 * its input.  The server must wait, and the client must get all answers. */
static void
end_unread(struct experiment *e)
{
    int64_t end_ns = clock_now() + FILL_NS;
    struct kernel_connection c = {.place = KERNEL_UNKNOWN};
    struct kernel k;
    struct probe *p;
    int unsent = -1;

    p = connect_sender(e, unread_piece, sizeof(unread_piece), true);
    if (p == NULL)
        return;
    p->to_send = e->taken / 2 * e->message_len;
    (void)kernel_open(&k, &e->server->to);
    while (p->result == PROBE_OK && clock_now() < end_ns) {
        probe_wait(p, 1, PROBE_SENT, FILL_LOOK_NS, FILL_LOOK_NS);
        (void)target_server_pause(e->server, SETTLE_NS);
        c = ask_kernel(&k, p);
        if (p->sent < p->to_send || c.unread > 0 || c.unsent != unsent)
            unsent = c.unsent; /* it still goes on */
        else if (count_hoarded(e, p, &c) > KEPT_LEAST)
            break;
        else
            p->to_send += KEPT_STEP * e->message_len;
    }
    kernel_close(&k);
    probe_half_close(p);
    if (waits_for_reader(e))
        (void)drain(e, p);
    probes_close(&e->bad);
}

static void
check_slow_reader(struct target_server *s, struct outcome *o)
{
    struct experiment e = {.finish = finish_unread};
    bool filled = fill_up(&e, s, o);

    s->model.stops_reading = filled && !e.hoards;
    s->model.is_never_full = !filled && o->result == FINDING_UNKNOWN;
    if (filled)
        (void)measure_harm(&e);
    if (e.kept > 2 * KEPT_LEAST && o->result == FINDING_OK)
        end_unread(&e);
}

static void
check_hoarding(struct target_server *s, struct outcome *o)
{
    struct experiment e = {.finish = NULL};

    /* Filling takes long, and neighbours.slow-reader may have done it. */
    if (s->model.stops_reading)
        finding_ok(o, "after a while it reads no more");
    else if (s->model.is_never_full)
        finding_unknown(o, "the server fills the kernel's buffers too slowly "
                           "(see neighbours.slow-reader)");
    if (s->model.stops_reading || s->model.is_never_full || !fill_up(&e, s, o))
        return;
    probes_close(&e.bad);
    if (e.hoards)
        finding_not_ok(o,
                       "after %d messages without reading an answer the server "
                       "still reads, and keeps more than %d KiB of answers",
                       e.count, HOARD / 1024);
    else
        finding_ok(o, "after %d messages it reads no more", e.count);
}

/* Fills a piece with messages of that length, as many as fit.  Returns how many
 * bytes they are. */
static size_t
fill_piece(char *piece, size_t message_len)
{
    size_t len = FILL_PIECE / message_len * message_len;

    memset(piece, 'x', len);
    for (size_t at = message_len - 1; at < len; at += message_len)
        piece[at] = '\x03';
    return len;
}

static void
check_flooding(struct target_server *s, struct outcome *o)
{
    static char piece[FILL_PIECE]; /* many messages with one call of send */
    size_t len = fill_piece(piece, FLOOD_SHORT);
    struct experiment e = {.finish = finish_sending,
                           .message_len = FLOOD_SHORT};

    if (!prepare(&e, s, o, "flooding") || !measure_rate(&e, piece, len))
        return;
    /* A slow server must not be busy for long with what one recv brings. */
    if (e.rate < FLOOD_FAST) {
        e.message_len = FLOOD_LONG;
        len = fill_piece(piece, FLOOD_LONG);
    }
    e.most_answers = 1 + e.rate * (FLOOD_NS / CLOCK_MS) / 1000;
    e.patience_ns = FLOOD_PATIENCE_NS;
    e.count = e.places - 1 < 1 ? 1 : e.places - 1;
    if (e.count > FLOODERS)
        e.count = FLOODERS;
    for (int i = 0; i < e.count; i++) {
        struct probe *p = connect_sender(&e, piece, len, false);

        if (p == NULL) {
            probes_close(&e.bad);
            return;
        }
        p->to_send = FOREVER;
        p->message_len = e.message_len;
        p->messages_ahead = 1 + e.rate * (AHEAD_NS / CLOCK_MS) / 1000;
        if (p->messages_ahead > AHEAD_MAX)
            p->messages_ahead = AHEAD_MAX;
        p->answers_due = PROBE_ANY;
    }
    go_on(&e, SETTLE_NS);
    (void)measure_harm(&e);
}

/* A client that sends only good or only bad messages. */
struct side {
    struct probe p;
    bool bad;
};

/* All of them send a message each; then each must get its own answer. */
static bool
play_round(struct outcome *o, struct side *sides, int count)
{
    for (int i = 0; i < count; i++)
        probe_send(&sides[i].p, sides[i].bad ? "\xff" ETX : "good" ETX,
                   sides[i].bad ? 2 : 5);
    for (int i = 0; i < count; i++) {
        struct probe *p = &sides[i].p;

        probe_receive(p, sides[i].bad ? "nak" : "ack");
        if (p->result == PROBE_OK)
            continue;
        finding_not_ok(o,
                       "%s of %d clients at the same time sends only %s "
                       "messages: expected %s, but %s",
                       count == 1 ? "the one" : "one", count,
                       sides[i].bad ? "bad" : "good",
                       sides[i].bad ? "nak" : "ack", probe_words(p));
        o->by_time = p->result == PROBE_SILENT;
        return false;
    }
    return true;
}

/* Nothing may come now, neither an answer nor the end. */
static bool
expect_nothing(struct outcome *o, struct probes *all, int64_t ns, int sent)
{
    probes_wait(all, PROBE_ENDED, ns, ns);
    for (int i = 0; i < all->count; i++) {
        struct probe *p = &all->list[i];

        if (p->result == PROBE_OK)
            continue;
        if (p->result == PROBE_WRONG && sent == 0)
            finding_not_ok(o,
                           "a client that has sent nothing yet got an answer: "
                           "%s",
                           probe_words(p));
        else if (p->result == PROBE_WRONG)
            finding_not_ok(o,
                           "sent %d message%s, expected %d answer%s; one more "
                           "came: %s",
                           sent, text_plural(sent), sent, text_plural(sent),
                           probe_words(p));
        else if (sent == 0 && checks_refuses(p->server))
            finding_unknown(o, "it refuses clients when it is full, and those "
                               "that have left may still hold their places");
        else if (sent == 0)
            finding_not_ok(o,
                           "a client that comes when others have left, and "
                           "has sent nothing yet: %s",
                           probe_words(p));
        else
            finding_not_ok(o, "a client that sent %d message%s, and waits: %s",
                           sent, text_plural(sent), probe_words(p));
        return false;
    }
    return true;
}

static void
check_mixed(struct target_server *s, struct outcome *o)
{
    struct side sides[MIXED_MAX];
    static struct probes all; /* the same connections, to wait for all */
    int count = target_server_places(s) < MIXED_MAX ? target_server_places(s)
                                                    : MIXED_MAX;
    bool well = true;

    for (int i = 0; i < count; i++) {
        sides[i].bad = i % 2 == 1;
        probe_open(&sides[i].p, s);
    }
    for (int i = 0; i < MIXED_ROUNDS && well; i++) {
        if (count == 1) /* one after the other, on new connections */
            sides[0].bad = i % 2 == 1;
        well = play_round(o, sides, count);
        if (count == 1 && well) {
            probe_finish(&sides[0].p, s->limit_ns);
            probe_open(&sides[0].p, s);
        }
    }
    all.count = count;
    for (int i = 0; i < count; i++)
        all.list[i] = sides[i].p;
    if (well &&
        expect_nothing(o, &all, s->silence_ns, count == 1 ? 0 : MIXED_ROUNDS))
        finding_ok(o, "each of %d clients got its own answers",
                   count == 1 ? MIXED_ROUNDS : count);
    probes_close(&all);
}

/* Clients come one by one and stay, until all workers should be busy.  Returns
 * how many are served when one has to wait; -1: none had to. */
static int
count_before_wait(const struct target_server *s)
{
    static struct probes all;
    int served = -1;

    all.count = 0;
    for (int i = 0; i < s->model.at_once && served == -1; i++)
        if (probes_add(&all, s, 1, PROBES_MESSAGE) == 1) {
            probe_wait(&all.list[i], 1, PROBE_ANSWERED, s->silence_ns,
                       s->silence_ns);
            if (!probes_is_served(&all.list[i]))
                served = i;
        }
    probes_close(&all);
    return served;
}

static void
check_idle_worker(struct target_server *s, struct outcome *o)
{
    int listeners = target_server_listeners(s);
    int served = -1;

    if (listeners <= 1 || !s->model.bounded) {
        finding_ok(o, listeners > 1
                          ? "each worker serves any number of clients"
                          : "its workers take clients from one queue");
        return;
    }
    for (int i = 0; i < LISTENER_ROUNDS && served == -1; i++)
        served = count_before_wait(s);
    if (served == -1)
        finding_ok(o, "%d listeners, but each client found an idle worker",
                   listeners);
    else if (s->has_queues)
        finding_ok(o,
                   "%d of %d workers are busy, and the next client waits, as "
                   "its traits say",
                   served, s->model.at_once);
    else
        finding_not_ok(
            o,
            "%d of %d workers are busy, and the next client waits: there are "
            "%d listeners on the port (SO_REUSEPORT), each with an accept "
            "queue of its own",
            served, s->model.at_once, listeners);
}

/* What one client leaves behind, and what the next one sends then. */
struct leaving {
    const char *what;
    const char *bytes; /* NULL: LEFT_LONG times NUL */
    size_t len;
    bool resets;
    const char *next; /* a message, which must be answered ack */
};

/* Waits until the server has closed the connections of those that have left,
 * so that the next clients get their descriptors. */
static void
await_closed(const struct target_server *s, int64_t before)
{
    for (int i = 0; i < LEFT_NOTICE; i++) {
        (void)target_server_pause(s, SETTLE_NS / LEFT_NOTICE * 3);
        if (before != -1 && target_server_descriptors(s) <= before)
            return;
    }
}

/* Some clients leave, and as many come.  The new ones must find nothing of what
 * the others have left behind. */
static bool
leave_behind(const struct target_server *s, struct outcome *o,
             const struct leaving *l, int count, int64_t answer_ns,
             int64_t before)
{
    static const char many[LEFT_LONG];
    static struct probes all;
    bool in_work = l->bytes != NULL && strchr(l->bytes, '\x03') != NULL;
    bool well;

    all.count = 0;
    probes_connect(&all, s, count, PROBES_NOTHING);
    for (int i = 0; i < all.count; i++)
        probe_send(&all.list[i], l->bytes != NULL ? l->bytes : many,
                   l->bytes != NULL ? l->len : sizeof(many));
    (void)target_server_pause(s, SETTLE_NS);
    for (int i = 0; i < all.count; i++)
        if (l->resets)
            probe_reset(&all.list[i]);
    probes_close(&all);
    await_closed(s, before);

    probes_connect(&all, s, count, PROBES_NOTHING);
    well = expect_nothing(o, &all, in_work ? answer_ns + LEFT_EXTRA_NS : 1, 0);
    for (int i = 0; i < all.count; i++)
        probe_send_message(&all.list[i], l->next);
    for (int i = 0; i < all.count && well; i++) {
        probe_receive(&all.list[i], "ack");
        well = all.list[i].result == PROBE_OK;
        if (!well)
            finding_not_ok(o,
                           "one client leaves %s behind; the next one sends "
                           "'%s', expected ack, but %s",
                           l->what, l->next, probe_words(&all.list[i]));
        o->by_time = !well && all.list[i].result == PROBE_SILENT;
    }
    well = well && expect_nothing(o, &all, LEFT_EXTRA_NS, 1);
    probes_close(&all);
    return well;
}

static void
check_leftover(struct target_server *s, struct outcome *o)
{
    static const struct leaving all[] = {
        {"half a message", "good", 4, false, "bye"},
        {"half a message with a bad byte", "\xff", 1, true, "hello"},
        {"half of a message that is too long", NULL, 0, false, "hello"},
        {"a message in work", "hello" ETX, 6, true, "hello"},
        {"three messages", "one" ETX "two" ETX "three" ETX, 14, false, "hello"},
    };
    int places = target_server_places(s);
    int count = places < LEFT_MAX ? places : LEFT_MAX;
    int64_t answer_ns;
    int64_t before;

    before = target_server_descriptors(s);
    if (!checks_time(s, o, 1, &answer_ns))
        return;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        await_closed(s, before);
        if (!leave_behind(s, o, &all[i], count, answer_ns, before))
            return;
    }
    finding_ok(o, "nothing was left for the next client");
}

/* A client connects, and vanishes in one of four ways.  If it cannot connect,
 * that shows afterwards. */
static void
vanish(const struct target_server *s, int way)
{
    static const char messages[] = "one" ETX "two" ETX "three" ETX;
    struct probe p;
    struct pollfd answer = {.events = POLLIN};

    probe_open(&p, s);
    if (way == 0)
        probe_send(&p, "half a mess", 11);
    else
        probe_send(&p, messages, sizeof(messages) - 1);
    /* With an answer unread: when this client closes the kernel sends a reset,
     * perhaps just while the server writes the next answer. */
    answer.fd = p.fd;
    if (way == 3)
        (void)poll(&answer, 1, (int)(s->silence_ns / CLOCK_MS));
    /* Closed in order, the kernel still takes the first answer but not the
     * second: writing that raises SIGPIPE. */
    if (way == 2 || way == 3)
        probe_close(&p);
    else
        probe_reset(&p);
}

/* Lets many clients vanish; after each round another client asks, if there is a
 * place for it. */
static bool
let_vanish(const struct target_server *s, struct outcome *o, int rounds)
{
    struct experiment e = {.server = s};
    bool asks = target_server_places(s) > 1;

    for (int i = 0; i < rounds; i++) {
        struct probe p;

        for (int way = 0; way < VANISH_WAYS; way++)
            vanish(s, way);
        if (!asks)
            continue;
        (void)ask(&e, NULL, &p);
        if (p.result != PROBE_OK) {
            finding_not_ok(o, "when %d had vanished, another client: %s",
                           VANISH_WAYS * (i + 1), probe_words(&p));
            return false;
        }
    }
    return true;
}

/* The same without a delay, so that many answers are on their way when the
 * client closes. */
static bool
let_vanish_quickly(const struct target_server *s, struct outcome *o)
{
    static char messages[VANISH_PILE * 2];
    int64_t answer_ns;

    for (int i = 0; i < VANISH_PILE; i++)
        memcpy(messages + 2 * i, "x" ETX, 2);
    if (!checks_time(s, o, TIMES, &answer_ns))
        return false;
    for (int i = 0; i < VANISH_QUICK && answer_ns <= VANISH_SLOW_NS; i++) {
        struct probe p;

        probe_open(&p, s);
        probe_send(&p, messages, sizeof(messages));
        probe_close(&p);
    }
    return true;
}

/* Tells whether all processes still run that did when they were listed.  Those
 * of a server that ran already are not listed, since some of them may serve one
 * client and end with it. */
static bool
none_died(struct outcome *o, const struct process_tree *tree, int clients)
{
    bool known = tree->count > 0 && process_can_look();
    int ended = known ? process_tree_ended(tree) : 0;

    if (ended == 0)
        return true;
    finding_not_ok(o, "%d of its %d processes died of %d clients", ended,
                   tree->count, clients);
    return false;
}

static void
check_vanishing(struct target_server *s, struct outcome *o)
{
    int64_t rounds = VANISH_NS / (VANISH_WORK * s->answer_ns + 1);
    static struct process_tree tree;

    rounds = rounds < 1 ? 1 : rounds > VANISH_MAX ? VANISH_MAX : rounds;
    tree.count = 0;
    if (s->command != NULL)
        process_tree_list(&tree, s->pid);
    if (!let_vanish(s, o, (int)rounds) || !checks_recovers(s, o) ||
        !none_died(o, &tree, VANISH_WAYS * (int)rounds) ||
        !checks_restart(s, o, "0"))
        return;
    if (s->command != NULL)
        process_tree_list(&tree, s->pid);
    if (let_vanish_quickly(s, o) && checks_recovers(s, o) &&
        none_died(o, &tree, VANISH_QUICK))
        finding_ok(o, "%d vanished, all others were served",
                   VANISH_WAYS * (int)rounds + VANISH_QUICK);
}

const struct finding findings_neighbours[] = {
    {"neighbours.idle-worker", FINDING_SHOULD,
     "a client that comes while a worker is idle", "it is served at once",
     "Clients come one after the other and stay, until all workers should be "
     "busy.  If each worker has a listener of its own on the same port "
     "(SO_REUSEPORT), the kernel chooses one of them for each client by a hash "
     "of the addresses.  So a client can wait behind a busy worker although "
     "another worker is idle, and clients that wait for a worker that dies are "
     "lost with it.  The other findings then count on one place only.",
     "notes/12-prefork-reuseport.md", check_idle_worker,
     .mend = "Let all workers accept on one listener, which the parent opens "
             "before it forks.  With a loop per worker that serves any number "
             "of clients, listeners of their own do no such harm.",
     .needs = FINDING_NEEDS_CAPACITY, .after = FINDING_LIVES},
    {"neighbours.silent", FINDING_SHOULD,
     "clients that send nothing, or stop in the middle of a message",
     "others are served as quickly as without them",
     "Bad clients take all places of the server but one, eight at most.  They "
     "connect and send nothing, or begin a message and stop.  Another client "
     "must be answered as quickly as before.  In a server where one thread "
     "serves all clients and waits for the rest of a message, one client stops "
     "all others.  Where only one client is served at a time, the other must "
     "be served once the silent one has left.",
     LESSON, check_silent,
     .mend = "Read only when poll says that there is something to read, and "
             "keep the beginning of the message until the rest comes.",
     .after = FINDING_SERVES},
    {"neighbours.mixed", FINDING_SHOULD,
     "clients with good messages beside clients with bad ones",
     "each gets its own answers, and no other",
     "Two clients send only good messages, and at the same time two others "
     "send only messages that are not ASCII.  The good ones must get ack each "
     "time, the bad ones nak, and nobody an answer too many.  If what belongs "
     "to one conversation is kept in a variable that all of them share, or "
     "answers go to a descriptor without a look at whose it is, clients get "
     "the answers of others.  Where only one client is served at a time, good "
     "and bad ones take turns.",
     LESSON, check_mixed,
     .mend =
         "Keep all state of a conversation (buffer, length, verdict, answer) "
         "in a struct of its own, one per client; nothing of it may be "
         "static or global.",
     .depends_on = "protocol.not-ascii,protocol.several", .only_waits = true,
     .after = FINDING_SERVES},
    {"neighbours.leftover", FINDING_SHOULD,
     "a client that comes after one that left in the middle",
     "it finds nothing that the other left behind",
     "Clients leave in the middle of a message, after a bad byte, in the "
     "middle of a message that is too long, or while their message is worked "
     "on.  At once other clients come.  The kernel gives each new connection "
     "the lowest free descriptor, so they get the descriptors of those that "
     "left.  A server that keeps state per descriptor, or per worker, and does "
     "not reset it, puts the beginning of one client's message before "
     "another's, or sends it an answer that it has not asked for.",
     LESSON, check_leftover,
     .mend = "Reset the state of a conversation when a client is accepted, and "
             "cancel its timers and its work when it leaves.",
     .depends_on = "neighbours.mixed,protocol.goodbyes", .delay = LEFT_DELAY,
     .only_waits = true, .after = FINDING_SERVES},
    {"neighbours.slow-reader", FINDING_SHOULD,
     "a client that sends and sends, and reads no answer",
     "others are served; it gets every answer when it reads",
     "A client with the smallest buffers sends messages to a server without "
     "delay, and does not read, until the server reads no more: the kernel "
     "takes no more answers from it, so send waits, or writes a part, or fails "
     "with EAGAIN.  Others must be served meanwhile, so an event loop must not "
     "wait in send, and no thread may call it again and again.  Then the "
     "client reads, and its answers are counted.  None may be lost or torn, as "
     "happens if the rest of a partial write is forgotten.  Another such "
     "client ends its input before it reads (shutdown), while the server keeps "
     "answers for it.  It must get these, too.",
     LESSON, check_slow_reader,
     .mend = "Look at what send returns: keep the rest, stop reading from that "
             "client, and go on when poll says that its socket can be written. "
             " In an event loop, make all sockets non-blocking.  At the end of "
             "input, close only when all answers are sent, and do not watch "
             "for input until then.",
     .depends_on =
         "protocol.pipelined,protocol.end-of-input,neighbours.vanishing",
     .delay = "0", .after = FINDING_SERVES},
    {"neighbours.unread", FINDING_ATTACK,
     "how much the server keeps for a client that reads no answer",
     "after a while it reads no more from that client",
     "As for neighbours.slow-reader, a client sends without reading.  When the "
     "kernel takes no more answers, the server must stop reading from this "
     "client, so that TCP stops the client, too (back-pressure).  A server "
     "that reads on has to keep the answers in its own memory, and one client "
     "can make it use all of it.  The judge counts the messages that the "
     "server has read, and asks the kernel how many bytes of answers it holds; "
     "the rest is in the server.",
     LESSON, check_hoarding,
     .mend = "Limit what is kept per client: while answers wait to be sent, do "
             "not watch that client for input (asyncio: await drain(); Node: "
             "pause() until 'drain').",
     .depends_on = "neighbours.slow-reader", .delay = "0",
     .after = FINDING_SERVES},
    {"neighbours.dribbling", FINDING_SHOULD,
     "clients that send one byte at a time",
     "others are served as quickly as without them",
     "As with silent clients, but these send a byte every two milliseconds, "
     "all of one long message.  A loop that reads until the message is "
     "complete serves nobody else meanwhile.  At the end their messages must "
     "be answered, too.",
     LESSON, check_dribbling,
     .mend =
         "Read what is there, keep it, and go back to the loop; do not wait "
         "for the end of the message.",
     .depends_on = "neighbours.silent", .after = FINDING_SERVES},
    {"neighbours.flooding", FINDING_SHOULD, "clients that never stop sending",
     "others get their turn",
     "Up to four clients send message after message to a server without delay, "
     "so that there is always one to read, and read the answers.  Another "
     "client must be served meanwhile.  A loop that reads from one client "
     "until nothing is left never comes to the next; nor does one that serves "
     "only the first of those that are ready.",
     LESSON_LOOP, check_flooding,
     .mend =
         "Read once from each client that is ready, then go on to the next, "
         "and look at all of them before you wait again.",
     .depends_on = "protocol.pipelined", .delay = "0", .after = FINDING_SERVES},
    {"neighbours.vanishing", FINDING_SHOULD,
     "clients that vanish in the middle of a message or before an answer",
     "the server lives, and serves the others",
     "Clients end by a reset in the middle of a message, by a reset or an "
     "orderly close while answers are on their way, and by a close with an "
     "answer unread.  Writing to such a client fails and, unless the server "
     "has prevented that, raises SIGPIPE, whose default action ends the "
     "process.  Only that client's connection may end: all places must be "
     "there afterwards, and no worker may have died.",
     LESSON, check_vanishing,
     .mend =
         "Send with MSG_NOSIGNAL, or ignore SIGPIPE.  If recv or send fails, "
         "close that client and go on; a worker takes the next client.",
     .after = FINDING_LIVES},
    {.name = NULL},
};

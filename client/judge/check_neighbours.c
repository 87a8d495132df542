/* What a client that behaves badly does to the others.
 *
 * How long another client waits is measured first alone, then beside the bad
 * clients.  Where the server serves only one client at a time, the other must
 * be served when the bad one has left. */

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define BAD_MAX        8 /* bad clients at the same time */
#define QUESTIONS      3 /* messages of the other client */
#define LOOKS          3 /* the best counts, since others use the machine, too */
#define SLOWER         5                /* times as slow as alone, */
#define SLOWER_NS      (200 * CLOCK_MS) /* and so much, is no harm yet */
#define SETTLE_NS      (30 * CLOCK_MS)  /* until what was sent has been read */
#define DRIBBLE_NS     (2 * CLOCK_MS)   /* from byte to byte */
#define DRIBBLE_MAX    4000             /* bytes: a message that is allowed */
#define SLOW_NS        (10 * CLOCK_MS) /* an answer that takes so long has work */
#define TIMES          5               /* that an answer is timed */
#define SAMPLE         400   /* messages that tell how many a second */
#define RATE_MIN       7500  /* a second: fewer cannot fill anything */
#define PILE           60000 /* answers: more than the kernel keeps */
#define WIDE_BUFFER    1000000
#define AHEAD_NS       (200 * CLOCK_MS) /* so much work is always there */
#define AHEAD_MAX      60000            /* messages */
#define FOREVER        (INT64_MAX / 2)  /* bytes: it never has sent all */
#define VANISH_NS      (1500 * CLOCK_MS)
#define VANISH_WAYS    4
#define VANISH_MAX     6    /* rounds, of one client per way */
#define VANISH_PILE    3000 /* messages that such a client leaves behind */
#define VANISH_QUICK   20 /* clients that vanish from a server without delay */
#define VANISH_SLOW_NS (2 * CLOCK_MS) /* with such work there are none */
#define VANISH_WORK    9              /* messages per round */
#define ETX            "\x03"
#define LESSON         "notes/11-bad-clients.md"
#define LESSON_LOOP    "notes/09-epoll.md"

/* What is looked at: the bad clients, and how long another client waits. */
struct experiment {
    const struct target_server *server;
    struct outcome *o;
    int places; /* for clients at once */
    int count;  /* of what the bad clients are or do: */
    const char *what;
    int64_t bound_ns; /* the other may wait so long; 0: as measured alone */
    int64_t alone_ns;
    int64_t slowest_ns; /* beside the bad clients */
    /* Lets the bad clients finish what they do; NULL: they just leave.  Returns
     * false, and has set the outcome, if the server does not serve them. */
    bool (*finish)(struct experiment *e);
    int64_t message_len; /* of those that send many messages */
    int64_t rate;        /* of such messages, per second */
    struct probes bad;
};

/* Another client connects and asks, beside the bad ones.  Returns how long the
 * slowest answer took; the first includes connecting. */
static int64_t
ask(const struct experiment *e, struct probes *bad, struct probe *p)
{
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
        probe_receive(p, "ack");
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

/* Another client asks beside the bad ones.  Returns false if it is harmed. */
static bool
ask_beside(struct experiment *e)
{
    int64_t bound_ns =
        e->bound_ns > 0 ? e->bound_ns : SLOWER * e->alone_ns + SLOWER_NS;
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
    finding_not_ok(e->o, "others wait %.0f ms meanwhile, %.0f ms without it",
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
    bool well = e->places > 1 ? ask_beside(e) && end_bad(e) : wait_behind(e);

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
    go_on(&e, SETTLE_NS);
    (void)measure_harm(&e);
}

/* Connects the one bad client of an experiment, which sends many messages. */
static bool
connect_sender(struct experiment *e, const char *bytes, size_t len)
{
    struct probe *p = &e->bad.list[0];

    p->bytes = bytes;
    p->len = len;
    e->bad.count = 1;
    probe_connect(p, e->server);
    return checks_probe(p, e->o, "cannot connect");
}

/* Finds out how many of these messages the server answers in a second. */
static bool
measure_rate(struct experiment *e, const char *bytes, size_t len)
{
    const struct target_server *s = e->server;
    struct probe *p = &e->bad.list[0];
    int64_t answer_ns;

    if (!checks_time(s, e->o, TIMES, &answer_ns))
        return false;
    e->rate = CLOCK_S / answer_ns;
    if (answer_ns > SLOW_NS)
        return true;
    *p = (struct probe){.fd = -1};
    if (!connect_sender(e, bytes, len))
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
    finding_not_ok(e->o, "%" PRId64 " answers to %" PRId64 " messages, then %s",
                   p->answers, p->sent / e->message_len, probe_words(p));
    return false;
}

/* The one that sends many messages completes the last, and sends no more: all
 * answers must come, and no others. */
static bool
finish_sending(struct experiment *e)
{
    const struct target_server *s = e->server;
    struct probe *p = &e->bad.list[0];
    int64_t messages = (p->sent + e->message_len - 1) / e->message_len;
    int64_t limit_ns = 2 * s->limit_ns + SLOWER * messages * CLOCK_S / e->rate;
    int wide = WIDE_BUFFER;

    /* If it cannot be set, reading takes longer. */
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &wide, sizeof(wide));
    p->to_send = messages * e->message_len;
    p->messages_ahead = 0;
    probe_receive_any(p, messages, s->limit_ns, limit_ns);
    if (p->result == PROBE_OK) {
        probe_half_close(p);
        /* It may close late or never: other findings look at that. */
        probe_receive_nothing(p, s->limit_ns);
    }
    if (p->answers == messages && p->naks == 0 &&
        (p->result == PROBE_OK || p->result == PROBE_CLOSED))
        return true;
    finding_not_ok(e->o,
                   "%" PRId64 " acks and %" PRId64 " naks to %" PRId64
                   " messages, then %s",
                   p->answers - p->naks, p->naks, messages, probe_words(p));
    return false;
}

static void
check_slow_reader(struct target_server *s, struct outcome *o)
{
    static const char messages[] = "x" ETX "x" ETX "x" ETX "x" ETX "x" ETX
                                   "x" ETX "x" ETX "x" ETX "x" ETX "x" ETX;
    size_t len = sizeof(messages) - 1;
    struct experiment e = {
        .count = PILE, .finish = finish_sending, .message_len = 2};

    if (!prepare(&e, s, o, "answers not read") ||
        !measure_rate(&e, messages, len))
        return;
    if (e.rate < RATE_MIN) {
        finding_unknown(
            o, "%" PRId64 " answers per second are too few to fill buffers",
            e.rate);
        return;
    }
    e.bad.list[0] =
        (struct probe){.small_buffer = true, .to_send = PILE * e.message_len};
    if (!connect_sender(&e, messages, len))
        return;
    /* It reads nothing until the server has done what it can. */
    go_on(&e, PILE * CLOCK_S / e.rate + SLOWER_NS + PILE * CLOCK_US);
    (void)measure_harm(&e);
}

static void
check_flooding(struct target_server *s, struct outcome *o)
{
    static const char message[] =
        "a message of sixty-four bytes, over and over again, without end" ETX;
    size_t len = sizeof(message) - 1;
    struct experiment e = {
        .count = 1, .finish = finish_sending, .message_len = (int64_t)len};
    int64_t ahead;

    if (!prepare(&e, s, o, "flooding") || !measure_rate(&e, message, len))
        return;
    ahead = 1 + e.rate * (AHEAD_NS / CLOCK_MS) / 1000;
    e.bound_ns = s->limit_ns; /* here it is enough to be served at all */
    e.bad.list[0] = (struct probe){
        .to_send = FOREVER,
        .messages_ahead = ahead > AHEAD_MAX ? AHEAD_MAX : ahead,
        .answers_due = PROBE_ANY,
    };
    if (!connect_sender(&e, message, len))
        return;
    go_on(&e, SETTLE_NS);
    (void)measure_harm(&e);
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
    int ended = tree->count > 0 ? process_tree_ended(tree) : 0;

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
    {"neighbours.silent", FINDING_SHOULD,
     "clients that send nothing, or stop in the middle of a message",
     "others are served as quickly as without them",
     "Bad clients take all places of the server but one, eight at most.  They "
     "connect and send nothing, or begin a message and stop.  Another client "
     "must be answered as quickly as before.  In a server where one thread "
     "serves all clients and waits for the rest of a message, one client stops "
     "all others.  Where only one client is served at a time, the other must "
     "be served once the silent one has left.",
     LESSON, check_silent, .after = FINDING_SERVES},
    {"neighbours.slow-reader", FINDING_SHOULD,
     "a client that sends 60000 messages and reads no answer",
     "others are served; it gets every answer when it reads",
     "A client with the smallest buffers sends messages to a server without "
     "delay, and does not read, until the kernel takes no more answers from "
     "the server: send then waits, or writes a part, or fails with EAGAIN.  "
     "Others must be served meanwhile, so an event loop must not wait in send. "
     " Then the client reads, and its answers are counted.  None may be lost "
     "or torn, as happens if the rest of a partial write is forgotten.",
     LESSON, check_slow_reader, .delay = "0", .after = FINDING_SERVES},
    {"neighbours.dribbling", FINDING_SHOULD,
     "clients that send one byte at a time",
     "others are served as quickly as without them",
     "As with silent clients, but these send a byte every two milliseconds, "
     "all of one long message.  A loop that reads until the message is "
     "complete serves nobody else meanwhile.  At the end their messages must "
     "be answered, too.",
     LESSON, check_dribbling, .after = FINDING_SERVES},
    {"neighbours.flooding", FINDING_SHOULD, "a client that never stops sending",
     "others get their turn",
     "A client sends message after message to a server without delay, so that "
     "there is always one to read, and reads the answers.  Another client must "
     "be served meanwhile.  A loop that reads from one client until nothing is "
     "left never comes to the next.",
     LESSON_LOOP, check_flooding, .delay = "0", .after = FINDING_SERVES},
    {"neighbours.vanishing", FINDING_SHOULD,
     "clients that vanish in the middle of a message or before an answer",
     "the server lives, and serves the others",
     "Clients end by a reset in the middle of a message, by a reset or an "
     "orderly close while answers are on their way, and by a close with an "
     "answer unread.  Writing to such a client fails and, unless the server "
     "has prevented that, raises SIGPIPE, whose default action ends the "
     "process.  Only that client's connection may end: all places must be "
     "there afterwards, and no worker may have died.",
     LESSON, check_vanishing, .after = FINDING_LIVES},
    {.name = NULL},
};

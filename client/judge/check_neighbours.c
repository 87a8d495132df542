/* What one rude client does to the others.
 *
 * How long the others wait is measured first without it, then with it; where
 * only one client is served at a time, they are looked at when it has left. */

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client/judge/finding.h"
#include "client/target/process_tree.h"
#include "client/judge/checks.h"
#include "client/judge/flood.h"
#include "common/clock.h"

#define RUDE_MAX     8 /* at the same time */
#define QUESTIONS    3 /* that a neighbour asks */
#define LOOKS        3 /* the best counts: others may use the machine, too */
#define SLOWER       5 /* times as slow as without a rude client, */
#define SLOWER_NS    (200 * CLOCK_MS) /* and so much, is no harm yet */
#define SETTLE_MS    30 /* until what was sent has arrived and been looked at */
#define STEP_MS      1
#define DRIBBLE_NS   (2 * CLOCK_MS) /* from byte to byte */
#define DRIBBLE_MAX  4000           /* bytes: still a message that is allowed */
#define SLOW_NS      (2 * CLOCK_MS) /* an answer that is not instant */
#define TIMES        5              /* that an answer is timed */
#define SAMPLE       500            /* messages that tell how many a second */
#define RATE_MIN     7500           /* a second: fewer cannot fill anything */
#define PILE         60000          /* answers: more than fit into the kernel */
#define WIDE_BUFFER  1000000
#define AHEAD_NS     (200 * CLOCK_MS) /* so much work is always to be had */
#define AHEAD_MAX    60000            /* messages */
#define VANISH_NS    (1500 * CLOCK_MS)
#define VANISH_MAX   6    /* rounds, of four clients */
#define VANISH_PILE  3000 /* messages that such a client leaves */
#define VANISH_QUICK 20   /* clients that vanish from a server without delay */
#define VANISH_WORK  9    /* messages in a round */
#define ETX          "\x03"
#define LESSON       "notes/11-bad-clients.md"
#define LESSON_LOOP  "notes/09-epoll.md"

enum rude_kind {
    RUDE_SILENT,   /* does nothing, or no more */
    RUDE_DRIBBLES, /* sends a byte now and then */
    RUDE_FLOODS,   /* always has more to say */
};

struct rude {
    enum rude_kind kind;
    int count;
    struct talk clients[RUDE_MAX];
    int64_t next_ns; /* byte of those that dribble */
    int dribbled;
    struct flood stream; /* of the one that floods */
    int64_t ahead;       /* bytes that it is ahead of the answers */
};

/* Goes on being rude. */
static void
step(struct rude *r)
{
    if (r->kind == RUDE_DRIBBLES && clock_now() >= r->next_ns &&
        r->dribbled < DRIBBLE_MAX) {
        for (int i = 0; i < r->count; i++)
            (void)talk_push(&r->clients[i], "x", 1);
        r->dribbled++;
        r->next_ns = clock_now() + DRIBBLE_NS;
    }
    if (r->kind == RUDE_FLOODS && !flood_over(&r->stream)) {
        struct flood *st = &r->stream;

        flood_hear(st);
        (void)flood_send(st,
                         (st->acks + st->naks) * (int64_t)st->unit + r->ahead);
    }
}

/* Is rude until there is something to read for t, or a moment comes.  Returns
 * whether there is. */
static bool
be_rude(struct rude *r, const struct talk *t, int64_t deadline_ns)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    int ms;

    do {
        if (r != NULL)
            step(r);
        ms = clock_timeout_ms(deadline_ns);
        if (r != NULL && r->kind != RUDE_SILENT && ms > STEP_MS)
            ms = STEP_MS;
        if (poll(&p, 1, ms) > 0)
            return true;
    } while (clock_now() < deadline_ns);
    return false;
}

/* A neighbour connects and asks some questions.  Fills in how long the slowest
 * answer took. */
static enum talk_result
ask(const struct target_server *s, struct rude *r, struct talk *t,
    int64_t *slowest_ns)
{
    int64_t began_ns = clock_now();
    enum talk_result result = target_server_visit(s, t);

    *slowest_ns = 0;
    for (int i = 0; i < QUESTIONS && result == TALK_OK; i++) {
        result = talk_say(t, "hello");
        if (result == TALK_OK)
            result = be_rude(r, t, clock_now() + s->limit_ns)
                         ? talk_hear(t, "ack", s->quiet_ns)
                         : TALK_SILENCE;
        if (clock_now() - began_ns > *slowest_ns)
            *slowest_ns = clock_now() - began_ns;
        began_ns = clock_now();
    }
    if (result == TALK_OK)
        (void)talk_say(t, "goodbye"); /* manners */
    talk_close(t);
    return result;
}

/* Asks without anybody being rude. */
static bool
ask_alone(const struct target_server *s, struct outcome *o, int64_t *alone_ns)
{
    struct talk t;
    enum talk_result result = ask(s, NULL, &t, alone_ns);

    if (result == TALK_OK)
        return true;
    finding_not_ok(o, "before anybody was rude: %s", talk_words(&t, result));
    return false;
}

/* Asks while somebody is rude.  Returns false if that does harm, and has set
 * the outcome. */
static bool
ask_meanwhile(const struct target_server *s, struct outcome *o, struct rude *r,
              int64_t alone_ns, int64_t *slowest_ns)
{
    int64_t bound_ns = SLOWER * alone_ns + SLOWER_NS;

    /* In a flood it is enough to be served at all. */
    if (r->kind == RUDE_FLOODS)
        bound_ns = s->limit_ns;
    *slowest_ns = CLOCK_NEVER;
    for (int i = 0; i<LOOKS && * slowest_ns> bound_ns; i++) {
        struct talk t;
        int64_t took_ns;
        enum talk_result result = ask(s, r, &t, &took_ns);

        if (!checks_lives(s, o))
            return false;
        if (result != TALK_OK) {
            finding_not_ok(o, "meanwhile another client: %s",
                           talk_words(&t, result));
            return false;
        }
        if (took_ns < *slowest_ns)
            *slowest_ns = took_ns;
    }
    if (*slowest_ns <= bound_ns)
        return true;
    finding_not_ok(o, "others wait %.0f ms meanwhile, %.0f ms without it",
                   1e3 * clock_seconds(*slowest_ns),
                   1e3 * clock_seconds(alone_ns));
    return false;
}

/* Returns for how many clients there is a place. */
static int
count_places(const struct target_server *s)
{
    struct talk a;
    struct talk b;
    int places = 1;

    if (s->at_once != TARGET_SERVER_UNKNOWN)
        return s->at_once;
    /* A failure of the first is seen elsewhere. */
    if (target_server_talk(s, &a) == TALK_OK) {
        places += target_server_talk(s, &b) == TALK_OK;
        talk_close(&b);
    }
    talk_close(&a);
    return places;
}

/* Where there is one place: somebody waits behind the rude ones, until they
 * leave. */
static bool
wait_behind(const struct target_server *s, struct outcome *o, struct rude *r,
            struct talk *t)
{
    enum talk_result result = target_server_visit(s, t);

    if (result == TALK_OK)
        result = talk_say(t, "hello");
    if (result == TALK_OK) {
        (void)be_rude(r, t, clock_now() + SETTLE_MS * CLOCK_MS);
        return true;
    }
    talk_close(t);
    if (checks_lives(s, o))
        finding_not_ok(o, "meanwhile another client: %s",
                       talk_words(t, result));
    return false;
}

/* They have left. */
static bool
is_served_now(const struct target_server *s, struct outcome *o, struct talk *t)
{
    enum talk_result result = talk_hear(t, "ack", s->limit_ns);

    talk_close(t);
    if (!checks_lives(s, o))
        return false;
    if (result == TALK_OK)
        return true;
    finding_not_ok(o, "when it has left, the next: %s", talk_words(t, result));
    return false;
}

static void
leave(struct rude *r)
{
    for (int i = 0; i < r->count; i++)
        talk_close(&r->clients[i]);
    r->count = 0;
}

/* Lets rude ones connect, of whom every second begins a message.  first: which
 * one does. */
static bool
come(const struct target_server *s, struct outcome *o, struct rude *r,
     int count, int first)
{
    for (r->count = 0; r->count < count; r->count++) {
        struct talk *t = &r->clients[r->count];
        enum talk_result result = target_server_visit(s, t);

        if (result == TALK_OK && r->count % 2 == first)
            result = talk_send(t, "half a mess", 11);
        if (result != TALK_OK) {
            talk_close(t);
            leave(r);
            finding_not_ok(o, "of %d clients one could not talk: %s", count,
                           talk_words(t, result));
            return false;
        }
    }
    (void)poll(NULL, 0, SETTLE_MS);
    return true;
}

/* Asks while the rude ones are there, or, if they have the only place, when
 * they have left. */
static bool
ask_around(const struct target_server *s, struct outcome *o, struct rude *r,
           int places, int64_t alone_ns, int64_t *slowest_ns)
{
    struct talk t;
    bool well;

    *slowest_ns = 0;
    if (places > 1)
        return ask_meanwhile(s, o, r, alone_ns, slowest_ns);
    well = wait_behind(s, o, r, &t);
    leave(r);
    return well && is_served_now(s, o, &t);
}

/* Sums up, when nobody was harmed. */
static void
tell(struct outcome *o, int places, int rude, const char *what,
     int64_t slowest_ns, int64_t alone_ns)
{
    if (places == 1)
        finding_ok(o, "one is served at a time: the next, when it has left");
    else
        finding_ok(o, "%d %s: others wait %.1f ms at most, %.1f ms without%s",
                   rude, what, 1e3 * clock_seconds(slowest_ns),
                   1e3 * clock_seconds(alone_ns), rude == 1 ? "" : " them");
}

static int
count_rude(int places)
{
    if (places <= 2)
        return 1;
    return places - 1 < RUDE_MAX ? places - 1 : RUDE_MAX;
}

static void
look_silent(struct target_server *s, struct outcome *o)
{
    int places = count_places(s);
    int count = count_rude(places);
    int64_t alone_ns;
    int64_t slowest_ns = 0;
    struct rude r;

    if (!ask_alone(s, o, &alone_ns))
        return;
    for (int first = 0; first < 2; first++) {
        int64_t took_ns;
        bool well;

        r = (struct rude){.kind = RUDE_SILENT};
        if (!come(s, o, &r, count, first))
            return;
        well = ask_around(s, o, &r, places, alone_ns, &took_ns);
        leave(&r);
        if (!well)
            return;
        if (took_ns > slowest_ns)
            slowest_ns = took_ns;
    }
    if (checks_serves(s, o, s->limit_ns))
        tell(o, places, count, "silent", slowest_ns, alone_ns);
}

/* Lets those that dribble end their messages.  Returns whether all of them are
 * answered. */
static bool
end_dribbling(const struct target_server *s, struct outcome *o, struct rude *r)
{
    for (int i = 0; i < r->count; i++) {
        struct talk *t = &r->clients[i];
        enum talk_result result = talk_send(t, ETX, 1);

        if (result == TALK_OK)
            result = talk_hear(t, "ack", s->limit_ns);
        if (result == TALK_OK)
            continue;
        finding_not_ok(o, "its own message, of %d bytes one by one: %s",
                       r->dribbled, talk_words(t, result));
        return false;
    }
    return true;
}

static void
look_dribbling(struct target_server *s, struct outcome *o)
{
    int places = count_places(s);
    int count = count_rude(places);
    int64_t alone_ns;
    int64_t slowest_ns = 0;
    struct rude r = {.kind = RUDE_DRIBBLES};
    struct talk t = {.fd = -1};
    bool well;

    if (!ask_alone(s, o, &alone_ns) || !come(s, o, &r, count, RUDE_MAX))
        return;
    /* The beginning, so that it is in mid-message. */
    (void)be_rude(&r, &t, clock_now() + SETTLE_MS * CLOCK_MS);
    well = places > 1 ? ask_meanwhile(s, o, &r, alone_ns, &slowest_ns)
                      : wait_behind(s, o, &r, &t);
    well = well && end_dribbling(s, o, &r);
    leave(&r);
    if (well && places == 1)
        well = is_served_now(s, o, &t);
    talk_close(&t);
    if (well && checks_serves(s, o, s->limit_ns))
        tell(o, places, count, "dribbling", slowest_ns, alone_ns);
}

/* Starts the server without a delay, and finds out how many of these messages
 * it answers in a second. */
static bool
time_many(struct target_server *s, struct outcome *o, const char *bytes,
          size_t len, size_t unit, int64_t *rate)
{
    struct flood st;
    int64_t answer_ns;
    bool all = true;

    if (!checks_restart(s, o, "0") || !checks_time(s, o, TIMES, &answer_ns))
        return false;
    *rate = CLOCK_S / answer_ns;
    if (answer_ns > SLOW_NS)
        return true;
    if (flood_open(&st, s, TALK_PLAIN, bytes, len, unit) != TALK_OK) {
        finding_not_ok(o, "cannot connect: %s",
                       talk_words(&st.talk, TALK_BROKEN));
        return false;
    }
    for (int i = 1; i <= LOOKS && all; i++) {
        int64_t began_ns = clock_now();
        int64_t now;

        all = flood_send_all(&st, SAMPLE * i * (int64_t)unit, s->limit_ns) &&
              flood_hear_all(&st, SAMPLE * i, s->limit_ns);
        now = SAMPLE * CLOCK_S / (clock_now() - began_ns);
        if (now > *rate)
            *rate = now;
    }
    if (!all && checks_lives(s, o))
        finding_not_ok(o, "%" PRId64 " answers to %d messages",
                       st.acks + st.naks, (int)(st.sent / (int64_t)unit));
    flood_close(&st);
    return all;
}

/* Ends a stream: nothing more is sent, and all answers are to come, and no
 * others. */
static bool
end_stream(const struct target_server *s, struct outcome *o, struct flood *st)
{
    int64_t unit = (int64_t)st->unit;
    int64_t messages = (st->sent + unit - 1) / unit;
    const char *why = "then nothing";

    (void)flood_send_all(st, messages * unit, s->limit_ns);
    if (flood_hear_all(st, messages, s->limit_ns)) {
        talk_half_close(&st->talk);
        (void)flood_hear_all(st, messages + 1, s->limit_ns);
    } else if (flood_over(st)) {
        (void)poll(NULL, 0, (int)(CHECKS_END_NS / CLOCK_MS));
    }
    if (!checks_lives(s, o))
        return false;
    if (st->acks == messages && st->naks == 0 && !st->wrong && !st->broken &&
        st->part_len == 0)
        return true;
    if (st->wrong)
        why = "then torn or foreign bytes";
    else if (st->broken)
        why = "then a reset";
    else if (st->ended)
        why = "then the end";
    finding_not_ok(
        o, "%" PRId64 " acks and %" PRId64 " naks to %" PRId64 " messages, %s",
        st->acks, st->naks, messages, why);
    return false;
}

/* Sends a pile of messages, and reads nothing, until the server has done what
 * it can. */
static void
pile_up(struct flood *st, int64_t rate)
{
    int64_t end_ns =
        clock_now() + PILE * CLOCK_S / rate + SLOWER_NS + PILE * CLOCK_US;

    while (clock_now() < end_ns) {
        struct pollfd p = {.fd = st->talk.fd, .events = POLLOUT};

        (void)flood_send(st, PILE * (int64_t)st->unit);
        if (st->sent == PILE * (int64_t)st->unit)
            p.events = 0;
        (void)poll(&p, 1, clock_timeout_ms(end_ns));
        if ((p.revents & (POLLERR | POLLHUP)) != 0)
            break;
    }
}

static void
look_slow_reader(struct target_server *s, struct outcome *o)
{
    static const char messages[] = "x" ETX "x" ETX "x" ETX "x" ETX "x" ETX
                                   "x" ETX "x" ETX "x" ETX "x" ETX "x" ETX;
    size_t len = sizeof(messages) - 1;
    struct rude r = {.kind = RUDE_SILENT};
    struct flood *st = &r.stream;
    struct talk t = {.fd = -1};
    int places = count_places(s);
    int64_t alone_ns;
    int64_t slowest_ns = 0;
    int64_t rate;
    bool well;

    if (!time_many(s, o, messages, len, 2, &rate) ||
        !ask_alone(s, o, &alone_ns))
        return;
    if (rate < RATE_MIN) {
        finding_unknown(o, "%" PRId64 " answers a second fill no buffers",
                        rate);
        return;
    }
    if (flood_open(st, s, TALK_SMALL, messages, len, 2) != TALK_OK) {
        finding_not_ok(o, "cannot connect: %s",
                       talk_words(&st->talk, TALK_BROKEN));
        return;
    }
    pile_up(st, rate);
    well = places > 1 ? ask_meanwhile(s, o, &r, alone_ns, &slowest_ns)
                      : wait_behind(s, o, &r, &t);
    flood_widen(st, WIDE_BUFFER);
    well = well && end_stream(s, o, st);
    flood_close(st);
    if (well && places == 1)
        well = is_served_now(s, o, &t);
    talk_close(&t);
    if (well && checks_serves(s, o, s->limit_ns))
        tell(o, places, PILE, "answers not read", slowest_ns, alone_ns);
}

static void
look_flooding(struct target_server *s, struct outcome *o)
{
    static const char message[] =
        "a message of sixty-four bytes, over and over again, without end" ETX;
    size_t len = sizeof(message) - 1;
    struct rude r = {.kind = RUDE_FLOODS};
    struct talk t = {.fd = -1};
    int places = count_places(s);
    int64_t alone_ns;
    int64_t slowest_ns = 0;
    int64_t rate;
    bool well;

    if (!time_many(s, o, message, len, len, &rate) ||
        !ask_alone(s, o, &alone_ns))
        return;
    r.ahead = rate * (AHEAD_NS / CLOCK_MS) / 1000;
    r.ahead = r.ahead > AHEAD_MAX ? AHEAD_MAX : r.ahead + 1;
    r.ahead *= (int64_t)len;
    if (flood_open(&r.stream, s, TALK_PLAIN, message, len, len) != TALK_OK) {
        finding_not_ok(o, "cannot connect: %s",
                       talk_words(&r.stream.talk, TALK_BROKEN));
        return;
    }
    (void)be_rude(&r, &t, clock_now() + SETTLE_MS * CLOCK_MS);
    well = places > 1 ? ask_meanwhile(s, o, &r, alone_ns, &slowest_ns)
                      : wait_behind(s, o, &r, &t);
    well = well && end_stream(s, o, &r.stream);
    flood_close(&r.stream);
    if (well && places == 1)
        well = is_served_now(s, o, &t);
    talk_close(&t);
    if (well && checks_serves(s, o, s->limit_ns))
        tell(o, places, 1, "flooding", slowest_ns, alone_ns);
}

/* Comes, and vanishes in one of four ways. */
static void
vanish(const struct target_server *s, int way)
{
    static const char messages[] = "one" ETX "two" ETX "three" ETX;
    struct talk t;

    /* If it cannot connect, that shows afterwards. */
    if (target_server_visit(s, &t) != TALK_OK)
        return;
    if (way == 0)
        (void)talk_send(&t, "half a mess", 11);
    else
        (void)talk_send(&t, messages, sizeof(messages) - 1);
    /* Closed with an answer unread: the kernel resets, when the server may just
     * be writing the next. */
    if (way == 3)
        (void)be_rude(NULL, &t, clock_now() + s->quiet_ns);
    /* Closed in order: the first answer is still taken, the second is not, and
     * writing it raises SIGPIPE. */
    if (way == 2 || way == 3)
        talk_close(&t);
    else
        talk_reset(&t);
}

/* Lets many vanish, and asks in between if there is a place to ask from. */
static bool
let_vanish(const struct target_server *s, struct outcome *o, int rounds,
           bool asking, int64_t *slowest_ns)
{
    *slowest_ns = 0;
    for (int i = 0; i < 4 * rounds; i++) {
        struct talk t;
        int64_t took_ns;
        enum talk_result result;

        vanish(s, i % 4);
        if (!checks_lives(s, o))
            return false;
        if (!asking || i % 4 != 3)
            continue;
        result = ask(s, NULL, &t, &took_ns);
        if (took_ns > *slowest_ns)
            *slowest_ns = took_ns;
        if (!checks_lives(s, o))
            return false;
        if (result != TALK_OK) {
            finding_not_ok(o, "when %d had vanished, another client: %s", i + 1,
                           talk_words(&t, result));
            return false;
        }
    }
    return true;
}

/* Lists the processes of a server that has just been started.  One that runs
 * already may have some that serve only one client, and end with it. */
static void
list_workers(const struct target_server *s, struct process_tree *m)
{
    if (s->command != NULL)
        process_tree_list(m, s->pid);
}

/* Tells whether all processes are there that were when m was listed. */
static bool
none_died(struct outcome *o, const struct process_tree *m, int clients)
{
    int gone = process_tree_ended(m);

    if (gone == 0)
        return true;
    finding_not_ok(o, "%d of its %d processes died of %d clients", gone,
                   m->count, clients);
    return false;
}

/* The same without a delay: now answers are on their way in great numbers when
 * the client closes. */
static bool
let_vanish_quickly(struct target_server *s, struct outcome *o)
{
    static char messages[2 * VANISH_PILE];
    struct process_tree members = {.count = 0};
    int64_t answer_ns;

    if (!checks_restart(s, o, "0"))
        return false;
    list_workers(s, &members);
    if (!checks_time(s, o, TIMES, &answer_ns))
        return false;
    if (answer_ns > SLOW_NS)
        return true;
    for (size_t i = 0; i < sizeof(messages); i += 2) {
        messages[i] = 'x';
        messages[i + 1] = *ETX;
    }
    for (int i = 0; i < VANISH_QUICK; i++) {
        struct talk t;

        /* If it cannot connect, that shows afterwards. */
        if (target_server_visit(s, &t) == TALK_OK)
            (void)talk_push(&t, messages, sizeof(messages));
        talk_close(&t);
    }
    return checks_recovers(s, o, 2 * s->limit_ns) &&
           none_died(o, &members, VANISH_QUICK);
}

static void
look_vanishing(struct target_server *s, struct outcome *o)
{
    int rounds = (int)(VANISH_NS / (VANISH_WORK * s->answer_ns));
    int64_t slowest_ns;
    struct process_tree members = {.count = 0};

    if (rounds < 1)
        rounds = 1;
    if (rounds > VANISH_MAX)
        rounds = VANISH_MAX;
    list_workers(s, &members);
    if (let_vanish(s, o, rounds, checks_places(s) > 1, &slowest_ns) &&
        checks_recovers(s, o,
                        s->limit_ns + rounds * VANISH_WORK * s->answer_ns) &&
        none_died(o, &members, 4 * rounds) && let_vanish_quickly(s, o))
        finding_ok(o, "%d vanished, all others were served",
                   4 * rounds + VANISH_QUICK);
}

const struct finding findings_neighbours[] = {
    {
        .name = "neighbours.silent",
        .tier = FINDING_SHOULD,
        .looked_at = "clients that say nothing, or stop in mid-message",
        .expected = "others are served as quickly as without them",
        .explained =
            "All places of the server but one (eight at most) are taken by "
            "clients that connect and say nothing, or begin a message and "
            "stop.  Another client asks and is to be answered as quickly as "
            "before.  A server that waits for the rest of a message where all "
            "wait for each other lets one client hold up everybody.  Where "
            "only one is served at a time the other waits: then it is to be "
            "served once the silent one has left.",
        .lesson = LESSON,
        .look = look_silent,
    },
    {
        .name = "neighbours.slow-reader",
        .tier = FINDING_SHOULD,
        .looked_at = "a client that sends 60000 messages and reads no answer",
        .expected = "others are served; it gets every answer when it reads",
        .explained =
            "The server is started without a delay.  A client with the "
            "smallest buffers sends messages and does not read, until the "
            "kernel takes no more answers from the server: send then waits, "
            "or writes a part, or fails with EAGAIN.  Others are to be served "
            "meanwhile: an event loop must not wait in send.  Then the client "
            "reads, and its answers are counted: none may be lost or torn, "
            "as they are if the rest of a partial write is forgotten.",
        .lesson = LESSON,
        .look = look_slow_reader,
    },
    {
        .name = "neighbours.dribbling",
        .tier = FINDING_SHOULD,
        .looked_at = "clients that send one byte at a time",
        .expected = "others are served as quickly as without them",
        .explained =
            "As with silent clients, but these send a byte every two "
            "milliseconds, all of one long message.  A loop that reads until "
            "the message is complete serves nobody else meanwhile.  At the "
            "end their messages are to be answered, too.",
        .lesson = LESSON,
        .look = look_dribbling,
    },
    {
        .name = "neighbours.flooding",
        .tier = FINDING_SHOULD,
        .looked_at = "a client that never stops talking",
        .expected = "others get their turn",
        .explained =
            "The server is started without a delay.  A client sends message "
            "after message, so that there always is one to be read, and takes "
            "in the answers.  Another client is to be served meanwhile.  A "
            "loop that reads from one client until nothing is left never "
            "comes to the next.",
        .lesson = LESSON_LOOP,
        .look = look_flooding,
    },
    {
        .name = "neighbours.vanishing",
        .tier = FINDING_SHOULD,
        .looked_at = "clients that vanish in mid-message or before an answer",
        .expected = "the server lives, and serves the others",
        .explained =
            "Clients end by a reset in mid-message, by a reset or an orderly "
            "close with answers on their way, and by a close with an answer "
            "not read.  Writing to such a client fails, and unless the server "
            "has seen to it raises SIGPIPE, whose default action ends the "
            "process.  It is the client's end, and nobody else's: all places "
            "are to be there afterwards, and no worker is to have died.",
        .lesson = LESSON,
        .look = look_vanishing,
    },
    {.name = NULL},
};

/* The services echo and upper, the frame length, and the first answer of each
 * service: is every byte right, wherever messages are cut? */

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/play/message.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/log.h"

#define FEW        5                /* messages in one piece */
#define MANY       2000             /* more bytes than the kernel keeps, */
#define MANY_BYTES 1000             /* with so many in each message */
#define BYTE_NS    (2 * CLOCK_MS)   /* between two bytes */
#define UNREAD_NS  (300 * CLOCK_MS) /* without progress: the server waits */
#define AT_ONCE    4                /* clients that ask at the same moment */
#define MESSAGES   3                /* of a client, then */
#define WORK       "200ms"
#define WORK_NS    (200 * CLOCK_MS)
#define LESSON     "notes/protocol.md"

#define REPEATS (FINDING_OF(PLAN_ECHO) | FINDING_OF(PLAN_UPPER))
#define ALL_OTHERS                                              \
    (REPEATS | FINDING_OF(PLAN_DAYTIME) | FINDING_OF(PLAN_KV) | \
     FINDING_OF(PLAN_FILE))
#define WITH_FRAMES (ALL_OTHERS & ~FINDING_OF(PLAN_DAYTIME))

/* Returns some messages of the server's service, which are not goodbye. */
static struct plan
plan_of(const struct target_server *s, int size)
{
    struct plan plan = s->asks;

    plan.size = size;
    plan.messages = INT_MAX;
    return plan;
}

/* Returns the bytes of the first messages of a plan, which the caller frees. */
static char *
make_messages(const struct plan *plan, int count, size_t *len)
{
    char *bytes;
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += message_bytes(plan, i);
    bytes = malloc(size);
    if (bytes == NULL)
        die("memory for messages");
    *len = 0;
    for (int i = 0; i < count; i++)
        *len += message_copy(plan, i, 0, bytes + *len, size - *len);
    return bytes;
}

/* Writes what a probe has seen of so many answers. */
static void
report(struct outcome *o, const struct probe *p, int64_t due)
{
    if (p->result == PROBE_OK)
        finding_ok(o, "%" PRId64 " right answer%s", due, text_plural(due));
    else if (p->result == PROBE_WRONG)
        finding_not_ok(o, "behind %" PRId64 " right answer%s, '%s' came",
                       p->answers, text_plural(p->answers), p->got);
    else
        finding_not_ok(o, "%" PRId64 " of %" PRId64 " right answers, then %s",
                       p->answers, due,
                       p->result == PROBE_SILENT ? "nothing" : probe_words(p));
    o->by_time = p->result == PROBE_SILENT;
}

/* Sends so many messages of this size and expects the right answers: in one
 * piece, or byte by byte if pause_ns is not 0; the client ends its input behind
 * them if that is asked for. */
static void
check_messages(const struct target_server *s, struct outcome *o, int size,
               int count, int64_t pause_ns, bool ends)
{
    const struct plan plan = plan_of(s, size);
    size_t len;
    char *bytes = make_messages(&plan, count, &len);
    struct probe p;

    probe_open(&p, s);
    p.asks = &plan;
    p.pause_ns = pause_ns;
    p.bytes = bytes;
    p.len = len;
    p.to_send = (int64_t)len;
    if (ends) {
        probe_send(&p, bytes, len);
        probe_half_close(&p);
    }
    probe_receive_any(&p, count, s->limit_ns,
                      s->limit_ns + (int64_t)len * pause_ns);
    if (ends)
        probe_receive_end(&p, s->limit_ns);
    report(o, &p, count);
    if (p.result != PROBE_OK && p.answers == count)
        finding_not_ok(o, "%d right answers, then %s", count,
                       p.result == PROBE_SILENT ? "not the end"
                                                : probe_words(&p));
    probe_leave(&p);
    free(bytes);
}

static void
check_message(struct target_server *s, struct outcome *o)
{
    struct probe p;

    probe_open(&p, s);
    probe_ask(&p, NULL);
    if (p.result == PROBE_OK && s->asks.service == PLAN_DAYTIME) {
        probe_receive_end(&p, s->limit_ns);
        if (p.result == PROBE_SILENT) {
            finding_not_ok(o, "a line, then not the end");
            probe_leave(&p);
            return;
        }
    }
    report(o, &p, 1);
    probe_leave(&p);
}

static void
check_glued(struct target_server *s, struct outcome *o)
{
    check_messages(s, o, PLAN_SIZE_NATURAL, FEW, 0, false);
}

static void
check_split(struct target_server *s, struct outcome *o)
{
    check_messages(s, o, PLAN_SIZE_NATURAL, 2, BYTE_NS, false);
}

static void
check_longest(struct target_server *s, struct outcome *o)
{
    check_messages(s, o, FRAME_MAX, 1, 0, false);
}

static void
check_empty(struct target_server *s, struct outcome *o)
{
    check_messages(s, o, 0, 2, 0, false);
}

static void
check_nak(struct target_server *s, struct outcome *o)
{
    check_messages(s, o, FRAME_MAX + 1, 2, 0, false);
}

static void
check_end(struct target_server *s, struct outcome *o)
{
    check_messages(s, o, PLAN_SIZE_NATURAL, FEW, 0, true);
}

/* Lets a client that has sent a part of some messages complete the last of
 * them, and no more.  One that has sent nothing yet sends one.  Returns how
 * many there are. */
static int
complete_last(struct probe *p, const struct plan *plan)
{
    int count = 0;

    p->to_send = 0;
    do
        p->to_send += (int64_t)message_bytes(plan, count++);
    while (p->to_send < p->sent);
    return count;
}

/* Sends many messages and reads no answer until the server takes no more, or
 * all are sent; then reads. */
static void
check_unread(struct target_server *s, struct outcome *o)
{
    const struct plan plan = plan_of(s, MANY_BYTES);
    size_t len;
    char *bytes = make_messages(&plan, MANY, &len);
    struct probe p = {.fd = -1, .asks = &plan, .small_buffer = true};
    int count;

    probe_connect(&p, s);
    p.bytes = bytes;
    p.len = len;
    p.to_send = (int64_t)len;
    probe_wait(&p, 1, PROBE_SENT, UNREAD_NS, s->limit_ns);
    count = complete_last(&p, &plan);
    probe_receive_any(&p, count, s->limit_ns,
                      s->limit_ns + count * s->answer_max_ns);
    report(o, &p, count);
    probe_leave(&p);
    free(bytes);
}

/* A client asks while another one sends many messages and reads no answer. */
static void
check_slow_reader(struct target_server *s, struct outcome *o)
{
    bool file = s->asks.service == PLAN_FILE;
    const struct plan plan = plan_of(s, file ? PLAN_SIZE_NATURAL : MANY_BYTES);
    size_t len;
    char *bytes = make_messages(&plan, MANY, &len);
    struct probe slow = {.fd = -1, .small_buffer = true};
    struct probe other;

    probe_connect(&slow, s);
    probe_open(&other, s);
    probe_ask(&other, NULL);
    if (other.result == PROBE_SILENT)
        finding_skipped(o, "one client is served at a time");
    else if (checks_probe(&other, o, "before that, another client")) {
        slow.bytes = bytes;
        slow.len = len;
        slow.to_send = (int64_t)len;
        probe_wait(&slow, 1, PROBE_SENT, UNREAD_NS, s->limit_ns);
        (void)target_server_pause(s, UNREAD_NS);
        probe_ask(&other, NULL);
        if (checks_probe(&other, o, "meanwhile another client"))
            finding_ok(o, "another client is served meanwhile");
    }
    probe_leave(&other);
    probe_close(&slow);
    free(bytes);
}

/* Clients that all send the messages of the same plan. */
struct askers {
    struct plan plan;
    char *bytes; /* MESSAGES of them */
    size_t len;
    struct probes all;
};

static void
askers_connect(struct askers *a, const struct target_server *s, int count)
{
    int first = a->all.count;

    probes_connect(&a->all, s, count, PROBES_NOTHING);
    for (int i = first; i < a->all.count; i++) {
        struct probe *p = &a->all.list[i];

        p->asks = &a->plan;
        p->expected = NULL;
        p->bytes = a->bytes;
        p->len = a->len;
    }
}

/* Lets each client from the one with number first on send its next message.
 * Returns how long it takes until all are answered, or none has been answered
 * for silence_ns. */
static int64_t
askers_ask(struct askers *a, int first, int64_t silence_ns)
{
    int64_t began_ns = clock_now();

    for (int i = first; i < a->all.count; i++) {
        struct probe *p = &a->all.list[i];

        if (p->fd == -1)
            continue;
        p->to_send += (int64_t)message_bytes(&a->plan, (int)p->answers_due);
        p->answers_due++;
    }
    probes_wait(&a->all, PROBE_ANSWERED, silence_ns, AT_ONCE * silence_ns);
    return clock_now() - began_ns;
}

/* Tells whether each client that is connected has its answers; if not, sets the
 * outcome. */
static bool
askers_answered(const struct askers *a, struct outcome *o)
{
    for (int i = 0; i < a->all.count; i++) {
        const struct probe *p = &a->all.list[i];

        if (p->fd == -1 || p->answers == p->answers_due)
            continue;
        report(o, p, p->answers_due);
        o->by_time = true;
        return false;
    }
    return true;
}

/* The client that is alone asks twice, since the server may start a program
 * for it, and the shorter time counts.  Others that are not served beside it
 * leave. */
static void
time_askers(struct askers *a, const struct target_server *s, struct outcome *o)
{
    int64_t alone_ns;
    int64_t took_ns;
    int served;

    askers_connect(a, s, 1);
    alone_ns = askers_ask(a, 0, s->limit_ns);
    took_ns = askers_ask(a, 0, s->limit_ns);
    if (took_ns < alone_ns)
        alone_ns = took_ns;
    if (!askers_answered(a, o))
        return;
    askers_connect(a, s, AT_ONCE - 1);
    (void)askers_ask(a, 1, 2 * alone_ns + s->silence_ns);
    probes_close_those(&a->all, PROBES_WAITING);
    served = probes_count(&a->all, PROBES_SERVED);
    took_ns = askers_ask(a, 0, s->limit_ns);
    if (!askers_answered(a, o))
        return;
    /* Otherwise it is not the work that takes the time. */
    if (alone_ns < WORK_NS / 2 || alone_ns > 3 * WORK_NS)
        finding_unknown(o,
                        "a message takes %.0f ms, and should take " WORK
                        " (is {delay} in the command?)",
                        1e3 * clock_seconds(alone_ns));
    else if (served < 2)
        finding_skipped(o, "one client is served at a time");
    /* One after another they take served times as long, two at a time half of
     * that. */
    else if (took_ns > served * alone_ns / 4 * 3)
        finding_late(o,
                     "%d messages at the same moment take %.1f times as long "
                     "as one, though %d clients are served at once",
                     served, (double)took_ns / (double)alone_ns, served);
    else
        finding_ok(o,
                   "%d messages at the same moment take %.1f times as long as "
                   "one",
                   served, (double)took_ns / (double)alone_ns);
}

static void
check_at_once(struct target_server *s, struct outcome *o)
{
    struct askers a = {.plan = plan_of(s, PLAN_SIZE_NATURAL)};

    a.bytes = make_messages(&a.plan, MESSAGES, &a.len);
    time_askers(&a, s, o);
    probes_leave(&a.all);
    probes_close(&a.all);
    free(a.bytes);
}

/* Bytes that cannot be the beginning of a length, behind a message. */
static void
check_error(struct target_server *s, struct outcome *o)
{
    static const char *const errors[] = {
        "x", "     -", "       1 ", "          ", "      4097", "9999999999"};
    const struct plan plan = plan_of(s, PLAN_SIZE_NATURAL);

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        size_t len;
        char *message = make_messages(&plan, 1, &len);
        struct probe p;

        probe_open(&p, s);
        p.asks = plan.service == PLAN_ACK ? NULL : &plan;
        p.expected = plan.service == PLAN_ACK ? "ack" : NULL;
        probe_send(&p, message, len);
        free(message);
        probe_send(&p, errors[i], strlen(errors[i]));
        probe_receive_any(&p, 1, s->limit_ns, s->limit_ns);
        if (p.result != PROBE_OK) {
            report(o, &p, 1);
            finding_add(o, ", to the message before '%s'", errors[i]);
            probe_close(&p);
            return;
        }
        probe_receive_end(&p, s->limit_ns);
        /* It may close with a reset: the client has broken the rules. */
        if (p.result == PROBE_SILENT || p.result == PROBE_WRONG) {
            finding_not_ok(o, "after '%s', %s", errors[i],
                           p.result == PROBE_SILENT ? "it does not close"
                                                    : probe_words(&p));
            o->by_time = p.result == PROBE_SILENT;
            probe_close(&p);
            return;
        }
        probe_close(&p);
    }
    finding_ok(o, "it closes after each of %zu",
               sizeof(errors) / sizeof(errors[0]));
}

static void
check_goodbye(struct target_server *s, struct outcome *o)
{
    struct probe p;

    probe_open(&p, s);
    probe_ask(&p, "goodbye");
    report(o, &p, 1);
    probe_leave(&p);
}

const struct finding findings_service[] = {
    {"service.message", FINDING_MUST, "one message", "the right answer",
     "The client sends a message, and compares each byte of the answer.  For "
     "daytime it sends nothing, and expects a line and then the end.",
     LESSON, check_message,
     .mend = "Look at what comes, with bin/client --interactive: is the answer "
             "framed as the messages are?",
     .services = ALL_OTHERS | FINDING_OF(PLAN_ACK)},
    {"service.glued", FINDING_MUST, "five messages in one piece",
     "the right answer to each, in their order",
     "TCP carries bytes and knows nothing of messages.  The client sends five "
     "messages in one piece, so one recv may bring all of them.",
     LESSON, check_glued,
     .mend = "After an answer, look for the next message in the bytes that "
             "have come before you call recv.",
     .services = WITH_FRAMES, .only_waits = true},
    {"service.split", FINDING_MUST, "two messages, byte by byte",
     "the right answer to each",
     "The client sends one byte at a time.  In the frame length, the ten "
     "characters come in ten pieces, too.",
     LESSON, check_split,
     .mend = "Keep what has come, and work on a message only when all of it "
             "is there.",
     .services = WITH_FRAMES, .only_waits = true},
    {"service.end-of-input", FINDING_MUST,
     "five messages, and then the end of the client's input",
     "five right answers, then the end",
     "The client says that it sends no more (shutdown), and still reads.  "
     "Whole messages must be answered before the server closes.",
     LESSON, check_end,
     .mend = "When recv returns 0, answer what is complete, and close then.",
     .services = WITH_FRAMES, .only_waits = true},
    {"service.longest", FINDING_MUST, "a message of 4096 bytes",
     "each of its bytes, at its place",
     "This is the longest message that is allowed.  No byte in it is the same "
     "as the one before, so lost and moved bytes show.  In the frame length, "
     "every value of a byte is among them.",
     LESSON, check_longest,
     .mend = "Use the length of the message, and not its first zero byte, to "
             "copy it.  A recv, and a send, may end anywhere in it.",
     .services = REPEATS, .only_waits = true},
    {"service.empty", FINDING_MUST, "two messages of no bytes",
     "an empty answer to each",
     "A message may be empty.  Then the answer is a frame with nothing in it.",
     LESSON, check_empty,
     .mend = "Do not take 0 bytes of text for the end of the conversation.",
     .services = REPEATS, .only_waits = true},
    {"service.too-long", FINDING_SHOULD, "two messages of 4097 bytes",
     "nak to each, framed",
     "A message that is too long is answered with nak in its turn, and the "
     "conversation goes on.",
     LESSON, check_nak,
     .mend = "Count the bytes up to the ETX; drop them if they are more than "
             "4096, and answer nak in the frame of the other answers.",
     .services = REPEATS, .frame = FINDING_ETX, .only_waits = true},
    {"service.unread", FINDING_MUST,
     "messages of 1000 bytes, sent without reading an answer",
     "all answers, when the client reads",
     "Answers are as large as messages.  A client that does not read fills the "
     "buffers of the kernel in both directions.  A good server then stops "
     "reading, too, until the client takes its answers.  Nothing may be lost.",
     "notes/protocol.md", check_unread,
     .mend = "If send takes a part of an answer, or nothing, keep the rest, "
             "and read no further messages of this client until it is out.",
     .delay = "0", .services = REPEATS, .after = FINDING_LIVES},
    {"service.at-once", FINDING_MUST,
     "a message of each of four clients, at the same moment",
     "they take clearly less time than one after another",
     "Four clients are connected and have been served once; those that must "
     "wait until another leaves are left out.  Then each sends a message at "
     "the same moment.  If that takes as long as the four messages take one "
     "after another, the server works on one at a time, although it serves "
     "several clients: a loop sleeps, or threads hold a lock while they wait.  "
     "A server that serves one client at a time is correct, too.",
     "notes/28-where-is-the-state.md", check_at_once,
     .mend = "Take the lock after the wait, and only to read and change what "
             "is shared.  In an event loop, remember when the work is over, "
             "and serve others until then.",
     .delay = WORK, .services = WITH_FRAMES},
    {"service.slow-reader", FINDING_SHOULD,
     "a client that sends messages, and reads no answer",
     "another client is served meanwhile",
     "The kernel takes answers for a client that does not read only until its "
     "buffers are full.  Then send waits, or says EAGAIN.  A server whose only "
     "thread waits in send, or that holds a lock meanwhile, serves nobody "
     "until that client reads.  If the server serves one client at a time, the "
     "other one has to wait in any case.",
     "notes/32-bad-clients.md", check_slow_reader,
     .mend = "Never hold a lock while you send.  In an event loop, make all "
             "sockets non-blocking, keep the rest of the answer, and go on "
             "when poll says that the socket can be written.",
     .delay = "0", .services = REPEATS | FINDING_OF(PLAN_FILE),
     .depends_on = "service.at-once"},
    {"frame.error", FINDING_MUST,
     "a message, and then characters that are no length",
     "the answer to the message, then the end",
     "After a wrong length, nobody can know where the next message begins.  So "
     "the server answers what came before, and closes, at the first character "
     "that shows the error.  The client sends 'x', '     -', '       1 ', ten "
     "blanks, 4097 and 9999999999.",
     LESSON, check_error,
     .mend = "Check each of the ten characters: blanks, then digits, the last "
             "one a digit; and the number, before you allocate memory for it.",
     .services = WITH_FRAMES | FINDING_OF(PLAN_ACK), .frame = FINDING_LENGTH,
     .only_waits = true, .after = FINDING_LIVES},
    {"frame.goodbye", FINDING_SHOULD, "the message goodbye",
     "the same as to any other message",
     "Where a message says its length, no text ends the conversation: the end "
     "of the input does.",
     LESSON, check_goodbye,
     .mend = "Compare with goodbye in the frame etx only.", .services = REPEATS,
     .frame = FINDING_LENGTH, .only_waits = true},
    {.name = NULL},
};

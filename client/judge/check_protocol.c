/* Every line of the protocol, each as a conversation of one client. */

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client/judge/finding.h"
#include "client/judge/checks.h"
#include "common/clock.h"

#define LONGEST       4096 /* bytes in a message */
#define PIPELINED     1000 /* messages */
#define PIPELINED_MIN 3
#define PIPELINED_NS  (2 * CLOCK_S) /* for their answers */
#define APART_MS      10    /* so that two pieces arrive one after the other */
#define JUNK          50000 /* bytes behind goodbye, more than is read at once */
#define LESSON        "notes/protocol.md"
#define LESSON_BYTES  "notes/01-bytes-are-not-messages.md"
#define LESSON_END    "notes/12-stopping.md"
#define ANSWER_LEN    3

enum step_kind {
    STEP_SEND,    /* these bytes, in one piece */
    STEP_HEAR,    /* these answers */
    STEP_NOTHING, /* nothing comes */
    STEP_END,     /* the server closes, without another word */
    STEP_FINISH,  /* the client sends no more, but listens */
    STEP_PAUSE,
    STEP_DONE,
};

struct step {
    enum step_kind kind;
    const char *bytes;
    size_t len;
};

/* clang-format off */
#define SEND(text) {STEP_SEND, text, sizeof(text) - 1}
#define HEAR(text) {STEP_HEAR, text, 0}
#define NOTHING    {STEP_NOTHING, NULL, 0}
#define END        {STEP_END, NULL, 0}
#define FINISH     {STEP_FINISH, NULL, 0}
#define PAUSE      {STEP_PAUSE, NULL, 0}
#define DONE       {STEP_DONE, NULL, 0}
/* clang-format on */

/* Waits for the answers in text, one after the other, and counts them. */
static enum talk_result
hear(const struct target_server *s, struct talk *t, const char *text,
     int *answers)
{
    enum talk_result result = TALK_OK;
    char answer[ANSWER_LEN + 1];

    for (; *text != '\0' && result == TALK_OK; text += ANSWER_LEN) {
        snprintf(answer, sizeof(answer), "%.3s", text);
        result = talk_hear(t, answer, s->limit_ns);
        *answers += result == TALK_OK;
    }
    return result;
}

static enum talk_result
take_step(const struct target_server *s, struct talk *t,
          const struct step *step, int *answers)
{
    enum talk_result result;

    switch (step->kind) {
    case STEP_SEND:
        return talk_send(t, step->bytes, step->len);
    case STEP_HEAR:
        return hear(s, t, step->bytes, answers);
    case STEP_NOTHING:
        result = talk_hear_nothing(t, s->quiet_ns);
        return result == TALK_SILENCE ? TALK_OK : result;
    case STEP_END:
        return talk_hear_end(t, s->limit_ns);
    case STEP_FINISH:
        talk_half_close(t);
        return TALK_OK;
    case STEP_PAUSE:
        (void)poll(NULL, 0, APART_MS);
        return TALK_OK;
    case STEP_DONE:
        break;
    }
    return TALK_OK;
}

static const char *
plural(int n)
{
    return n == 1 ? "" : "s";
}

/* Says that a step did not go as it should. */
static void
blame(const struct target_server *s, struct outcome *o, const struct talk *t,
      enum talk_result result, int answers)
{
    if (!target_server_lives(s))
        finding_not_ok(o, "the server has ended");
    else if (t->fd == -1 && result == TALK_BROKEN && answers == 0)
        finding_not_ok(o, "cannot connect: %s", talk_words(t, result));
    else
        finding_not_ok(o, "%d answer%s, then %s", answers, plural(answers),
                       talk_words(t, result));
}

/* Plays a conversation.  If all steps go as they should, that is ok. */
static void
play(struct target_server *s, struct outcome *o, const struct step *script)
{
    bool ended = false;
    int answers = 0;
    struct talk t;
    enum talk_result result = target_server_visit(s, &t);

    for (; result == TALK_OK && script->kind != STEP_DONE; script++) {
        result = take_step(s, &t, script, &answers);
        ended = script->kind == STEP_END;
    }
    if (result != TALK_OK)
        blame(s, o, &t, result, answers);
    else
        finding_ok(o, "%d answer%s%s", answers, plural(answers),
                   ended ? ", then the end" : "");
    talk_close(&t);
}

static void
look_message(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("hello\3"), HEAR("ack"), NOTHING,
                                         DONE};

    play(s, o, script);
}

static void
look_several(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {
        SEND("one\3"),   HEAR("ack"), SEND("two\3"), HEAR("ack"),
        SEND("three\3"), HEAR("ack"), NOTHING,       DONE};

    play(s, o, script);
}

static void
look_split(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {
        SEND("o"),   PAUSE,       SEND("ne\3"), HEAR("ack"),   SEND("on"),
        PAUSE,       SEND("e\3"), HEAR("ack"),  SEND("one"),   PAUSE,
        SEND("\3"),  HEAR("ack"), SEND("o"),    PAUSE,         SEND("n"),
        PAUSE,       SEND("e"),   PAUSE,        SEND("\3two"), HEAR("ack"),
        PAUSE,       SEND("\3t"), HEAR("ack"),  PAUSE,         SEND("hree\3"),
        HEAR("ack"), NOTHING,     DONE};

    play(s, o, script);
}

static void
look_glued(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {
        SEND("one\3two\3"), HEAR("ackack"), SEND("one\3two\3three\3"),
        HEAR("ackackack"),  NOTHING,        DONE};

    play(s, o, script);
}

/* Returns how many messages are sent at once: one that runs already may have a
 * delay. */
static int
pipelined_messages(const struct target_server *s)
{
    int64_t count = PIPELINED_NS / (s->answer_ns + 1);

    if (s->command != NULL || count > PIPELINED)
        return PIPELINED;
    return count < PIPELINED_MIN ? PIPELINED_MIN : (int)count;
}

/* Many messages in one piece, more than a server reads at once. */
static void
look_pipelined(struct target_server *s, struct outcome *o)
{
    static const char message[] = "a message of some length\3";
    static char all[PIPELINED * sizeof(message)];
    int count = pipelined_messages(s);
    size_t len = 0;
    enum talk_result result;
    int answers = 0;
    struct talk t;

    if (!checks_restart(s, o, "0"))
        return;
    for (int i = 0; i < count; i++, len += sizeof(message) - 1)
        memcpy(all + len, message, sizeof(message) - 1);
    result = target_server_visit(s, &t);
    if (result == TALK_OK)
        result = talk_send(&t, all, len);
    while (result == TALK_OK && answers < count)
        result = hear(s, &t, "ack", &answers);
    if (result == TALK_OK)
        result = talk_hear_nothing(&t, s->quiet_ns);
    if (result == TALK_SILENCE && answers == count)
        finding_ok(o, "%d answers", answers);
    else
        blame(s, o, &t, result, answers);
    talk_close(&t);
}

static void
look_empty(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("\3"),     HEAR("ack"),
                                         SEND("\3\3\3"), HEAR("ackackack"),
                                         NOTHING,        DONE};

    play(s, o, script);
}

static void
look_control(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("a\0b\3"),
                                         HEAR("ack"),
                                         SEND("\0\3"),
                                         HEAR("ack"),
                                         SEND("goodbye\0\3"),
                                         HEAR("ack"),
                                         SEND("\1\2\177\r\n\3"),
                                         HEAR("ack"),
                                         NOTHING,
                                         DONE};

    play(s, o, script);
}

/* Fills a message of so many bytes, which ends in tail; returns its length. */
static size_t
fill(char *out, size_t len, const char *tail)
{
    memset(out, 'x', len);
    memcpy(out + len - strlen(tail), tail, strlen(tail));
    out[len] = '\3';
    return len + 1;
}

static void
look_longest(struct target_server *s, struct outcome *o)
{
    static char message[LONGEST + 1];
    struct step script[] = {{STEP_SEND, message, fill(message, LONGEST, "")},
                            HEAR("ack"),
                            {STEP_SEND, message, fill(message, LONGEST, "")},
                            HEAR("ack"),
                            NOTHING,
                            DONE};

    play(s, o, script);
}

static void
look_too_long(struct target_server *s, struct outcome *o)
{
    static char a[LONGEST + 2];
    static char b[LONGEST + 8];
    static char c[16 * LONGEST + 1];
    struct step script[] = {{STEP_SEND, a, fill(a, LONGEST + 1, "")},
                            HEAR("nak"),
                            SEND("hello\3"),
                            HEAR("ack"),
                            /* Its tail is no message. */
                            {STEP_SEND, b, fill(b, LONGEST + 7, "goodbye")},
                            HEAR("nak"),
                            SEND("hello\3"),
                            HEAR("ack"),
                            {STEP_SEND, c, fill(c, sizeof(c) - 1, "")},
                            HEAR("nak"),
                            SEND("hello\3"),
                            HEAR("ack"),
                            NOTHING,
                            DONE};

    play(s, o, script);
}

static void
look_not_ascii(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("h\200llo\3"),
                                         HEAR("nak"),
                                         SEND("hello\3"),
                                         HEAR("ack"),
                                         SEND("\377\3"),
                                         HEAR("nak"),
                                         SEND("hello\3"),
                                         HEAR("ack"),
                                         NOTHING,
                                         DONE};

    play(s, o, script);
}

static void
look_order(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {
        SEND("one\3b\200d\3two\3b\200d\3b\200d\3three\3"),
        HEAR("acknakacknaknakack"), NOTHING, DONE};

    play(s, o, script);
}

static void
look_goodbye(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("hello\3"), HEAR("ack"),
                                         SEND("goodbye\3"), END, DONE};

    play(s, o, script);
}

static void
look_goodbyes(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("goodbyes\3"),
                                         HEAR("ack"),
                                         SEND(" goodbye\3"),
                                         HEAR("ack"),
                                         SEND("goodby\3"),
                                         HEAR("ack"),
                                         SEND("Goodbye\3"),
                                         HEAR("ack"),
                                         SEND("good"),
                                         PAUSE,
                                         SEND("bye\3"),
                                         END,
                                         DONE};

    play(s, o, script);
}

static void
look_end_of_input(struct target_server *s, struct outcome *o)
{
    static const struct step script[] = {SEND("one\3two\3thr"), FINISH,
                                         HEAR("ackack"), END, DONE};

    play(s, o, script);
}

/* The client reads only when all is long over: had the server closed with input
 * unread, the kernel would have thrown its answers away. */
static void
look_last_answers(struct target_server *s, struct outcome *o)
{
    static char message[64 + JUNK];
    static const char words[] = "one\3two\3three\3goodbye\3";
    enum talk_result result;
    int answers = 0;
    struct talk t;

    memset(message, 'x', sizeof(message));
    memcpy(message, words, sizeof(words) - 1);
    result = target_server_visit(s, &t);
    if (result == TALK_OK)
        result = talk_send(&t, message, sizeof(words) - 1 + JUNK);
    (void)poll(NULL, 0,
               (int)((ANSWER_LEN * s->answer_ns + s->quiet_ns) / CLOCK_MS));
    if (result == TALK_OK)
        result = hear(s, &t, "ackackack", &answers);
    if (result == TALK_OK)
        result = talk_hear_end(&t, s->limit_ns);
    if (result == TALK_OK)
        finding_ok(o, "%d answers, then the end", answers);
    else
        blame(s, o, &t, result, answers);
    talk_close(&t);
}

const struct finding findings_protocol[] = {
    {"protocol.message", FINDING_MUST, "one message", "one answer",
     "A client sends one message and its ETX.  It is to get ack, and then "
     "nothing more.",
     LESSON, look_message},
    {"protocol.several", FINDING_MUST, "three messages, one after the other",
     "an answer to each",
     "A client sends a message, waits for ack, and does so three times on one "
     "connection.",
     LESSON, look_several},
    {"protocol.split", FINDING_MUST, "messages in pieces, cut anywhere",
     "an answer to each message, not to each piece",
     "TCP carries bytes, not messages: one may come in several pieces, and a "
     "piece may hold the end of one and the beginning of the next.  Messages "
     "are sent in pieces, a moment apart; a server that takes each read for a "
     "message answers too often, one that forgets the beginning not at all.",
     LESSON_BYTES, look_split},
    {"protocol.glued", FINDING_MUST, "two and three messages in one piece",
     "an answer to each",
     "Several messages may come in one read.  A server that looks for one "
     "message in each read answers once, and loses the others or keeps them "
     "until something more comes.",
     LESSON_BYTES, look_glued},
    {"protocol.pipelined", FINDING_MUST, "a thousand messages in one piece",
     "an answer to each",
     "A client may send without waiting for answers.  More comes than is read "
     "at once: a server that waits for news of the socket although bytes are "
     "left in it, or in its buffer, stops in the middle.",
     LESSON_BYTES, look_pipelined},
    {"protocol.empty", FINDING_MUST, "messages of no bytes",
     "an answer to each",
     "An ETX alone is an empty message, and is answered like any other.",
     LESSON_BYTES, look_empty},
    {"protocol.control", FINDING_MUST, "a NUL and other control characters",
     "an answer to each",
     "NUL is ASCII like any other byte.  A server that keeps messages as C "
     "strings takes a message with a NUL for a shorter one, and goodbye with "
     "a NUL behind it for goodbye.",
     LESSON, look_control},
    {"protocol.longest", FINDING_MUST, "messages of 4096 bytes", "ack",
     "4096 bytes is the longest message there may be, without its ETX.", LESSON,
     look_longest},
    {"protocol.too-long", FINDING_MUST, "messages of more than 4096 bytes",
     "nak, and the conversation goes on",
     "A longer message is refused with one nak, at its ETX; its bytes are "
     "dropped up to there, and none of them is taken for a message of its "
     "own.  The next message is answered as always.",
     LESSON, look_too_long},
    {"protocol.not-ascii", FINDING_MUST, "messages with a byte above 0x7f",
     "nak, and the conversation goes on",
     "A message that is not ASCII is refused with nak; the next one is "
     "answered "
     "as always.",
     LESSON, look_not_ascii},
    {"protocol.order", FINDING_MUST, "good and bad messages in one piece",
     "ack and nak in the order of the messages",
     "A nak needs no work and could be sent at once.  It is to wait for its "
     "turn: a client knows by their order alone which answer is to which "
     "message.",
     LESSON, look_order},
    {"protocol.goodbye", FINDING_MUST, "goodbye", "no answer, and the end",
     "The message that is exactly goodbye is not answered: the server closes.  "
     "If somebody else still holds the connection, as a parent that forgot to "
     "close its copy, the client never sees the end.",
     LESSON, look_goodbye},
    {"protocol.goodbyes", FINDING_MUST,
     "messages that only look like goodbye, and goodbye in two pieces",
     "an answer to each, and the end",
     "goodbyes, or goodbye with a blank before it, are messages like others.  "
     "good and bye in two pieces are goodbye.",
     LESSON, look_goodbyes},
    {"protocol.end-of-input", FINDING_MUST,
     "two and a half messages, then no more input", "two answers, and the end",
     "A client that has no more to say may close its sending side and still "
     "listen.  Whole messages are answered, half a one is dropped, the server "
     "closes.",
     LESSON_END, look_end_of_input},
    {"protocol.last-answers", FINDING_MUST,
     "goodbye with bytes behind it, from a client that reads late",
     "all answers, and the end",
     "If a socket is closed while there is unread input, the kernel resets the "
     "connection and throws away answers that are on their way.  A server has "
     "to shut down its sending side, read what still comes, within a bound, "
     "and only then close.",
     LESSON_END, look_last_answers},
    {0},
};

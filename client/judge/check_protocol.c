/* Every rule of the protocol, each as a conversation of one client. */

#include <string.h>

#include "client/judge/checks.h"
#include "client/judge/conversation.h"
#include "common/clock.h"

#define LONGEST       4096 /* bytes in a message */
#define PIPELINED     1000 /* messages */
#define PIPELINED_MIN 3
#define PIPELINED_NS  (5 * CLOCK_S) /* for their answers */
#define TIMES         3             /* that an answer is timed */
#define JUNK          150000 /* bytes behind goodbye: more than a recv reads */
#define LESSON        "notes/protocol.md"
#define LESSON_BYTES  "notes/02-bytes-are-not-messages.md"
#define LESSON_END    "notes/34-stopping.md"

/* clang-format off */
#define SEND(text)         {CONVERSATION_SEND, text, sizeof(text) - 1, 0, 0}
#define SEND_LONG(n, text) {CONVERSATION_SEND, text, sizeof(text) - 1, n, 0}
#define SEND_MORE(text, n) {CONVERSATION_SEND, text, sizeof(text) - 1, 0, n}
#define RECEIVE(answers)   {CONVERSATION_RECEIVE, answers, 0, 0, 0}
#define NOTHING            {CONVERSATION_NOTHING, NULL, 0, 0, 0}
#define END                {CONVERSATION_END, NULL, 0, 0, 0}
#define HOLD               {CONVERSATION_HOLD, NULL, 0, 0, 0}
#define FINISH             {CONVERSATION_FINISH, NULL, 0, 0, 0}
#define PAUSE              {CONVERSATION_PAUSE, NULL, 0, 0, 0}
#define LATER              {CONVERSATION_LATER, NULL, 0, 0, 0}
#define DONE               {CONVERSATION_DONE, NULL, 0, 0, 0}

static const struct conversation_step message[] = {
    SEND("hello\3"), RECEIVE("ack"),
    NOTHING, DONE};

#define ASK SEND("hello\3"), RECEIVE("ack")

static const struct conversation_step several[] = {
    SEND("one\3"),   RECEIVE("ack"),
    SEND("two\3"),   RECEIVE("ack"),
    ASK, ASK, ASK, ASK, ASK, ASK, ASK, ASK, ASK, ASK,
    NOTHING, DONE};

static const struct conversation_step split[] = {
    SEND("o"),   PAUSE, SEND("ne\3"), RECEIVE("ack"),
    SEND("on"),  PAUSE, SEND("e\3"),  RECEIVE("ack"),
    SEND("one"), PAUSE, SEND("\3"),   RECEIVE("ack"),
    SEND("o"),   PAUSE, SEND("n"),    PAUSE,
    SEND("e"),   PAUSE, SEND("\3two"), RECEIVE("ack"),
    PAUSE, SEND("\3t"),    RECEIVE("ack"),
    PAUSE, SEND("hree\3"), RECEIVE("ack"),
    NOTHING, DONE};

static const struct conversation_step glued[] = {
    SEND("one\3two\3"),        RECEIVE("ackack"),
    SEND("one\3two\3three\3"), RECEIVE("ackackack"),
    NOTHING, DONE};

static const struct conversation_step empty[] = {
    SEND("\3"),     RECEIVE("ack"),
    SEND("\3\3\3"), RECEIVE("ackackack"),
    NOTHING, DONE};

static const struct conversation_step control[] = {
    SEND("a\0b\3"),           RECEIVE("ack"),
    SEND("\0\3"),             RECEIVE("ack"),
    SEND("goodbye\0\3"),      RECEIVE("ack"),
    SEND("\1\2\177\r\n\3"),   RECEIVE("ack"),
    NOTHING, DONE};

static const struct conversation_step longest[] = {
    SEND_LONG(LONGEST, "\3"), RECEIVE("ack"),
    SEND_LONG(LONGEST, "\3"), RECEIVE("ack"),
    NOTHING, DONE};

static const struct conversation_step too_long[] = {
    SEND_LONG(LONGEST + 1, "\3"),    RECEIVE("nak"),
    SEND("hello\3"),                 RECEIVE("ack"),
    /* What follows the first 4096 bytes is not a message. */
    SEND_LONG(LONGEST, "goodbye\3"), RECEIVE("nak"),
    SEND("hello\3"),                 RECEIVE("ack"),
    SEND_LONG(16 * LONGEST, "\3"),   RECEIVE("nak"),
    SEND("hello\3"),                 RECEIVE("ack"),
    NOTHING, DONE};

static const struct conversation_step not_ascii[] = {
    SEND("h\200llo\3"), RECEIVE("nak"),
    SEND("hello\3"),    RECEIVE("ack"),
    SEND("\377\3"),     RECEIVE("nak"),
    SEND("hello\3"),    RECEIVE("ack"),
    NOTHING, DONE};

static const struct conversation_step order[] = {
    SEND("one\3b\200d\3two\3b\200d\3b\200d\3three\3"),
    RECEIVE("acknakacknaknakack"),
    NOTHING, DONE};

static const struct conversation_step goodbye[] = {
    SEND("hello\3"), RECEIVE("ack"),
    SEND("goodbye\3"), END, DONE};

static const struct conversation_step goodbyes[] = {
    SEND("goodbyes\3"), RECEIVE("ack"),
    SEND("goodby\3"),   RECEIVE("ack"),
    SEND("Goodbye\3"),  RECEIVE("ack"),
    SEND("bye\3"),      RECEIVE("ack"),
    SEND("quit\3"),     RECEIVE("ack"),
    SEND("exit\3"),     RECEIVE("ack"),
    SEND("good"), PAUSE, SEND("bye\3"), END, DONE};

static const struct conversation_step blanks[] = {
    SEND(" \3"),            RECEIVE("ack"),
    SEND(" goodbye\3"),     RECEIVE("ack"),
    SEND("goodbye \3"),     RECEIVE("ack"),
    SEND("goodbye\r\n\3"), RECEIVE("ack"),
    SEND("goodbye\n\3"),    RECEIVE("ack"),
    /* With its blanks, a message is longer than allowed. */
    SEND_LONG(LONGEST, " \3"),  RECEIVE("nak"),
    SEND_LONG(LONGEST, "\n\3"), RECEIVE("nak"),
    NOTHING, DONE};

static const struct conversation_step nak_at_end[] = {
    SEND("h\200llo"),            NOTHING,
    SEND(" again\3"),            RECEIVE("nak"),
    SEND_LONG(LONGEST + 1, "y"), NOTHING,
    SEND("z\3"),                 RECEIVE("nak"),
    SEND("hello\3"),             RECEIVE("ack"),
    NOTHING, DONE};

static const struct conversation_step behind_goodbye[] = {
    SEND("one\3goodbye\3two\3three\3"), RECEIVE("ack"), END, DONE};

static const struct conversation_step end_of_input[] = {
    HOLD, SEND("one\3two\3thr"), FINISH, RECEIVE("ackack"), END, DONE};

/* The client reads only after the server has closed: if the server left input
 * unread, the kernel has thrown the answers away by then. */
static const struct conversation_step last_answers[] = {
    SEND_MORE("one\3two\3three\3goodbye\3", JUNK), LATER,
    RECEIVE("ackackack"), END, DONE};
/* clang-format on */

/* Returns how many messages are sent at once: fewer if one takes long, since
 * the server has a delay, or starts a program for it. */
static int
count_pipelined(int64_t answer_ns)
{
    int64_t count = PIPELINED_NS / (answer_ns + 1);

    if (count > PIPELINED)
        return PIPELINED;
    return count < PIPELINED_MIN ? PIPELINED_MIN : (int)count;
}

/* Many messages in one piece, more than a server reads at once. */
static void
check_pipelined(struct target_server *s, struct outcome *o)
{
    static const char text[] =
        "a message, of which some hundreds are more than "
        "a server reads at once\3";
    static char acks[ANSWER_TEXT_MAX * PIPELINED + 1];
    static char all[PIPELINED * (sizeof(text) - 1)];
    int64_t answer_ns;
    struct probe p;
    int count;

    if (!checks_time(s, o, TIMES, &answer_ns))
        return;
    count = count_pipelined(answer_ns);
    for (int i = 0; i < count; i++) {
        memcpy(all + (size_t)i * (sizeof(text) - 1), text, sizeof(text) - 1);
        memcpy(acks + ANSWER_TEXT_MAX * i, "ack", ANSWER_TEXT_MAX + 1);
    }
    probe_open(&p, s);
    probe_send(&p, all, (size_t)count * (sizeof(text) - 1));
    probe_receive_within(&p, acks, 2 * s->limit_ns + PIPELINED_NS);
    probe_receive_nothing(&p, s->silence_ns);
    conversation_report(o, &p);
    probe_close(&p);
}

const struct finding findings_protocol[] = {
    {"protocol.message", FINDING_MUST, "one message", "one answer",
     "A client sends one message and its ETX.  It expects ack, and after that "
     "nothing more.",
     LESSON, .conversation = message,
     .mend = "Read until an ETX (byte 3) has come, work on the message, and "
             "send the three bytes ack, without an ETX, a newline or a NUL "
             "behind them."},
    {"protocol.several", FINDING_MUST, "twelve messages, one after the other",
     "an answer to each",
     "A client sends a message and waits for ack, twelve times on one "
     "connection.",
     LESSON, .conversation = several,
     .mend = "After an answer, read the next message of the same client; "
             "close only after goodbye or at the end of input."},
    {"protocol.split", FINDING_MUST, "messages in pieces, cut anywhere",
     "an answer to each message, not to each piece",
     "TCP carries bytes, not messages: a message may come in several pieces, "
     "and a piece may hold the end of one message and the beginning of the "
     "next.  The client sends messages in pieces, with a short pause between "
     "them.  A server that takes each read for a message answers too often; "
     "one that forgets the beginning of a message does not answer it at all.",
     LESSON_BYTES, .conversation = split,
     .mend = "Keep a buffer for each client.  Append what recv returns, and "
             "answer only when the buffer holds an ETX.",
     .depends_on = "protocol.several"},
    {"protocol.glued", FINDING_MUST, "two and three messages in one piece",
     "an answer to each",
     "One read may return several messages.  A server that looks for one "
     "message per read answers once, and loses the others or keeps them until "
     "the client sends more.",
     LESSON_BYTES, .conversation = glued,
     .mend = "After recv, look for messages in the buffer in a loop, until "
             "it holds no more ETX; keep what follows the last one.",
     .depends_on = "protocol.split"},
    {"protocol.pipelined", FINDING_MUST, "a thousand messages in one piece",
     "an answer to each",
     "A client may send without waiting for answers, so that more arrives than "
     "the server reads at once.  A server that waits for the next event of the "
     "socket, although bytes are left in the socket or in its own buffer, "
     "stops in the middle.",
     LESSON_BYTES, check_pipelined, .delay = "0",
     .mend = "Before you wait for the socket again, work on all whole messages "
             "in the buffer, and read until recv would block if you are told "
             "only once (EPOLLET).",
     .depends_on = "protocol.glued"},
    {"protocol.empty", FINDING_MUST, "messages of no bytes",
     "an answer to each",
     "An ETX alone is an empty message, and is answered like any other.",
     LESSON_BYTES, .conversation = empty,
     .mend = "Answer an ETX even if no byte is in front of it; a message of "
             "length 0 is not the end of input.",
     .depends_on = "protocol.glued"},
    {"protocol.control", FINDING_MUST, "a NUL and other control characters",
     "an answer to each",
     "NUL is an ASCII character like any other.  A server that keeps messages "
     "as C strings takes a message with a NUL in it for a shorter one, and "
     "goodbye followed by a NUL for goodbye.",
     LESSON, .conversation = control,
     .mend = "Keep the length of a message beside its bytes, and use memchr "
             "and memcmp instead of strlen and strcmp.",
     .depends_on = "protocol.goodbyes"},
    {"protocol.longest", FINDING_MUST, "messages of 4096 bytes", "ack",
     "The longest message allowed has 4096 bytes.  Its ETX is not counted.",
     LESSON, .conversation = longest,
     .mend = "Compare the length without the ETX with 4096, and make the "
             "buffer one byte larger than that.",
     .depends_on = "protocol.split"},
    {"protocol.too-long", FINDING_MUST, "messages of more than 4096 bytes",
     "nak, and the conversation goes on",
     "The server answers a longer message with one nak, at its ETX.  It drops "
     "the bytes up to there, and takes none of them for another message.  It "
     "answers the next message as always.",
     LESSON, .conversation = too_long,
     .mend = "When the buffer is full without an ETX, drop its bytes and all "
             "that follow up to the ETX, and then send one nak.",
     .depends_on = "protocol.split,protocol.goodbyes"},
    {"protocol.not-ascii", FINDING_MUST, "messages with a byte above 0x7f",
     "nak, and the conversation goes on",
     "The server answers a message that is not ASCII with nak, and the next "
     "message as always.",
     LESSON, .conversation = not_ascii,
     .mend = "Look at each byte as unsigned: if one is above 127, note that "
             "the message is bad, and send nak at its ETX."},
    {"protocol.order", FINDING_MUST, "good and bad messages in one piece",
     "ack and nak in the order of the messages",
     "A nak needs no work, so a server could send it at once.  But it must "
     "wait for its turn, because the client knows only by the order which "
     "answer belongs to which message.",
     LESSON, .conversation = order,
     .mend = "Put answers into one queue for each client, nak as well as "
             "ack, and send them from its front.",
     .depends_on = "protocol.glued,protocol.not-ascii"},
    {"protocol.goodbye", FINDING_MUST, "goodbye", "no answer, and the end",
     "The server does not answer the message that is exactly goodbye, but "
     "closes the connection.  If another process still holds the connection, "
     "for example a parent that did not close its copy, the client never sees "
     "the end.",
     LESSON, .conversation = goodbye,
     .mend = "Close the connection after goodbye without an answer, in every "
             "process that holds a copy of its descriptor."},
    {"protocol.goodbyes", FINDING_MUST,
     "messages that only look like goodbye, and goodbye in two pieces",
     "an answer to each, and the end",
     "goodbyes, goodby, Goodbye, bye, quit or exit is a message like any "
     "other.  good and bye in two pieces are goodbye.",
     LESSON, .conversation = goodbyes,
     .mend = "Compare the whole message with goodbye: its length and each "
             "byte.",
     .depends_on = "protocol.goodbye,protocol.split"},
    {"protocol.blanks", FINDING_MUST,
     "messages with a blank or an end of line in front or behind",
     "an answer to each: blanks and ends of lines are bytes like any other",
     "Only the message that is exactly goodbye ends the conversation.  A "
     "server that removes blanks, CR or LF from a message, as many functions "
     "that read lines do, also takes goodbye with a blank behind it for "
     "goodbye.  And it takes a message of 4097 bytes for one that is not too "
     "long.",
     LESSON, .conversation = blanks,
     .mend = "Do not strip or trim a message before you look at it.",
     .depends_on = "protocol.goodbyes,protocol.too-long"},
    {"protocol.nak-at-end", FINDING_MUST,
     "the beginning of a bad message, and later its ETX",
     "nothing before the ETX, then one nak",
     "A client sends the beginning of a message, with a byte above 0x7f or "
     "with more than 4096 bytes.  That it is bad is known already, but the "
     "server answers a message when it has come to its end.  Otherwise it must "
     "remember which of the bytes that follow belong to a message that it has "
     "answered already.",
     LESSON, .conversation = nak_at_end,
     .mend = "Note that the message is bad, drop its bytes, and send nak when "
             "its ETX comes.",
     .depends_on = "protocol.not-ascii,protocol.too-long"},
    {"protocol.behind-goodbye", FINDING_MUST,
     "goodbye between other messages, all in one piece",
     "an answer to those before it, none to those behind it, and the end",
     "Goodbye is the last message of a conversation.  Whatever the client has "
     "sent after it, the server neither works on it nor answers it.",
     LESSON_END, .conversation = behind_goodbye,
     .mend = "After goodbye, read what still comes, but take no message from "
             "it.",
     .depends_on = "protocol.goodbye,protocol.glued"},
    {"protocol.end-of-input", FINDING_MUST,
     "two and a half messages, then no more input", "two answers, and the end",
     "A client that has nothing more to send may shut down its sending side "
     "and still read.  The server answers the whole messages, drops the half "
     "one, and closes.",
     LESSON_END, .conversation = end_of_input,
     .mend = "When recv returns 0, answer the whole messages that are still "
             "in the buffer, drop the rest, and close.",
     .depends_on = "protocol.glued"},
    {"protocol.last-answers", FINDING_MUST,
     "goodbye with bytes behind it, from a client that reads late",
     "all answers, and the end",
     "If a server closes a socket that still has unread input, the kernel "
     "resets the connection and throws away the answers that the client has "
     "not read yet.  A server must first shut down its sending side, then read "
     "what still comes, within a bound, and only then close.",
     LESSON_END, .conversation = last_answers,
     .mend = "Send all answers, call shutdown(SHUT_WR), read and drop what "
             "still comes, at most for a second or so, and only then close.",
     .depends_on = "protocol.behind-goodbye"},
    {.name = NULL},
};

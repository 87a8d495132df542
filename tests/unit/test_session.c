/* Goal: a conversation is what the protocol says, however its bytes are cut,
 * and needs no socket to be. */

#include <string.h>

#include "common/session.h"
#include "tests/unit/check.h"

/* A conversation and what has come out of it. */
struct talk {
    struct session s;
    struct session_buffer buffer;
    char out[32768];
    size_t out_len;
    int worked, refused;
    bool closed;
};

static void
begin(struct talk *t, unsigned mode)
{
    memset(t, 0, sizeof(*t));
    session_init(&t->s, mode);
    session_lend(&t->s, &t->buffer);
}

/* Does what the session asks for until it wants to read or is over.  Sends at
 * most send_max bytes at a time. */
static void
drive(struct talk *t, size_t send_max)
{
    const char *bytes;
    size_t size;

    for (;;) {
        switch (session_next(&t->s)) {
        case SESSION_READ:
            return;
        case SESSION_WORK:
            t->worked++;
            session_answer(&t->s, "ack", 3);
            break;
        case SESSION_REFUSE:
            t->refused++;
            session_answer(&t->s, "nak", 3);
            break;
        case SESSION_WRITE:
            bytes = session_output(&t->s, &size);
            CHECK(size > 0);
            if (size > send_max)
                size = send_max;
            memcpy(t->out + t->out_len, bytes, size);
            t->out_len += size;
            session_sent(&t->s, size);
            break;
        case SESSION_CLOSE:
            t->closed = true;
            return;
        }
    }
}

static void
feed(struct talk *t, const char *bytes, size_t size)
{
    while (size > 0 && !t->closed) {
        size_t room;
        char *space = session_space(&t->s, &room);
        size_t n = size < room ? size : room;

        CHECK(room > 0);
        memcpy(space, bytes, n);
        session_received(&t->s, n);
        bytes += n;
        size -= n;
        drive(t, sizeof(t->out));
    }
}

/* Plays a conversation whose bytes come in pieces that end at the two cuts, and
 * returns whether out is what came out and closed whether it is over. */
static bool
plays(enum session_mode mode, const char *in, size_t size, size_t cut1,
      size_t cut2, const char *out, bool closed)
{
    static struct talk t;

    begin(&t, mode);
    drive(&t, 1);
    feed(&t, in, cut1);
    feed(&t, in + cut1, cut2 - cut1);
    feed(&t, in + cut2, size - cut2);
    return t.out_len == strlen(out) && memcmp(t.out, out, t.out_len) == 0 &&
           t.closed == closed;
}

static void
test_literals(void)
{
    static const struct {
        const char *in;
        size_t size;
        const char *out;
        bool closed;
    } cases[] = {
#define CASE(in, out, closed) {in, sizeof(in) - 1, out, closed}
        CASE("", "", false),
        CASE("hello\3", "ack", false),
        CASE("\3", "ack", false),
        CASE("\3\3\3", "ackackack", false),
        CASE("one\3two\3thr", "ackack", false),
        CASE("goodbye\3", "", true),
        CASE("hello\3goodbye\3", "ack", true),
        CASE("goodbye\3hello\3", "", true),
        CASE("goodbyes\3", "ack", false),
        CASE(" goodbye\3", "ack", false),
        CASE("goodby\3", "ack", false),
        CASE("Goodbye\3", "ack", false),
        CASE("goodbye\0\3", "ack", false),
        CASE("goodbye\n\3", "ack", false),
        CASE("\0\3", "ack", false),
        CASE("caf\xc3\xa9\3tea\3", "nakack", false),
        CASE("tea\3\x80goodbye\3goodbye\3", "acknak", true),
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t a = 0; a <= cases[i].size; a++)
            for (size_t b = a; b <= cases[i].size; b++)
                for (int mode = SESSION_EACH; mode <= SESSION_GATHER; mode++)
                    CHECK(plays((unsigned)mode, cases[i].in, cases[i].size, a,
                                b, cases[i].out, cases[i].closed));
}

static void
test_lengths(void)
{
    static char in[70000];
    static const size_t sizes[] = {4095, 4096, 4097, 8191, 8192, 65536};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t n = sizes[i];

        memset(in, 'x', sizeof(in));
        in[n] = '\3';
        in[n + 1] = '\3';
        CHECK(plays(SESSION_GATHER, in, n + 2, 0, n,
                    n <= 4096 ? "ackack" : "nakack", false));
        /* The tail of what is dropped is not a message of its own. */
        if (n > 4096) {
            memcpy(in + n - 7, "goodbye", 7);
            CHECK(plays(SESSION_GATHER, in, n + 2, 0, n - 7, "nakack", false));
        }
    }
}

static void
test_endless_message(void)
{
    static struct talk t;
    static char bytes[8000];

    begin(&t, SESSION_GATHER);
    memset(bytes, 'x', sizeof(bytes));
    drive(&t, 1);
    for (int i = 0; i < 13108; i++) /* 100 MiB */
        feed(&t, bytes, sizeof(bytes));
    /* Nothing of it is kept: the buffer could be taken away. */
    CHECK(session_idle(&t.s));
    CHECK(t.out_len == 0);
    feed(&t, "\3hello\3", 7);
    CHECK(t.out_len == 6 && memcmp(t.out, "nakack", 6) == 0);
}

static void
test_thousand_glued(void)
{
    static struct talk t;
    static char in[5000];

    for (size_t i = 0; i < sizeof(in); i += 5)
        memcpy(in + i, "ping\3", 5);
    for (int mode = SESSION_EACH; mode <= SESSION_GATHER; mode++) {
        begin(&t, (unsigned)mode);
        drive(&t, 1);
        feed(&t, in, sizeof(in));
        CHECK(t.worked == 1000);
        CHECK(t.out_len == 3000 && t.s.acks == 1000);
        for (size_t i = 0; i < t.out_len; i += 3)
            CHECK(memcmp(t.out + i, "ack", 3) == 0);
    }
}

/* Where work takes time each answer goes out before the next message is begun;
 * where it takes none they go out together. */
static void
test_gathering(void)
{
    static struct talk t;
    size_t size;

    begin(&t, SESSION_GATHER);
    memcpy(session_space(&t.s, &size), "a\3b\3", 4);
    session_received(&t.s, 4);
    CHECK(session_next(&t.s) == SESSION_WORK);
    session_answer(&t.s, "ack", 3);
    CHECK(session_next(&t.s) == SESSION_WORK);
    session_answer(&t.s, "ack", 3);
    CHECK(session_next(&t.s) == SESSION_WRITE);
    CHECK(memcmp(session_output(&t.s, &size), "ackack", 6) == 0 && size == 6);

    begin(&t, SESSION_EACH);
    memcpy(session_space(&t.s, &size), "a\3b\3", 4);
    session_received(&t.s, 4);
    CHECK(session_next(&t.s) == SESSION_WORK && t.s.len == 1);
    CHECK(session_next(&t.s) == SESSION_WORK); /* until it is answered */
    session_answer(&t.s, "ack", 3);
    CHECK(session_next(&t.s) == SESSION_WRITE);
    session_sent(&t.s, 1); /* send may take less than it is given */
    CHECK(session_next(&t.s) == SESSION_WRITE);
    CHECK(memcmp(session_output(&t.s, &size), "ck", 2) == 0 && size == 2);
    session_sent(&t.s, 2);
    CHECK(session_next(&t.s) == SESSION_WORK);
}

/* Plays one message to a session that answers each message with itself, sending
 * at most send_max bytes at a time.  Tells whether it comes back whole. */
static bool
echoes(enum session_mode mode, size_t len, size_t send_max)
{
    static struct talk t;
    static char text[FRAME_MAX];
    const char *bytes;
    size_t size;

    begin(&t, mode);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 23);
    memcpy(session_space(&t.s, &size), text, len);
    memcpy(session_space(&t.s, &size) + len, "\3next\3", 6);
    session_received(&t.s, len + 6);
    CHECK(session_next(&t.s) == SESSION_WORK);
    CHECK(!session_idle(&t.s));
    bytes = session_message(&t.s, &size);
    if (size != len || memcmp(bytes, text, len) != 0)
        return false;
    session_answer(&t.s, bytes, size);
    drive(&t, send_max);
    return t.worked == 1 && t.out_len == len + 3 &&
           memcmp(t.out, text, len) == 0 &&
           memcmp(t.out + len, "ack", 3) == 0 && session_idle(&t.s);
}

/* A message stays where it is until its answer has been sent, and an answer may
 * be longer than the room for answers. */
static void
test_long_answers(void)
{
    const size_t lengths[] = {
        1,        2, SESSION_OUTPUT - 1, SESSION_OUTPUT, SESSION_OUTPUT + 1,
        FRAME_MAX};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (size_t send_max = 1; send_max < 5000; send_max += 499) {
            CHECK(echoes(SESSION_EACH, lengths[i], send_max));
            CHECK(echoes(SESSION_GATHER, lengths[i], send_max));
        }
}

/* A client that reads nothing does not fill the memory: no more is read. */
static void
test_unsent_answers(void)
{
    static struct talk t;
    size_t size;
    int worked = 0;

    begin(&t, SESSION_GATHER);
    memset(session_space(&t.s, &size), '\3', SESSION_INPUT);
    session_received(&t.s, SESSION_INPUT);
    while (session_next(&t.s) == SESSION_WORK) {
        session_answer(&t.s, "ack", 3);
        worked++;
    }
    /* No more is worked on until there is room for the next answer. */
    CHECK(worked == (SESSION_OUTPUT - SESSION_ROOM) / 3 + 1);
    CHECK(session_next(&t.s) == SESSION_WRITE);
    drive(&t, 7);
    CHECK(t.out_len == (size_t)3 * SESSION_INPUT);
}

/* Plays in to a session in the frame length that answers "ack". */
static void
play_by_length(struct talk *t, const char *in, size_t size, size_t cut)
{
    begin(t, SESSION_GATHER | SESSION_LENGTH);
    drive(t, 1);
    feed(t, in, cut);
    feed(t, in + cut, size - cut);
}

static void
test_frame_length(void)
{
    static struct talk t;
    static const char good[] = "         7goodbye         0         2\3\xff   ";
    static const char bad[] = "         1a         1b         x         1c";
    static const char long_one[] = "         1a     99999         1c";

    for (size_t cut = 0; cut < sizeof(good); cut++) {
        play_by_length(&t, good, sizeof(good) - 1, cut);
        CHECK(!t.closed && t.worked == 3 && t.out_len == 9 && t.refused == 0);
        session_ended(&t.s);
        drive(&t, 1);
        CHECK(t.closed && strcmp(session_ending(&t.s), "eof") == 0);
    }
    /* The answers so far are sent, and nothing that comes after is read. */
    for (size_t cut = 0; cut < sizeof(bad); cut++) {
        play_by_length(&t, bad, sizeof(bad) - 1, cut);
        CHECK(t.closed && t.worked == 2 && t.out_len == 6 && t.refused == 0);
        CHECK(strcmp(session_ending(&t.s), "bad-length") == 0);
        CHECK(session_naks(&t.s) == 0);
    }
    for (size_t cut = 0; cut < sizeof(long_one); cut++) {
        play_by_length(&t, long_one, sizeof(long_one) - 1, cut);
        CHECK(t.closed && t.worked == 1 && t.out_len == 3);
        CHECK(strcmp(session_ending(&t.s), "too-long") == 0);
    }
}

/* Bytes that are appended are sent from where they are, behind the answers
 * before and in front of those after. */
static void
test_append(void)
{
    static struct talk t;
    const char *bytes;
    char *message;
    size_t size;
    static const char body[] = "0123456789";

    for (int mode = SESSION_EACH; mode <= SESSION_GATHER; mode++) {
        begin(&t, (unsigned)mode);
        memcpy(session_space(&t.s, &size), "a\3b\3c\3", 6);
        session_received(&t.s, 6);
        CHECK(session_next(&t.s) == SESSION_WORK);
        session_answer(&t.s, "one", 3);
        if (mode == SESSION_EACH)
            session_sent(&t.s, 3);
        CHECK(session_next(&t.s) == SESSION_WORK);
        session_answer(&t.s, "two", 3);
        session_append(&t.s, body, 10);
        CHECK(session_next(&t.s) == SESSION_WRITE && !session_idle(&t.s));
        bytes = session_output(&t.s, &size);
        session_sent(&t.s, size);
        CHECK(memcmp(bytes + size - 3, "two", 3) == 0);
        CHECK(session_next(&t.s) == SESSION_WRITE);
        CHECK(session_output(&t.s, &size) == body && size == 10);
        session_sent(&t.s, 4);
        CHECK(session_output(&t.s, &size) == body + 4 && size == 6);
        session_sent(&t.s, 6);
        message = session_next(&t.s) == SESSION_WORK
                      ? session_message(&t.s, &size)
                      : NULL;
        CHECK(message != NULL && size == 1 && message[0] == 'c');
    }
}

/* Whenever there is a message to work on there is room for its answer. */
static void
test_room(void)
{
    static struct talk t;
    static char text[SESSION_ROOM];
    size_t size;
    size_t worked = 0;

    begin(&t, SESSION_GATHER);
    memset(session_space(&t.s, &size), '\3', 50);
    session_received(&t.s, 50);
    for (enum session_step step; (step = session_next(&t.s)) != SESSION_READ;) {
        const char *bytes = session_output(&t.s, &size);

        if (step == SESSION_WORK) {
            session_answer(&t.s, text, 20 * ++worked);
            CHECK(t.buffer.rest_size == 0);
        } else {
            CHECK(bytes >= t.buffer.out && bytes < t.buffer.in);
            session_sent(&t.s, size);
        }
    }
    CHECK(worked == 50);
}

/* The connection itself is the message. */
static void
test_once(void)
{
    static struct talk t;
    size_t size;

    begin(&t, SESSION_ONCE);
    CHECK(session_next(&t.s) == SESSION_WORK);
    CHECK(session_message(&t.s, &size) != NULL && size == 0);
    drive(&t, 2);
    CHECK(t.closed && t.worked == 1 && t.out_len == 3);
    CHECK(strcmp(session_ending(&t.s), "answered") == 0);

    begin(&t, SESSION_ONCE);
    session_stop(&t.s);
    session_forget(&t.s);
    drive(&t, 1);
    CHECK(t.closed && t.out_len == 0);
    CHECK(strcmp(session_ending(&t.s), "stop") == 0);
}

static void
test_end_of_input(void)
{
    static struct talk t;

    /* Whole messages are answered, a partial one is dropped. */
    begin(&t, SESSION_GATHER);
    drive(&t, 1);
    feed(&t, "one\3two\3thr", 11);
    session_ended(&t.s);
    drive(&t, 1);
    CHECK(t.closed && t.out_len == 6 && t.worked == 2);
    CHECK(strcmp(session_ending(&t.s), "eof") == 0);

    begin(&t, SESSION_EACH);
    session_ended(&t.s);
    drive(&t, 1);
    CHECK(t.closed && t.out_len == 0);
}

/* At a stop the message in hand is answered, and what came after it is not. */
static void
test_stop(void)
{
    static struct talk t;
    size_t size;

    begin(&t, SESSION_EACH);
    memcpy(session_space(&t.s, &size), "a\3b\3c", 5);
    session_received(&t.s, 5);
    CHECK(session_next(&t.s) == SESSION_WORK);
    session_stop(&t.s);
    drive(&t, 3);
    CHECK(t.closed && t.worked == 1 && t.out_len == 3);
    CHECK(strcmp(session_ending(&t.s), "stop") == 0);

    begin(&t, SESSION_GATHER);
    session_stop(&t.s);
    drive(&t, 3);
    CHECK(t.closed && t.out_len == 0);

    /* A message that is given up is not answered. */
    begin(&t, SESSION_EACH);
    memcpy(session_space(&t.s, &size), "a\3b\3c", 5);
    session_received(&t.s, 5);
    CHECK(session_next(&t.s) == SESSION_WORK);
    session_stop(&t.s);
    session_forget(&t.s);
    drive(&t, 3);
    CHECK(t.closed && t.worked == 0 && t.out_len == 0 && t.s.messages == 0);
    CHECK(session_naks(&t.s) == 0 && session_idle(&t.s));
}

/* A buffer can be taken away exactly when nothing is in it. */
static void
test_idle(void)
{
    static struct talk t;

    begin(&t, SESSION_GATHER);
    CHECK(session_idle(&t.s));
    drive(&t, 1);
    feed(&t, "hel", 3);
    CHECK(!session_idle(&t.s));
    feed(&t, "lo\3", 3);
    CHECK(session_idle(&t.s));
    feed(&t, "\xff half", 6);
    CHECK(session_idle(&t.s)); /* it can only be refused: nothing is kept */
    t.s.buffer = NULL;
    session_lend(&t.s, &t.buffer);
    feed(&t, "\3", 1);
    CHECK(t.refused == 1 && session_idle(&t.s));
    CHECK(strcmp(session_refusal(&t.s), "not-ascii") == 0);
}

int
main(void)
{
    test_literals();
    test_lengths();
    test_endless_message();
    test_thousand_glued();
    test_gathering();
    test_long_answers();
    test_unsent_answers();
    test_frame_length();
    test_append();
    test_room();
    test_once();
    test_end_of_input();
    test_stop();
    test_idle();
    return check_done();
}

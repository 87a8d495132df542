/* Goal: bytes that have come are taken in order, and an end or an error of the
 * input comes after them. */

#include <errno.h>
#include <string.h>

#include "common/input.h"
#include "tests/unit/check.h"

static struct session_buffer buffer;
static struct client client;

static void
begin(void)
{
    client = (struct client){0};
    session_init(&client.session, SESSION_EACH);
    session_lend(&client.session, &buffer);
}

/* As client_receive does it. */
static ssize_t
take(struct input *in)
{
    size_t size;
    char *space = session_space(&client.session, &size);
    ssize_t n = input_take(in, space, size);

    if (n > 0)
        session_received(&client.session, (size_t)n);
    return n;
}

/* Tells whether the next message is text. */
static bool
message_is(const char *text)
{
    const char *message;
    size_t len;
    bool is;

    if (session_next(&client.session) != SESSION_WORK)
        return false;
    message = session_message(&client.session, &len);
    is = len == strlen(text) && memcmp(message, text, len) == 0;
    session_forget(&client.session);
    return is;
}

static void
test_lent_bytes(void)
{
    struct input in = {0};

    begin();
    CHECK(take(&in) == -1 && errno == EAGAIN);
    input_add(&in, "one\3", 4);
    CHECK(in.memory == NULL);
    CHECK(take(&in) == 4);
    input_keep(&in);
    CHECK(in.memory == NULL);
    CHECK(message_is("one"));
}

static void
test_kept_bytes(void)
{
    struct input in = {0};
    char bytes[] = "one\3tw";

    begin();
    input_add(&in, bytes, 6);
    input_keep(&in);
    memset(bytes, '?', sizeof(bytes));
    input_add(&in, "o\3", 2);
    input_keep(&in);
    input_add(&in, NULL, 0);
    CHECK(input_event(&in) == CONN_ENDED);
    CHECK(take(&in) == 8);
    CHECK(message_is("one"));
    CHECK(message_is("two"));
    CHECK(take(&in) == 0);
    input_drop(&in);
    CHECK(in.memory == NULL && !in.ended);
}

static void
test_much(void)
{
    static const char bytes[4000];
    struct input in = {0};

    begin();
    for (int i = 0; i < 5; i++) {
        CHECK(input_is_enough(&in) == (i > 4));
        input_add(&in, bytes, sizeof(bytes));
        input_keep(&in);
    }
    CHECK(input_is_enough(&in));
    CHECK(take(&in) == SESSION_INPUT);
    CHECK(!input_is_enough(&in));
    CHECK(session_next(&client.session) == SESSION_READ);
    CHECK(take(&in) > 0);
    input_drop(&in);
}

static void
test_errors(void)
{
    struct input in = {0};

    begin();
    input_add(&in, "one\3", 4);
    input_keep(&in);
    input_add(&in, NULL, -ECONNRESET);
    CHECK(input_event(&in) == CONN_GONE);
    CHECK(take(&in) == 4);
    CHECK(message_is("one"));
    CHECK(take(&in) == -1 && errno == ECONNRESET);
    input_drop(&in);
}

int
main(void)
{
    test_lent_bytes();
    test_kept_bytes();
    test_much();
    test_errors();
    return check_done();
}

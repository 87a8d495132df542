#include "client/play/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/play/connection.h"
#include "client/play/message.h"
#include "client/play/readiness.h"
#include "common/clock.h"

#define RECEIVES_MAX 4 /* of one client in a row, each of a full buffer */

void
client_end(struct client_group *g, struct client *c,
           const struct record_ending *end)
{
    deadline_remove(&c->pause);
    if (c->fd != -1)
        close(c->fd); /* which also takes it out of the set */
    c->fd = -1;
    c->state = CLIENT_ENDED;
    g->ended++;
    g->callbacks->ended(g->context, c, end);
}

static void
end_as(struct client_group *g, struct client *c, enum record_outcome outcome)
{
    client_end(g, c, &(struct record_ending){.outcome = outcome});
}

static void
fail(struct client_group *g, struct client *c, enum record_fault fault,
     int error)
{
    client_end(g, c,
               &(struct record_ending){
                   .outcome = RECORD_FAILED, .fault = fault, .error = error});
}

/* Ends the client because of what the server has sent: the answer a, if it is
 * not NULL, and the bytes from at up to end. */
static void
fail_got(struct client_group *g, struct client *c, enum record_fault fault,
         const struct answer *a, const char *at, const char *end)
{
    struct record_ending e = {.outcome = RECORD_FAILED, .fault = fault};

    e.got_len = (int)answer_got(a, at, end, e.got, sizeof(e.got));
    client_end(g, c, &e);
}

/* Ends the client because the server has sent the wrong answer to a message of
 * another service than ack: what came is the whole of c->exchange, or follows
 * it from at up to end. */
static void
fail_exchange(struct client_group *g, struct client *c, int number,
              const char *at, const char *end)
{
    const struct exchange *x = &c->exchange;
    struct record_ending e = {.outcome = RECORD_FAILED, .fault = RECORD_WRONG};

    if (x->is_whole) {
        e.got_at = g->plan.service == PLAN_FILE ? x->text.len : 0;
        at = x->text.begin;
        end = at +
              (x->text.len < RECORD_TEXT_MAX ? x->text.len : RECORD_TEXT_MAX);
    } else {
        e.got_at = x->text.len;
        e.want_len =
            exchange_want(x, &g->plan, number, (char *)e.want, RECORD_GOT_MAX);
    }
    e.got_len = (int)answer_got(NULL, at, end, e.got, sizeof(e.got));
    client_end(g, c, &e);
}

static void
send_nothing_before(struct client *c, int64_t when_ns)
{
    if (c->due_ns < when_ns)
        c->due_ns = when_ns;
}

/* Tells whether the plan lets this message be sent now, or goodbye, if
 * everything before it is out. */
static bool
may_send(const struct client_group *g, const struct client *c, int64_t message)
{
    int64_t unanswered = message - c->answered;

    if (c->state != CLIENT_TALKING || c->silent || c->send_error != 0)
        return false;
    /* Goodbye, and vanishing, come after all answers. */
    if (message == c->messages ||
        (g->plan.manner == PLAN_VANISH && message == c->messages - 1))
        return unanswered == 0;
    return message < c->granted && unanswered < g->plan.pipeline;
}

/* Returns the number of this message in the plan; goodbye is the last. */
static int
number_of(const struct client_group *g, const struct client *c, int64_t message)
{
    return message == c->messages ? g->plan.messages : (int)message;
}

/* Returns how many bytes a message takes, or goodbye. */
static size_t
length_of(const struct client_group *g, const struct client *c, int64_t message)
{
    if (g->repeated.count > 0 && message < c->messages)
        return g->repeated.len;
    return message_bytes(&g->plan, number_of(g, c, message));
}

/* Finds what may be sent now: returns where it is, and in *len how many
 * bytes. */
static const char *
gather(struct client_group *g, const struct client *c, size_t *len)
{
    size_t size = g->plan.dribble_ns > 0 ? 1 : sizeof(g->buf);
    size_t offset = c->offset;
    int64_t message = c->sent;
    size_t n = 0;

    if (g->repeated.count > 0 && message < c->messages) {
        int64_t count = c->answered + g->plan.pipeline - message;

        if (count > c->messages - message)
            count = c->messages - message;
        if (count > c->granted - message)
            count = c->granted - message;
        if (count > g->repeated.count)
            count = g->repeated.count;
        *len = (size_t)count * g->repeated.len - offset;
        return g->repeated.bytes + offset;
    }
    do {
        n += message_copy(&g->plan, number_of(g, c, message++), offset,
                          g->buf + n, size - n);
        offset = 0;
    } while (n < size && g->plan.think_ns == 0 && message < c->messages &&
             may_send(g, c, message));
    *len = n;
    return g->buf;
}

/* Goodbye is out, or would be.  Where a message is as long as it says, there is
 * none: then the end of input tells the server that no more will come. */
static void
leave(const struct client_group *g, struct client *c)
{
    c->state = CLIENT_LEAVING;
    if (g->plan.frame == PLAN_LENGTH)
        (void)shutdown(c->fd, SHUT_WR); /* a broken connection is seen later */
}

/* The last byte of a message, or of goodbye, is out. */
static void
finish_message(struct client_group *g, struct client *c)
{
    const struct plan *plan = &g->plan;

    if (plan->manner == PLAN_VANISH && c->sent == c->messages - 1) {
        int error = connection_reset(c->fd);

        c->fd = -1;
        if (error != 0)
            fail(g, c, RECORD_BROKEN, error);
        else
            end_as(g, c, RECORD_VANISHED);
        return;
    }
    if (c->sent < c->messages)
        c->sent++;
    else
        leave(g, c);
    g->callbacks->sent(g->context, c);
    if (plan->think_ns > 0 && c->sent < c->messages && may_send(g, c, c->sent))
        send_nothing_before(c, g->now_ns + plan->think_ns);
}

/* len bytes are out: finds out what they were. */
static void
count_sent(struct client_group *g, struct client *c, size_t len)
{
    if (g->plan.dribble_ns > 0)
        send_nothing_before(c, g->now_ns + g->plan.dribble_ns);
    do {
        size_t left = length_of(g, c, c->sent) - c->offset;

        if (c->offset == 0)
            c->begun_ns = g->now_ns;
        if (len < left) {
            c->offset += len;
            return;
        }
        len -= left;
        c->offset = 0;
        finish_message(g, c);
    } while (len > 0);
}

/* Sends what the plan allows, until a pause begins or the kernel takes no more:
 * the loop reports when it does again. */
static void
transmit(struct client_group *g, struct client *c)
{
    deadline_remove(&c->pause);
    while (may_send(g, c, c->sent)) {
        const char *bytes;
        size_t len;
        ssize_t n;

        if (g->now_ns < c->due_ns) {
            bool is_long = c->due_ns - g->now_ns > g->plan.dribble_ns;

            deadline_add(&g->pauses[is_long], &c->pause, c->due_ns);
            return;
        }
        bytes = gather(g, c, &len);
        n = len > 0 ? send(c->fd, bytes, len, MSG_NOSIGNAL) : 0;
        if (n == -1 && errno == EINTR)
            continue;
        if (n >= 0)
            count_sent(g, c, (size_t)n);
        else if (errno != EAGAIN && errno != EWOULDBLOCK)
            /* Answers may have come before the connection broke. */
            c->send_error = errno;
        if (n < (ssize_t)len)
            return;
    }
}

static void
take_answer(struct client_group *g, struct client *c, enum record_answer answer)
{
    /* Thinking begins when the client could send something.  It does not think
     * before goodbye. */
    bool begins_to_think = g->plan.think_ns > 0 && c->sent < c->messages &&
                           !may_send(g, c, c->sent);

    c->answered++;
    g->callbacks->answered(g->context, c, answer);
    if (begins_to_think)
        send_nothing_before(c, g->now_ns + g->plan.think_ns);
}

/* Reads an answer, or the beginning of one, and says which it is.  Returns
 * ANSWER_MORE if it is not whole, and ANSWER_WRONG if the client has ended. */
static enum answer_result
read_answer(struct client_group *g, struct client *c, const char **at,
            const char *end)
{
    int number = g->repeated.count > 0 ? 0 : number_of(g, c, c->answered);
    enum answer_result result;

    if (g->plan.service == PLAN_ACK)
        result = answer_next(&c->answer, at, end);
    else
        result = exchange_next(&c->exchange, &g->plan, number, at, end);
    if (result == ANSWER_WRONG && g->plan.service == PLAN_ACK)
        fail_got(g, c, RECORD_WRONG, &c->answer, *at, end);
    else if (result == ANSWER_WRONG)
        fail_exchange(g, c, number, *at, end);
    return result;
}

/* Reads the answers in the bytes from at up to end. */
static void
read_answers(struct client_group *g, struct client *c, const char *at,
             const char *end)
{
    const enum record_answer expected = message_expected(&g->plan);
    enum answer_result result;
    enum record_answer answer;

    while (at < end) {
        /* A message of which only a part is out must not be answered. */
        if (c->answered == c->sent) {
            fail_got(g, c,
                     c->state == CLIENT_LEAVING ? RECORD_AFTER_GOODBYE
                                                : RECORD_UNASKED,
                     NULL, at, end);
            return;
        }
        result = read_answer(g, c, &at, end);
        if (result == ANSWER_MORE || result == ANSWER_WRONG)
            return; /* and all bytes are read */
        answer = result == ANSWER_ACK ? RECORD_ACK : RECORD_NAK;
        take_answer(g, c, answer);
        if (answer != expected) {
            fail_got(g, c, RECORD_WRONG, &c->answer, at, at);
            return;
        }
    }
}

/* The server has closed its side. */
static void
take_end(struct client_group *g, struct client *c)
{
    /* After its line, daytime closes without being asked. */
    if (g->plan.service == PLAN_DAYTIME && c->answered == c->messages &&
        c->state == CLIENT_TALKING)
        count_sent(g, c, 0);
    if (c->state == CLIENT_LEAVING)
        end_as(g, c, RECORD_CLOSED);
    else if (g->plan.manner == PLAN_SILENT)
        end_as(g, c, RECORD_HUNG_UP);
    else if (c->send_error != 0)
        fail(g, c, RECORD_BROKEN, c->send_error);
    else
        fail(g, c, RECORD_CLOSED_EARLY, 0);
}

static bool
is_open(const struct client *c)
{
    return c->state == CLIENT_TALKING || c->state == CLIENT_LEAVING;
}

/* Reads what has come.  Less than a full buffer was all (epoll(7)), except that
 * the end may follow, if it has been reported. */
static void
receive(struct client_group *g, struct client *c, bool ended)
{
    int left = RECEIVES_MAX;
    ssize_t n;

    do {
        n = recv(c->fd, g->buf, sizeof(g->buf), 0);
        if (n > 0) {
            read_answers(g, c, g->buf, g->buf + n);
        } else if (n == 0) {
            take_end(g, c);
            return; /* c may be on its next connection */
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR) {
            fail(g, c, RECORD_BROKEN, errno);
        }
        left -= n == (ssize_t)sizeof(g->buf);
    } while (is_open(c) && left > 0 &&
             (n == -1 || n == (ssize_t)sizeof(g->buf) || ended));
    /* A fast server could go on sending to this client for as long as it reads,
     * and all others would wait for that.  So they get their turn, and then
     * this one is reported again. */
    if (is_open(c) && left == 0) {
        int error = readiness_again(&g->readiness, c->fd, (uint32_t)c->number);

        if (error != 0)
            fail(g, c, RECORD_BROKEN, error);
    }
}

static void
connected(struct client_group *g, struct client *c)
{
    c->state = CLIENT_TALKING;
    g->connected = true;
    g->callbacks->connected(g->context, c);
    transmit(g, c);
}

/* The client has no connection to its address.  As long as no client has got
 * one, all of them go on with the next address.  So this function and
 * client_start call each other at most once per address. */
/* NOLINTBEGIN(misc-no-recursion) */
static void
lose_address(struct client_group *g, struct client *c, int error)
{
    if (g->connected || c->address + 1 == g->to->count) {
        fail(g, c, RECORD_NO_CONNECTION, error);
        return;
    }
    if (g->address == c->address)
        g->address++;
    if (c->fd != -1)
        close(c->fd);
    client_start(g, c, c->messages);
}

void
client_start(struct client_group *g, struct client *c, int64_t messages)
{
    const struct address *to = &g->to->addresses[g->address];
    int error;

    if (c->state == CLIENT_ENDED)
        g->ended--;
    *c = (struct client){.number = c->number,
                         .state = CLIENT_CONNECTING,
                         .silent = c->silent,
                         .address = g->address,
                         .messages = messages,
                         .granted = c->granted,
                         .started_ns = clock_now() - g->origin_ns};
    c->fd = connection_socket(to->to.ss_family);
    error = c->fd == -1 ? errno : connection_start(c->fd, &to->to, to->to_len);
    if (error == 0 || error == EINPROGRESS) {
        int failed = readiness_add(&g->readiness, c->fd, (uint32_t)c->number);

        error = failed != 0 ? failed : error;
    }
    g->now_ns = clock_now() - g->origin_ns;
    if (error == 0)
        connected(g, c);
    else if (error != EINPROGRESS)
        lose_address(g, c, error);
}
/* NOLINTEND(misc-no-recursion) */

void
client_step(struct client_group *g, struct client *c, unsigned what)
{
    bool ended = what & READINESS_END;

    /* One moment for all of a step: what is sent now is in flight from when the
     * answer before it came, and no time is lost between the two. */
    g->now_ns = clock_now() - g->origin_ns;
    if (c->state == CLIENT_CONNECTING) {
        int error;

        if (!ended && !(what & READINESS_WRITE))
            return;
        error = connection_error(c->fd);
        if (error != 0) {
            lose_address(g, c, error);
            return;
        }
        connected(g, c);
    }
    if (is_open(c) && (ended || (what & READINESS_READ)))
        receive(g, c, ended);
    transmit(g, c);
}

void
client_grant(struct client_group *g, struct client *c)
{
    c->granted++;
    g->now_ns = clock_now() - g->origin_ns;
    transmit(g, c);
}

void
client_leave(struct client_group *g, struct client *c)
{
    c->silent = false;
    /* A server of daytime answers in any case. */
    if (c->sent < c->messages && g->plan.service != PLAN_DAYTIME)
        c->messages = c->sent + (c->offset > 0);
    g->now_ns = clock_now() - g->origin_ns;
    transmit(g, c);
}

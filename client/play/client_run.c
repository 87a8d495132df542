#include "client/play/client_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "client/play/message.h"
#include "common/clock.h"

static struct record_client *
entry(const struct client_run_scene *scene, const struct client_run *lane)
{
    return &scene->record->clients[lane->client];
}

static void
tell(const struct client_run_scene *scene, const struct client_run *lane,
     enum observer_event event)
{
    if (scene->watcher->happened != NULL)
        scene->watcher->happened(scene->watcher->context, scene->record, event,
                                 lane->client);
}

int64_t
client_run_now(const struct client_run_scene *scene)
{
    return clock_now() - scene->started_ns;
}

static void
end(struct client_run_scene *scene, struct client_run *lane,
    enum record_outcome outcome)
{
    struct record_client *c = entry(scene, lane);

    if (outcome != RECORD_OPEN)
        c->ended_ns = client_run_now(scene);
    c->outcome = outcome;
    if (lane->fd != -1)
        close(lane->fd);
    lane->fd = -1;
    lane->state = CLIENT_RUN_OVER;
    tell(scene, lane, OBSERVER_ENDED);
}

static void
fail(struct client_run_scene *scene, struct client_run *lane,
     enum record_fault fault, int error)
{
    struct record_client *c = entry(scene, lane);

    c->fault = fault;
    c->error = error;
    end(scene, lane, RECORD_FAILED);
}

/* Ends the client because of what the server has sent: the answer a, if it is
 * not NULL, and the bytes from at up to end. */
static void
fail_got(struct client_run_scene *scene, struct client_run *lane,
         enum record_fault fault, const struct answer *a, const char *at,
         const char *end)
{
    struct record_client *c = entry(scene, lane);

    c->got_len = (int)answer_got(a, at, end, c->got, RECORD_GOT_MAX);
    fail(scene, lane, fault, 0);
}

static void
say_nothing_before(struct client_run *lane, int64_t when_ns)
{
    if (lane->due_ns < when_ns)
        lane->due_ns = when_ns;
}

/* Tells whether the plan lets number be said now, if all before it is out. */
static bool
allowed(const struct client_run_scene *scene, const struct client_run *lane,
        int number)
{
    const struct plan *plan = &scene->record->plan;
    int unanswered = number - entry(scene, lane)->answered;

    if (lane->state != CLIENT_RUN_TALKING || plan->manner == PLAN_SILENT ||
        lane->send_error != 0)
        return false;
    /* Goodbye, and vanishing, come after all answers. */
    if (number == plan->messages ||
        (plan->manner == PLAN_VANISH && number == plan->messages - 1))
        return unanswered == 0;
    return unanswered < plan->pipeline;
}

/* Puts into the buffer what may be sent now; returns how many bytes. */
static size_t
gather(struct client_run_scene *scene, const struct client_run *lane)
{
    const struct plan *plan = &scene->record->plan;
    size_t size = plan->dribble_ns > 0 ? 1 : sizeof(scene->buf);
    size_t offset = lane->offset;
    int number = entry(scene, lane)->sent;
    size_t n = 0;

    do {
        n += message_copy(plan, number++, offset, scene->buf + n, size - n);
        offset = 0;
    } while (n < size && plan->think_ns == 0 && number < plan->messages &&
             allowed(scene, lane, number));
    return n;
}

static void
vanish(struct client_run_scene *scene, struct client_run *lane)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    /* With a linger time of zero, close sends a reset (socket(7)). */
    if (setsockopt(lane->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ==
        -1)
        fail(scene, lane, RECORD_BROKEN, errno);
    else
        end(scene, lane, RECORD_VANISHED);
}

/* The last byte of something has gone out, in a send that began at now_ns. */
static void
said(struct client_run_scene *scene, struct client_run *lane, int64_t now_ns)
{
    const struct plan *plan = &scene->record->plan;
    struct record_client *c = entry(scene, lane);

    if (c->sent == plan->messages) {
        lane->state = CLIENT_RUN_LEAVING;
    } else if (plan->manner == PLAN_VANISH && c->sent == plan->messages - 1) {
        vanish(scene, lane);
    } else {
        record_message(scene->record, lane->client, c->sent)->sent_ns = now_ns;
        c->sent++;
        if (plan->think_ns > 0 && c->sent < plan->messages &&
            allowed(scene, lane, c->sent))
            say_nothing_before(lane, now_ns + plan->think_ns);
    }
}

/* len bytes have gone out: finds out what they were. */
static void
account(struct client_run_scene *scene, struct client_run *lane, size_t len,
        int64_t now_ns)
{
    const struct plan *plan = &scene->record->plan;
    size_t left;

    if (plan->dribble_ns > 0)
        say_nothing_before(lane, now_ns + plan->dribble_ns);
    do {
        left = message_bytes(plan, entry(scene, lane)->sent) - lane->offset;
        if (len < left) {
            lane->offset += len;
            return;
        }
        len -= left;
        lane->offset = 0;
        said(scene, lane, now_ns);
    } while (len > 0);
}

static void
say(struct client_run_scene *scene, struct client_run *lane)
{
    int64_t now_ns;
    ssize_t n;

    lane->blocked = false;
    lane->pausing = false;
    while (allowed(scene, lane, entry(scene, lane)->sent)) {
        /* Before send, since the answer may be there when it returns. */
        now_ns = client_run_now(scene);
        if (now_ns < lane->due_ns) {
            lane->pausing = true;
            return;
        }
        n = send(lane->fd, scene->buf, gather(scene, lane), MSG_NOSIGNAL);
        if (n >= 0) {
            account(scene, lane, (size_t)n, now_ns);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            lane->blocked = true;
            return;
        } else if (errno != EINTR) {
            /* Answers may have come before the connection broke. */
            lane->send_error = errno;
        }
    }
}

/* The answer to the first unanswered message has come. */
static void
answered(struct client_run_scene *scene, struct client_run *lane,
         enum record_answer answer, int64_t now_ns)
{
    const struct plan *plan = &scene->record->plan;
    struct record_client *c = entry(scene, lane);
    struct record_message *m =
        record_message(scene->record, lane->client, c->answered);
    bool was_full = !allowed(scene, lane, c->sent);

    m->answered_ns = now_ns;
    m->answer = answer;
    c->answered++;
    tell(scene, lane, OBSERVER_ANSWERED);
    /* Thinking begins when the client could say something.  It does not think
     * before goodbye. */
    if (was_full && c->sent < plan->messages && plan->think_ns > 0)
        say_nothing_before(lane, now_ns + plan->think_ns);
}

/* Reads the answers in the bytes from at up to end. */
static void
hear(struct client_run_scene *scene, struct client_run *lane, const char *at,
     const char *end)
{
    const struct record_client *c = entry(scene, lane);
    int64_t now_ns = client_run_now(scene);
    enum answer_result result;
    enum record_answer answer;

    while (at < end && lane->state != CLIENT_RUN_OVER) {
        if (c->answered == c->sent) {
            fail_got(scene, lane,
                     lane->state == CLIENT_RUN_LEAVING ? RECORD_AFTER_GOODBYE
                                                       : RECORD_UNASKED,
                     NULL, at, end);
            return;
        }
        result = answer_next(&lane->answer, &at, end);
        if (result == ANSWER_MORE)
            return; /* and all bytes are read */
        if (result == ANSWER_WRONG) {
            fail_got(scene, lane, RECORD_WRONG, &lane->answer, at, end);
            return;
        }
        answer = result == ANSWER_ACK ? RECORD_ACK : RECORD_NAK;
        answered(scene, lane, answer, now_ns);
        if (answer != message_expected(&scene->record->plan))
            fail_got(scene, lane, RECORD_WRONG, &lane->answer, at, at);
    }
}

/* The server has closed its side. */
static void
hung_up(struct client_run_scene *scene, struct client_run *lane)
{
    if (lane->state == CLIENT_RUN_LEAVING)
        end(scene, lane, RECORD_CLOSED);
    else if (scene->record->plan.manner == PLAN_SILENT)
        end(scene, lane, RECORD_HUNG_UP);
    else if (lane->send_error != 0)
        fail(scene, lane, RECORD_BROKEN, lane->send_error);
    else
        fail(scene, lane, RECORD_CLOSED_EARLY, 0);
}

static void
receive(struct client_run_scene *scene, struct client_run *lane)
{
    ssize_t n = recv(lane->fd, scene->buf, sizeof(scene->buf), 0);

    if (n > 0)
        hear(scene, lane, scene->buf, scene->buf + n);
    else if (n == 0)
        hung_up(scene, lane);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        fail(scene, lane, RECORD_BROKEN, errno);
}

/* Returns the port of our side, by which the server's log names a client. */
static int
local_port(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);

    if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
        return 0;
    if (addr.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&addr)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&addr)->sin_port);
}

static void
connected(struct client_run_scene *scene, struct client_run *lane)
{
    lane->state = CLIENT_RUN_TALKING;
    entry(scene, lane)->connected_ns = client_run_now(scene);
    entry(scene, lane)->port = local_port(lane->fd);
    tell(scene, lane, OBSERVER_CONNECTED);
}

/* The connection has been made, or has failed. */
static void
finish_connecting(struct client_run_scene *scene, struct client_run *lane)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(lane->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        error = errno;
    if (error == 0)
        connected(scene, lane);
    else
        fail(scene, lane, RECORD_NO_CONNECTION, error);
}

unsigned
client_run_start(struct client_run_scene *scene, struct client_run *lane,
                 int client)
{
    int on = 1;

    *lane = (struct client_run){
        .client = client, .fd = -1, .state = CLIENT_RUN_CONNECTING};
    entry(scene, lane)->started_ns = client_run_now(scene);
    lane->fd = socket(scene->to.ss_family,
                      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (lane->fd == -1)
        goto out_fail;
    /* A byte that is dribbled, or a second message in flight, is to go out
     * now and not with the acknowledgement of the one before. */
    if (setsockopt(lane->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        goto out_fail;
    if (connect(lane->fd, (const struct sockaddr *)&scene->to, scene->to_len) ==
        0)
        connected(scene, lane);
    else if (errno != EINPROGRESS && errno != EINTR)
        goto out_fail;
    return client_run_step(scene, lane, 0);

out_fail:
    fail(scene, lane, RECORD_NO_CONNECTION, errno);
    return 0;
}

unsigned
client_run_step(struct client_run_scene *scene, struct client_run *lane,
                unsigned ready)
{
    if (lane->state == CLIENT_RUN_CONNECTING && (ready & CLIENT_RUN_OUT))
        finish_connecting(scene, lane);
    if (lane->state == CLIENT_RUN_CONNECTING)
        return CLIENT_RUN_OUT;
    if (lane->state != CLIENT_RUN_OVER && (ready & CLIENT_RUN_IN))
        receive(scene, lane);
    say(scene, lane);
    if (lane->state == CLIENT_RUN_OVER)
        return 0;
    return (unsigned)CLIENT_RUN_IN |
           (lane->blocked ? (unsigned)CLIENT_RUN_OUT : 0) |
           (lane->pausing ? (unsigned)CLIENT_RUN_TIME : 0);
}

void
client_run_stop(struct client_run_scene *scene, struct client_run *lane,
                enum record_end why)
{
    if (why == RECORD_GAVE_UP && scene->record->plan.manner != PLAN_SILENT)
        fail(scene, lane, RECORD_TIMED_OUT, 0);
    else
        end(scene, lane, RECORD_OPEN);
}

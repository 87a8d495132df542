#include "client/play/load_client.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client/play/message.h"
#include "common/clock.h"

int
load_client_stage(struct load_client_scene *scene, struct load *l, int epoll)
{
    /* One message, which is not the last: the last would be goodbye. */
    struct plan plan = l->plan;
    size_t flows = (size_t)plan.clients;
    size_t count;

    assert(plan.clients > 0 && plan.pipeline > 0);
    plan.messages = 1;
    *scene = (struct load_client_scene){.load = l, .epoll = epoll};
    scene->expected =
        message_expected(&plan) == RECORD_ACK ? ANSWER_ACK : ANSWER_NAK;
    scene->message = message_bytes(&plan, 0);
    count = LOAD_CLIENT_BUFFER / scene->message;
    if (count > (size_t)plan.pipeline)
        count = (size_t)plan.pipeline;
    if (count == 0)
        count = 1;
    scene->messages = count * scene->message;
    scene->block = malloc(scene->messages + message_bytes(&plan, 1));
    scene->sent_ns = calloc(flows * (size_t)plan.pipeline, sizeof(int64_t));
    if (scene->block == NULL || scene->sent_ns == NULL) {
        load_client_strike(scene);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        (void)message_copy(&plan, 0, 0, scene->block + i * scene->message,
                           scene->message);
    (void)message_copy(&plan, 1, 0, scene->block + scene->messages,
                       message_bytes(&plan, 1));
    return 0;
}

void
load_client_strike(struct load_client_scene *scene)
{
    free(scene->block);
    free(scene->sent_ns);
}

void
load_client_cut(struct load_client_scene *scene, struct load_client *f)
{
    if (f->state == LOAD_CLIENT_OVER || f->state == LOAD_CLIENT_ABSENT)
        return;
    if (!f->came)
        scene->coming--;
    if (f->fd != -1)
        close(f->fd);
    f->fd = -1;
    f->state = LOAD_CLIENT_OVER;
    scene->over++;
}

/* Ends a client because of a fault; got is what came instead of an answer. */
static void
fail(struct load_client_scene *scene, struct load_client *f, int client,
     const struct load_fault *fault)
{
    struct load *l = scene->load;

    if (l->failed < LOAD_FAULTS_MAX) {
        l->faults[l->failed] = *fault;
        l->faults[l->failed].client = client;
        l->faults[l->failed].after = f->answers;
    }
    l->failed++;
    load_client_cut(scene, f);
}

static void
fail_because(struct load_client_scene *scene, struct load_client *f, int client,
             enum record_fault fault, int error)
{
    fail(scene, f, client,
         &(struct load_fault){.fault = fault, .error = error});
}

/* Ends a client because of what the server has sent: the answer a, if it is not
 * NULL, and the bytes from at up to end. */
static void
fail_got(struct load_client_scene *scene, struct load_client *f, int client,
         enum record_fault why, const struct answer *a, const char *at,
         const char *end)
{
    struct load_fault fault = {.fault = why};

    fault.got_len = (int)answer_got(a, at, end, fault.got, RECORD_GOT_MAX);
    fail(scene, f, client, &fault);
}

/* Connecting or leaving has come to its end. */
static void
count_between(struct load_client_scene *scene, const struct load_client *f,
              int64_t now_ns)
{
    if (scene->measuring)
        scene->load->between_ns += now_ns - f->since_ns;
}

/* The connection has been made, or has failed. */
static void
finish_connecting(struct load_client_scene *scene, struct load_client *f,
                  int client, int64_t now_ns)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        error = errno;
    if (error != 0) {
        fail_because(scene, f, client, RECORD_NO_CONNECTION, error);
        return;
    }
    f->state = LOAD_CLIENT_TALKING;
    if (!f->came) {
        f->came = true;
        scene->coming--;
        scene->arrived++;
    }
    scene->load->connections++;
    histogram_add(&scene->load->connecting, now_ns - f->since_ns, 1);
    count_between(scene, f, now_ns);
    f->since_ns = 0;
}

/* Returns how many messages may be begun now. */
static int
allowance(const struct load_client_scene *scene, const struct load_client *f)
{
    const struct plan *plan = &scene->load->plan;
    int n = plan->pipeline - f->in_flight;

    if (f->idle || scene->closing)
        return 0;
    if (plan->per_connection > 0 && plan->per_connection - f->said < n)
        n = plan->per_connection - f->said;
    return n;
}

/* Tells whether all has been said on this connection, and answered. */
static bool
is_done(const struct load_client_scene *scene, const struct load_client *f)
{
    const struct plan *plan = &scene->load->plan;

    return f->in_flight == 0 &&
           (scene->closing ||
            (plan->per_connection > 0 && f->said == plan->per_connection));
}

/* Sends what the flow has not sent yet of len bytes.  Returns how many went
 * out; 0 ends the sending for now. */
static size_t
transmit(struct load_client_scene *scene, struct load_client *f, int client,
         const char *bytes, size_t len)
{
    ssize_t n;

    do
        n = send(f->fd, bytes + f->offset, len - f->offset, MSG_NOSIGNAL);
    while (n == -1 && errno == EINTR);
    if (n > 0)
        return (size_t)n;
    if (n == -1 && errno != EAGAIN)
        fail_because(scene, f, client, RECORD_BROKEN, errno);
    return 0;
}

/* Sends as many messages as may be in flight.  A message counts as sent, and as
 * in flight, when its first bytes go out. */
static void
speak(struct load_client_scene *scene, struct load_client *f, int client,
      int64_t now_ns)
{
    int pipeline = scene->load->plan.pipeline;
    int64_t *sent_ns = scene->sent_ns + (size_t)client * (size_t)pipeline;
    int more;

    while ((more = allowance(scene, f)) > 0 || f->offset > 0) {
        size_t begun = f->offset > 0;
        size_t count = (size_t)more + begun;
        size_t len = count * scene->message;
        size_t end;
        size_t begins;

        if (len > scene->messages) {
            len = scene->messages;
            count = len / scene->message;
        }
        end = f->offset;
        len = transmit(scene, f, client, scene->block, len);
        if (len == 0)
            return;
        end += len;
        begins = (end + scene->message - 1) / scene->message - begun;
        for (size_t i = 0; i < begins; i++) {
            int place = f->next + f->in_flight++;

            sent_ns[place < pipeline ? place : place - pipeline] = now_ns;
        }
        f->said += (int)begins;
        f->offset = end % scene->message;
        if (end < count * scene->message)
            return; /* the kernel takes no more for now */
    }
}

/* Says goodbye. */
static void
leave(struct load_client_scene *scene, struct load_client *f, int client,
      int64_t now_ns)
{
    const char *goodbye = scene->block + scene->messages;
    size_t len = sizeof("goodbye"); /* and its ETX */

    if (f->since_ns == 0)
        f->since_ns = now_ns;
    f->offset += transmit(scene, f, client, goodbye, len);
    if (f->state != LOAD_CLIENT_OVER && f->offset == len)
        f->state = LOAD_CLIENT_LEAVING;
}

static void
connect_now(struct load_client_scene *scene, struct load_client *f, int client,
            int64_t now_ns)
{
    struct epoll_event event = {.data.u32 = (uint32_t)client};
    int on = 1;

    *f = (struct load_client){.fd = -1,
                              .state = LOAD_CLIENT_CONNECTING,
                              .idle = f->idle,
                              .came = f->came,
                              .since_ns = now_ns,
                              .answers = f->answers};
    f->fd = socket(scene->to.ss_family,
                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (f->fd == -1)
        goto out_fail;
    if (setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        goto out_fail;
    if (connect(f->fd, (const struct sockaddr *)&scene->to, scene->to_len) ==
            -1 &&
        errno != EINPROGRESS && errno != EINTR)
        goto out_fail;
    event.events = (uint32_t)EPOLLIN | (uint32_t)EPOLLOUT |
                   (uint32_t)EPOLLRDHUP | (uint32_t)EPOLLET;
    if (epoll_ctl(scene->epoll, EPOLL_CTL_ADD, f->fd, &event) == -1)
        goto out_fail;
    return;

out_fail:
    fail_because(scene, f, client, RECORD_NO_CONNECTION, errno);
}

void
load_client_start(struct load_client_scene *scene, struct load_client *f,
                  int client)
{
    *f = (struct load_client){.idle = client >= scene->load->plan.clients};
    scene->coming++;
    connect_now(scene, f, client, clock_now());
}

/* The server has closed. */
static void
closed(struct load_client_scene *scene, struct load_client *f, int client,
       int64_t now_ns)
{
    if (f->state != LOAD_CLIENT_LEAVING) {
        fail_because(scene, f, client, RECORD_CLOSED_EARLY, 0);
        return;
    }
    count_between(scene, f, now_ns);
    if (scene->closing) {
        load_client_cut(scene, f);
        return;
    }
    close(f->fd);
    connect_now(scene, f, client, now_ns);
}

/* Reads the answers in n bytes that have come, until one is not right.  Returns
 * how many are right. */
static int
count_right(struct load_client_scene *scene, struct load_client *f, int client,
            size_t n)
{
    const char *at = scene->in;
    const char *end = at + n;
    /* A message of which only a part has been sent is not to be answered. */
    int due = f->in_flight - (f->offset > 0 && f->in_flight > 0);
    int right = 0;

    while (at < end) {
        enum answer_result result;

        if (right == due) {
            f->answers += right;
            fail_got(scene, f, client,
                     f->state == LOAD_CLIENT_LEAVING ? RECORD_AFTER_GOODBYE
                                                     : RECORD_UNASKED,
                     NULL, at, end);
            break;
        }
        result = answer_next(&f->answer, &at, end);
        if (result == scene->expected) {
            right++;
        } else if (result != ANSWER_MORE) {
            f->answers += right;
            fail_got(scene, f, client, RECORD_WRONG, &f->answer, at,
                     result == ANSWER_WRONG ? end : at);
            break;
        }
    }
    return right;
}

/* Takes in n bytes: nothing but as many answers as are due. */
static void
hear(struct load_client_scene *scene, struct load_client *f, int client,
     size_t n, int64_t now_ns)
{
    int pipeline = scene->load->plan.pipeline;
    const int64_t *sent_ns = scene->sent_ns + (size_t)client * (size_t)pipeline;
    int count = count_right(scene, f, client, n);

    if (f->state == LOAD_CLIENT_OVER)
        return;
    f->in_flight -= count;
    f->answers += count;
    while (count > 0) {
        int64_t then_ns = sent_ns[f->next];
        uint32_t same = 0;

        /* Sent at once, they take as long. */
        while (count > 0 && sent_ns[f->next] == then_ns) {
            f->next = f->next + 1 < pipeline ? f->next + 1 : 0;
            same++;
            count--;
        }
        if (scene->measuring)
            histogram_add(&scene->load->answering, now_ns - then_ns, same);
    }
}

/* Reads what is there.  What fills less than the buffer was all (epoll(7)), but
 * for the end of input, of which epoll has told then. */
static void
receive(struct load_client_scene *scene, struct load_client *f, int client,
        bool ended, int64_t now_ns)
{
    ssize_t n;

    do {
        do
            n = recv(f->fd, scene->in, sizeof(scene->in), 0);
        while (n == -1 && errno == EINTR);
        if (n > 0)
            hear(scene, f, client, (size_t)n, now_ns);
        else if (n == 0)
            closed(scene, f, client, now_ns);
        else if (errno != EAGAIN)
            fail_because(scene, f, client, RECORD_BROKEN, errno);
    } while (f->state == LOAD_CLIENT_TALKING &&
             (n == (ssize_t)sizeof(scene->in) || (ended && n > 0)));
}

/* Says what there is to say now. */
static void
go_on(struct load_client_scene *scene, struct load_client *f, int client,
      int64_t now_ns)
{
    if (f->state == LOAD_CLIENT_TALKING && f->since_ns == 0)
        speak(scene, f, client, now_ns);
    if (f->state == LOAD_CLIENT_TALKING && is_done(scene, f))
        leave(scene, f, client, now_ns);
}

void
load_client_step(struct load_client_scene *scene, struct load_client *f,
                 int client, uint32_t events)
{
    /* One moment for all of a step: what is sent at once is in flight from when
     * the answer before it came, and no time is lost between the two. */
    int64_t now_ns = clock_now();
    bool ended = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);

    if (f->state == LOAD_CLIENT_CONNECTING) {
        if (!ended && !(events & EPOLLOUT))
            return;
        finish_connecting(scene, f, client, now_ns);
    }
    if (f->state != LOAD_CLIENT_OVER && (ended || (events & EPOLLIN)))
        receive(scene, f, client, ended, now_ns);
    go_on(scene, f, client, now_ns);
}

void
load_client_close(struct load_client_scene *scene, struct load_client *f,
                  int client)
{
    if (f->state !=
        LOAD_CLIENT_CONNECTING) /* which says so when it is connected */
        go_on(scene, f, client, clock_now());
}

int64_t
load_client_waiting_ns(const struct load_client_scene *scene,
                       const struct load_client *f, int client, int64_t now_ns)
{
    int pipeline = scene->load->plan.pipeline;
    const int64_t *sent_ns = scene->sent_ns + (size_t)client * (size_t)pipeline;
    int64_t sum_ns = f->since_ns != 0 ? now_ns - f->since_ns : 0;

    for (int i = 0; i < f->in_flight; i++)
        sum_ns += now_ns - sent_ns[(f->next + i) % pipeline];
    return sum_ns;
}

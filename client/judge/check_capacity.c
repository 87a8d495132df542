/* How many clients the server serves at once, what happens to the next, and how
 * long that takes: the findings that say what a server is. */

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/draw/text.h"
#include "client/judge/activity.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define LOOK_NS            (20 * CLOCK_MS) /* between two looks at processes */
#define SETTLE_NS          (120 * CLOCK_MS)
#define SETTLE_MAX_NS      (2 * CLOCK_S)
#define MANY               40 /* clients: as good as any number */
#define DESCRIPTORS        20 /* of this program, besides the clients */
#define WAITING            4  /* clients more than there are places for */
#define QUEUED             12 /* clients that connect while it is stopped */
#define QUEUED_MIN         3
#define QUEUE_NS           (300 * CLOCK_MS)
#define START_LOOK_NS      (50 * CLOCK_MS)
#define START_PERCENT      5
#define LOOKS              3  /* at a server that serves not all */
#define BUSY               8  /* clients, if there are places for them */
#define SHAPE_MESSAGES     10 /* per client, */
#define SHAPE_MESSAGES_MIN 3
#define SHAPE_TIME_NS      (200 * CLOCK_MS) /* but not for longer than that */
#define SHAPE_HELPED       0.25 /* sleeps of other threads per message, */
#define SHAPE_HELPS        2    /* and of each of them */
#define SHAPE_NS           (10 * CLOCK_MS)
#define MESSAGES           2 /* of one client alone */
#define TRIES              3
#define FIT                1.6 /* so many times what is expected still fits */
#define MOST               20  /* clients whose messages are timed */
#define LONGER             "400ms"
#define LIMIT_NS           (20 * CLOCK_S) /* for clients that are timed */
#define SLACK_NS           50e6           /* that may be lost anywhere */
#define LESSON             "notes/08-prefork.md"
#define LESSON_LOOP        "notes/15-select.md"

static const struct model_size unknown = {.processes = -1, .threads = -1};

/* Returns the process that is the server: where the command is a wrapper, such
 * as a shell or npm, the server is its only child, and another program. */
static pid_t
skip_wrappers(pid_t pid)
{
    struct process_tree t;

    process_tree_list(&t, pid);
    for (int i = 1; i < t.count; i++) {
        bool is_only_child =
            t.parents[i] == i - 1 &&
            (i + 1 == t.count || t.parents[i + 1] != t.parents[i]);

        if (!is_only_child || process_tree_is_worker(&t, i))
            return t.pids[i - 1];
    }
    return t.pids[t.count - 1];
}

/* Returns how many processes and threads it has now. */
static struct model_size
measure_size(const struct target_server *s)
{
    struct process_size size = {.processes = -1, .threads = -1};

    if (s->pid != 0)
        size = process_tree_size(skip_wrappers(s->pid));
    return (struct model_size){size.processes, size.threads};
}

static bool
is_same(struct model_size a, struct model_size b)
{
    return a.processes == b.processes && a.threads == b.threads;
}

/* Waits until it has started and ended no process or thread for settle_ns, or
 * has as many of them as in rest.  Returns how many it has then. */
static struct model_size
await_size(const struct target_server *s, int64_t settle_ns,
           struct model_size rest)
{
    struct model_size size = measure_size(s);
    int64_t since_ns = clock_now();
    int64_t end_ns = since_ns + settle_ns + SETTLE_MAX_NS;

    while (!is_same(size, rest) && clock_now() < end_ns &&
           clock_now() < since_ns + settle_ns &&
           target_server_pause(s, LOOK_NS)) {
        struct model_size now = measure_size(s);

        if (!is_same(now, size))
            since_ns = clock_now();
        size = now;
    }
    return size;
}

/* Notes in the model how many threads sleep in accept, if those are more than
 * before: one that has just left its client is on its way there. */
static void
note_accepting(struct target_server *s)
{
    static struct process_tree_threads now;
    int accepting = 0;

    if (s->pid == 0)
        return;
    process_tree_list_threads(&now, s->pid);
    for (int i = 0; i < now.count; i++)
        accepting += now.list[i].accepts;
    if (now.count != -1 && accepting > s->model.accepting)
        s->model.accepting = accepting;
}

/* Notes in the model how many listeners there are, and how many processes have
 * one open. */
static void
note_listening(struct target_server *s)
{
    static struct process_tree tree;

    if (s->pid == 0 || s->command == NULL)
        return;
    process_tree_list(&tree, s->pid);
    s->model.listeners = target_server_listeners(s);
    if (tree.count > MANY)
        return;
    s->model.listening = 0;
    for (int i = 0; i < tree.count; i++)
        s->model.listening += target_server_listens(s, tree.pids[i]);
}

/* Tells whether the server wants to run, although it has nothing to do for a
 * client: it still starts threads or programs, or ends them. */
static bool
wants_to_run(const struct target_server *s)
{
    struct process_tree_activity now =
        activity_measure(s, target_server_patience(s, START_LOOK_NS));

    return now.percent >= START_PERCENT || now.wants_to_run;
}

/* Tells whether a client that has sent one message has got more than its
 * answer, which is not read yet. */
static bool
has_too_many_answers(const struct probes *all)
{
    char byte;

    for (int i = 0; i < all->count; i++)
        if (probes_is_served(&all->list[i]) &&
            recv(all->list[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
            return true;
    return false;
}

/* Holds so many clients, and notes in the model how many of them are served,
 * and how many processes and threads it has then and afterwards.  Returns how
 * many are served, and whether the server was still starting to serve more. */
static int
hold_clients(struct target_server *s, int clients, bool *starting)
{
    struct model *m = &s->model;
    struct probes all;
    int served;

    probes_open(&all, s, clients);
    served = probes_wait_served(&all);
    /* Many threads or processes take some time to start. */
    if (served == 0 || served > MANY / 2) {
        probes_wait(&all, PROBE_ANSWERED, s->limit_ns, s->limit_ns);
        served = probes_wait_served(&all);
    }
    *starting = false;
    for (int i = 0; i < TRIES && served < clients; i++) {
        *starting = wants_to_run(s);
        if (!*starting)
            break;
        probes_wait(&all, PROBE_ANSWERED, s->limit_ns, s->limit_ns);
        served = probes_wait_served(&all);
    }
    /* Of two looks, the one that has seen more is right: in the other,
     * something may have held up the server. */
    if (served > m->at_once) {
        m->at_once = served;
        m->bounded = served < clients;
        m->busy = measure_size(s);
        m->busy_clients = served;
    }
    m->mixes_up = m->mixes_up || has_too_many_answers(&all);
    probes_close(&all);
    /* It may still work on the messages of those that had to wait. */
    m->rest = await_size(
        s, SETTLE_NS + 2 * s->answer_ns * clients / (served + 1), m->first);
    /* Processes that end together share the cores, so at first none has ended
     * although all of them are about to. */
    for (int i = 0; i < TRIES && !is_same(m->rest, m->first) && wants_to_run(s);
         i++)
        m->rest = await_size(s, SETTLE_NS, m->first);
    note_accepting(s);
    return served;
}

/* Tells whether it could be a pool that has more places than clients have been
 * tried: it has as many processes or threads, and they stay. */
static bool
may_be_large_pool(const struct model *m)
{
    return !m->bounded && (4 * m->rest.processes >= 3 * m->at_once ||
                           4 * m->rest.threads >= 3 * m->at_once);
}

/* Looks how many of so many clients are served at once.  If not all are, it is
 * a bound only if two looks agree: otherwise the server, or this machine, was
 * too slow. */
static void
find_bound(struct target_server *s, int clients)
{
    bool starting;
    int most = hold_clients(s, clients, &starting);

    for (int i = 1; i < LOOKS && most < clients; i++) {
        int served = hold_clients(s, clients, &starting);

        if ((served == most && !starting) || served == 0)
            return;
        if (served > most)
            most = served;
    }
    s->model.bounded = false;
}

static void
check_at_once(struct target_server *s, struct outcome *o)
{
    struct model *m = &s->model;
    int64_t descriptors = process_limit(getpid());

    if (descriptors != -1 && descriptors < MANY + DESCRIPTORS) {
        finding_unknown(o, "this program may open only %d descriptors",
                        (int)descriptors);
        return;
    }
    *m = model_new();
    /* It may still start workers, which takes as long as its own start. */
    m->first = await_size(s, SETTLE_NS + s->start_ns, unknown);
    note_accepting(s);
    find_bound(s, MANY);
    if (m->at_once > 0 && may_be_large_pool(m) &&
        descriptors >= MODEL_PLACES_MAX + DESCRIPTORS)
        find_bound(s, MODEL_PLACES_MAX + 1);
    note_listening(s);
    if (m->mixes_up) {
        *m = model_new();
        m->mixes_up = true;
        finding_not_ok(o,
                       "%d clients at once sent one message each, and one of "
                       "them got the answers of others, too",
                       MANY);
        return;
    }
    if (m->at_once < 1) {
        *m = model_new();
        finding_not_ok(o, "of %d clients at once none was answered", MANY);
        return;
    }
    finding_ok(o, "%s%d", m->bounded ? "" : "at least ", m->at_once);
}

/* In which order clients that wait are served. */
struct order {
    int waiting; /* fewer than WAITING if the accept queue is short */
    int served;  /* so many in all; fewer than waiting: a place stayed empty, */
    int in_order; /* as they came, */
    int reversed; /* and in the reverse order */
};

/* Returns the first of the clients behind the places that is served now, but
 * was not before; -1: none. */
static int
find_next(const struct probes *all, int places, bool *was_served)
{
    for (int i = places; i < all->count; i++)
        if (!was_served[i] && probes_is_served(&all->list[i])) {
            was_served[i] = true;
            return i;
        }
    return -1;
}

/* Lets the first client that is served leave, and waits until as many as before
 * are served, or for a while. */
static void
let_one_leave(struct probes *all)
{
    const struct target_server *s = all->list[0].server;
    int served = probes_count(all, PROBES_SERVED);
    int leaving = 0;

    while (!probes_is_served(&all->list[leaving]))
        leaving++;
    probe_finish(&all->list[leaving], s->limit_ns);
    /* One is enough: the others are not waited for. */
    for (int i = 0; i < TRIES; i++)
        if (probes_wait_served(all) == served)
            return;
}

/* Lets those that are served leave, one after the other, and looks who is
 * served next. */
static struct order
leave_one_by_one(struct probes *all, int places)
{
    bool was_served[PROBE_MAX] = {false};
    struct order order = {.waiting = all->count - places};

    for (int turn = 0; places + turn < all->count; turn++) {
        int served = probes_count(all, PROBES_SERVED);
        int next;

        if (served == 0)
            return order;
        let_one_leave(all);
        next = find_next(all, places, was_served);
        if (probes_count(all, PROBES_SERVED) < served || next == -1)
            return order;
        order.served++;
        order.in_order += next == places + turn;
        order.reversed += next == all->count - 1 - turn;
    }
    return order;
}

/* The same for a server whose workers have a listener each: a client waits for
 * one of them, and may wait although another one is idle. */
static struct order
leave_until_none_is_served(struct probes *all)
{
    int at_first = probes_count(all, PROBES_SERVED);
    struct order order = {.waiting = all->count - at_first,
                          .served = -at_first};

    for (; probes_count(all, PROBES_SERVED) > 0; order.served++)
        let_one_leave(all);
    return order;
}

/* Tells whether a new client is served, now or a moment later: a server that
 * refuses clients may need that long to notice that others have left. */
static bool
serves_soon(const struct target_server *s)
{
    int64_t end_ns = clock_now() + s->limit_ns;

    while (!checks_serves_now(s))
        if (clock_now() > end_ns || !target_server_pause(s, SETTLE_NS))
            return false;
    return true;
}

/* Connects one more.  Returns false if it cannot connect, since the accept
 * queue is full. */
static bool
add_waiting(struct probes *all, const struct target_server *s)
{
    struct probe *p = &all->list[all->count];

    if (probes_add(all, s, 1, PROBES_MESSAGE) == 0)
        return false;
    probe_wait(p, 1, PROBE_SENT, QUEUE_NS, QUEUE_NS);
    if (!p->connecting)
        return true;
    probe_close(p);
    all->count--;
    return false;
}

/* Lets more clients come than there are places, and then some leave.  Returns
 * whether those that waited could be looked at; otherwise the outcome is set.
 */
static bool
look_at_waiting(struct target_server *s, struct outcome *o, struct order *order)
{
    struct probes all;
    bool refused;

    if (!s->model.bounded) {
        finding_skipped(o, "all %d were served, so none had to wait",
                        s->model.at_once);
        return false;
    }
    probes_open(&all, s, s->model.at_once);
    (void)probes_wait_served(&all);
    for (int i = 0; i < WAITING && add_waiting(&all, s); i++)
        ;
    (void)probes_wait_served(&all);
    refused = probes_count(&all, PROBES_REFUSED) > 0;
    if (!refused)
        *order = s->model.listeners > 1
                     ? leave_until_none_is_served(&all)
                     : leave_one_by_one(&all, s->model.at_once);
    probes_close(&all);
    if (!refused)
        return true;
    if (serves_soon(s))
        finding_ok(o, "is refused: the server closes");
    else
        finding_not_ok(o, "is refused, and so are all clients afterwards");
    return false;
}

static void
check_next(struct target_server *s, struct outcome *o)
{
    struct order order;

    if (!look_at_waiting(s, o, &order))
        return;
    if (order.waiting < 1)
        finding_ok(o, "cannot connect until another leaves: its accept queue "
                      "is short");
    else if (order.served < order.waiting)
        finding_late(o, "%d of %d were served when others had left",
                     order.served, order.waiting);
    else
        finding_ok(o, "waits until another leaves%s",
                   order.in_order == order.waiting ? ", in the order of arrival"
                                                   : "");
}

static void
check_order(struct target_server *s, struct outcome *o)
{
    struct order order;

    if (!look_at_waiting(s, o, &order))
        return;
    if (order.served < WAITING)
        finding_ok(o, "only %d could wait", order.waiting);
    else if (order.reversed == WAITING)
        finding_not_ok(o,
                       "the last of %d to come was served first, the first "
                       "last",
                       WAITING);
    else
        finding_ok(o, "%s",
                   order.in_order == WAITING
                       ? "in the order of arrival"
                       : "in another order, but not the reverse");
}

/* Stops all processes of the server for a moment, so that it accepts nobody,
 * and lets clients connect.  Those that can are in its accept queue. */
static void
check_queue(struct target_server *s, struct outcome *o)
{
    static struct process_tree tree;
    struct probes all = {.count = 0};
    int64_t began_ns;
    int queued;
    int answered;

    process_tree_list(&tree, s->pid);
    process_tree_signal(&tree, SIGSTOP);
    process_tree_await_stop(&tree);
    (void)probes_add(&all, s, QUEUED, PROBES_MESSAGE);
    probes_wait(&all, PROBE_CONNECTED, QUEUE_NS, QUEUE_NS);
    /* The others try again after a second, and are not looked at. */
    probes_close_those(&all, PROBES_CONNECTING);
    queued = probes_count(&all, PROBES_WAITING);
    probes_leave(&all);
    process_tree_signal(&tree, SIGCONT);
    began_ns = clock_now();
    probes_wait(&all, PROBE_ANSWERED, s->limit_ns, LIMIT_NS);
    answered = probes_count(&all, PROBES_WAITING) == 0;
    probes_close(&all);
    if (queued < QUEUED_MIN)
        finding_not_ok(o, "only %d of %d clients could connect", queued,
                       QUEUED);
    else if (!answered && clock_now() - began_ns >= LIMIT_NS)
        finding_unknown(o,
                        "%d of %d clients could connect; it is too slow to "
                        "answer them all",
                        queued, QUEUED);
    else if (!answered)
        finding_late(o,
                     "%d of %d clients could connect, but not all of them "
                     "were answered",
                     queued, QUEUED);
    else
        finding_ok(o, "%d of %d clients could connect", queued, QUEUED);
}

/* Lets probes of this server connect to it by IPv4, also if it has a socket for
 * IPv6 that takes both.  Returns false if it is not on 127.0.0.1. */
static bool
use_ipv4(struct target_server *to)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&to->to;
    struct sockaddr_in four = {.sin_family = AF_INET};

    if (six->sin6_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        four.sin_port = six->sin6_port;
        memcpy(&four.sin_addr, &six->sin6_addr.s6_addr[12],
               sizeof(four.sin_addr));
        memcpy(&to->to, &four, sizeof(four));
        to->to_len = sizeof(four);
    }
    memcpy(&four, &to->to, sizeof(four));
    return four.sin_family == AF_INET &&
           ntohl(four.sin_addr.s_addr) == INADDR_LOOPBACK;
}

/* A client from another address of this machine, with the port number that
 * another client has. */
static void
check_address(struct target_server *s, struct outcome *o)
{
    struct target_server to = *s;
    struct sockaddr_in own;
    socklen_t len = sizeof(own);
    struct probe first;
    struct probe other = {.fd = -1};
    bool one_place = target_server_places(s) == 1;

    if (!use_ipv4(&to)) {
        finding_unknown(o, "it does not listen on 127.0.0.1");
        return;
    }
    probe_open_served(&first, &to);
    if (!checks_probe(&first, o, "a client from 127.0.0.1") ||
        getsockname(first.fd, (struct sockaddr *)&own, &len) == -1)
        return;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    other.from = &own;
    if (one_place)
        probe_finish(&first, s->limit_ns);
    probe_connect(&other, &to);
    probe_send_message(&other, "hello");
    probe_receive(&other, "ack");
    if (!one_place) {
        probe_send_message(&first, "hello");
        probe_receive(&first, "ack");
    }
    if (other.result == PROBE_BROKEN &&
        (other.error == EADDRNOTAVAIL || other.error == EADDRINUSE))
        finding_unknown(o, "no client can come from 127.0.0.2: %s",
                        probe_words(&other));
    else if (checks_probe(&other, o, "the client from 127.0.0.2") &&
             checks_probe(&first, o, "then the one from 127.0.0.1"))
        finding_ok(o, "both are served");
    probe_leave(&other);
    probe_leave(&first);
}

/* Connects so many clients, for which it has places, and lets each of them be
 * served once.  Returns how many are. */
static int
open_served(struct probes *all, const struct target_server *s, int clients)
{
    probes_open(all, s, clients);
    probes_wait(all, PROBE_ANSWERED, LIMIT_NS, LIMIT_NS);
    return probes_count(all, PROBES_SERVED);
}

/* Lets each of these clients, which have been served, send so many messages,
 * each when the one before is answered. */
static void
begin_messages(struct probes *all, int messages)
{
    static const char acks[] = "ackackackackackackackackackack";

    for (int i = 0; i < all->count; i++) {
        struct probe *p = &all->list[i];

        p->to_send = p->sent + messages * (int64_t)p->len;
        p->messages_ahead = 1;
        p->answers_due = p->answers + messages;
        p->expected = acks + sizeof(acks) - 1 - messages * ANSWER_TEXT_MAX;
    }
}

/* Returns how many have all their answers. */
static int
count_answered(const struct probes *all)
{
    int n = 0;

    for (int i = 0; i < all->count; i++)
        n += all->list[i].answers == all->list[i].answers_due;
    return n;
}

/* Returns how many may still get an answer. */
static int
count_unanswered(const struct probes *all)
{
    int n = 0;

    for (int i = 0; i < all->count; i++)
        n += all->list[i].fd != -1 &&
             all->list[i].answers < all->list[i].answers_due;
    return n;
}

/* Returns a thread of a list; NULL: it is not there. */
static const struct process_thread *
find_thread(const struct process_tree_threads *t, pid_t id)
{
    for (int i = 0; i < t->count; i++)
        if (t->list[i].id == id)
            return &t->list[i];
    return NULL;
}

/* Tells whether a thread that did not wait for the sockets at first, or did not
 * exist, does so later.  Then the threads of a runtime take turns, as in Go. */
static bool
takes_turns(const struct process_tree_threads *before,
            const struct process_tree_threads *now)
{
    for (int i = 0; i < now->count; i++) {
        const struct process_thread *then =
            find_thread(before, now->list[i].id);

        if (now->list[i].polls && (then == NULL || !then->polls))
            return true;
    }
    return false;
}

/* Notes how many threads have gone to sleep about as often as the one that has
 * done so most: those that have done the work.  If one thread waits for all
 * sockets, and several others have gone to sleep for many of the messages,
 * these others have taken part in the work.  A single one would be what runs
 * the loop, as in Tcl.  What a thread does while there is no work, it does
 * meanwhile, too, and that is not counted. */
static void
note_active(struct model *m, int64_t messages,
            const struct process_tree_threads *idle,
            const struct process_tree_threads *before,
            const struct process_tree_threads *after)
{
    double times = (double)(after->when_ns - before->when_ns) /
                   (double)(before->when_ns - idle->when_ns);
    double sleeps[PROCESS_TREE_THREADS_MAX];
    double most = 0;
    double helpers = 0; /* the sleeps of threads that do not wait for sockets */
    int helping = 0;    /* so many of these */

    m->active = m->loops = -1;
    if (idle->count == -1 || before->count == -1 || after->count == -1)
        return;
    for (int i = 0; i < after->count; i++) {
        const struct process_thread *now = &after->list[i];
        const struct process_thread *then = find_thread(before, now->id);
        const struct process_thread *first = find_thread(idle, now->id);

        sleeps[i] = 0;
        if (first != NULL && then != NULL)
            sleeps[i] = (double)(now->sleeps - then->sleeps) -
                        (double)(then->sleeps - first->sleeps) * times;
        if (sleeps[i] > most)
            most = sleeps[i];
    }
    m->active = m->loops = 0;
    for (int i = 0; i < after->count; i++) {
        bool worked = sleeps[i] >= SHAPE_MESSAGES_MIN && 2 * sleeps[i] >= most;
        const struct process_thread *then =
            find_thread(before, after->list[i].id);

        m->active += worked;
        m->loops += worked && then->polls;
        if (sleeps[i] > 0 && !then->polls) {
            helpers += sleeps[i];
            helping += sleeps[i] >= SHAPE_HELPS;
        }
    }
    m->is_helped = m->loops == 1 && helping > 1 &&
                   helpers >= SHAPE_HELPED * (double)messages;
}

/* Notes how many processes and threads it has while it works. */
static void
note_size(struct model *m, struct model_size now)
{
    if (now.processes > m->with_messages.processes)
        m->with_messages.processes = now.processes;
    if (now.threads > m->with_messages.threads)
        m->with_messages.threads = now.threads;
}

/* Lets a few clients send messages, and looks meanwhile how many processes and
 * threads it has, and which of them work. */
static void
look_at_messages(struct target_server *s, int clients)
{
    static struct process_tree_threads idle;
    static struct process_tree_threads before;
    static struct process_tree_threads after;
    struct model *m = &s->model;
    int64_t end_ns = clock_now() + LIMIT_NS;
    int64_t messages = SHAPE_TIME_NS / (s->answer_ns + 1);
    struct probes all;
    bool turns = false;

    if (messages > SHAPE_MESSAGES)
        messages = SHAPE_MESSAGES;
    if (messages < SHAPE_MESSAGES_MIN)
        messages = SHAPE_MESSAGES_MIN;
    m->message_clients = open_served(&all, s, clients);
    m->with_clients = m->with_messages = await_size(s, SETTLE_NS, unknown);
    process_tree_list_threads(&idle, s->pid);
    (void)target_server_pause(s, SHAPE_TIME_NS);
    process_tree_list_threads(&before, s->pid);
    begin_messages(&all, (int)messages);
    while (count_answered(&all) < m->message_clients &&
           count_unanswered(&all) > 0 && clock_now() < end_ns &&
           target_server_lives(s) && target_server_pause(s, 0)) {
        probes_wait(&all, PROBE_ANSWERED, SHAPE_NS, SHAPE_NS);
        note_size(m, measure_size(s));
        process_tree_list_threads(&after, s->pid);
        turns |= takes_turns(&before, &after);
    }
    process_tree_list_threads(&after, s->pid);
    note_active(m, messages * m->message_clients, &idle, &before, &after);
    m->is_helped &= !turns;
    probes_close(&all);
    /* What it starts for a client has ended by now. */
    if (m->at_once == 1)
        m->rest = await_size(s, SETTLE_NS, m->first);
}

static void
check_shape(struct target_server *s, struct outcome *o)
{
    const struct model *m = &s->model;

    look_at_messages(s, m->at_once < BUSY ? m->at_once : BUSY);
    if (m->with_clients.processes == -1) {
        finding_unknown(o, "its process cannot be looked at");
        return;
    }
    finding_ok(
        o,
        "processes x threads: %d x %d with %d client%s, %d x %d while it "
        "works on a message of each; %d of the threads do the work",
        (int)m->with_clients.processes, (int)m->with_clients.threads,
        m->message_clients, text_plural(m->message_clients),
        (int)m->with_messages.processes, (int)m->with_messages.threads,
        m->active);
}

/* How long a message takes of one client that is alone, and how long one of
 * each client takes, if all are sent at the same moment. */
struct growth {
    int clients;
    int64_t alone_ns;
    int64_t took_ns;
    int first; /* so many were answered in about the time of one */
};

/* Tells whether a time is about one that is expected. */
static bool
fits(int64_t took_ns, int64_t expected_ns)
{
    return (double)took_ns < (double)expected_ns * FIT + SLACK_NS;
}

/* Measures g, with clients that are connected and have been served before, so
 * that it does not matter how long it takes to accept one.  Returns false, and
 * sets the outcome, if that is not possible. */
static bool
measure_growth(const struct target_server *s, struct outcome *o, int places,
               struct growth *g)
{
    struct probes all;
    int64_t began_ns;

    if (!checks_time(s, o, MESSAGES, &g->alone_ns))
        return false;
    (void)open_served(&all, s, places);
    g->clients = all.count;
    began_ns = clock_now();
    begin_messages(&all, 1);
    g->took_ns = (int64_t)(FIT * (double)g->alone_ns + SLACK_NS);
    probes_wait(&all, PROBE_ANSWERED, g->took_ns, g->took_ns);
    g->first = count_answered(&all);
    probes_wait(&all, PROBE_ANSWERED, LIMIT_NS, LIMIT_NS);
    g->took_ns = clock_now() - began_ns;
    if (count_answered(&all) < g->clients)
        finding_late(o, "only %d of %d clients were answered within %d s",
                     count_answered(&all), g->clients,
                     (int)(LIMIT_NS / CLOCK_S));
    else
        finding_ok(o,
                   "%d messages at the same moment take %.1f times as long as "
                   "one",
                   g->clients, (double)g->took_ns / (double)g->alone_ns);
    probes_close(&all);
    return o->result == FINDING_OK;
}

/* Says what it means that the messages have taken longer than one. */
static void
judge_growth(struct target_server *s, struct outcome *o, const struct growth *g)
{
    double times = (double)g->took_ns / (double)g->alone_ns;
    int at_once = (int)((double)g->clients / times + 0.5);

    /* What is answered first is a better measure, if the two agree. */
    if (g->first > 0 && 2 * g->first > at_once && g->first < 2 * at_once)
        at_once = g->first;
    if (at_once > 1 && !s->model.bounded) {
        s->model.messages_at_once = at_once;
        finding_ok(o,
                   "%d messages at the same moment take %.1f times as long as "
                   "one: it works on %d at a time",
                   g->clients, times, at_once);
    } else {
        finding_late(o,
                     "%d messages of %d clients at the same moment take %.1f "
                     "times as long as one, as if %d at a time were worked on, "
                     "though %d clients are served at once",
                     g->clients, g->clients, times, at_once < 1 ? 1 : at_once,
                     s->model.at_once);
    }
}

static void
check_growth(struct target_server *s, struct outcome *o)
{
    int places = s->model.at_once < MOST ? s->model.at_once : MOST;
    struct growth g;

    s->model.messages_at_once = -1;
    if (target_server_places(s) == 1) {
        finding_skipped(o, "one client at a time, or per worker: nothing to "
                           "compare");
        return;
    }
    if (!measure_growth(s, o, places, &g))
        return;
    /* The longer a message takes, the less it matters what the machine does
     * beside it, and how slow the server's language is.  But times that are
     * many times as long do not come from that. */
    if (!fits(g.took_ns, g.alone_ns) && s->command != NULL &&
        g.took_ns < places * g.alone_ns / 2 &&
        !(checks_restart(s, o, LONGER) && measure_growth(s, o, places, &g)))
        return;
    if (fits(2 * g.alone_ns, g.alone_ns))
        finding_unknown(o, "a message takes %.1f ms: too quick to compare",
                        (double)g.alone_ns / 1e6);
    else if (!fits(g.took_ns, g.alone_ns))
        judge_growth(s, o, &g);
}

const struct finding findings_capacity[] = {
    {"capacity.at-once", FINDING_MUST, "40 clients at once that stay",
     "one at least is answered",
     "40 clients connect, send a message each, and stay connected when they "
     "have their answer.  So a place that is taken stays taken, and the number "
     "of answers is the number of clients that the server can serve at once.  "
     "It is found by holding clients, not by measuring time.",
     LESSON, check_at_once, .is_basic = true, .after = FINDING_LIVES,
     .mend = "Accept each client, and send its answer as soon as its message "
             "has been worked on, whatever the other clients do."},
    {"capacity.next", FINDING_MUST, "four clients more than there are places",
     "they wait, or are refused, and are not lost",
     "Clients that stay hold all places, and four more connect.  Then one "
     "client after the other leaves.  Each time the server must serve one of "
     "those that wait.",
     LESSON, check_next, .needs = FINDING_NEEDS_CAPACITY,
     .after = FINDING_LIVES, .only_waits = true,
     .mend = "When a client leaves, accept the next one.  Close the "
             "connection of a client that you refuse, and give its place "
             "back."},
    {"capacity.order", FINDING_SHOULD, "clients that wait for a place",
     "not the last to come first",
     "Clients that stay hold all places, four more wait, and then one client "
     "after the other leaves.  If the server keeps those that wait in a stack, "
     "it serves the last to come first.  Then those that came early may wait "
     "without end as long as others come.",
     LESSON, check_order,
     .mend = "Keep clients that wait in a queue: first in, first out.",
     .needs = FINDING_NEEDS_CAPACITY,
     .depends_on = "capacity.at-once,capacity.next", .only_waits = true,
     .after = FINDING_LIVES},
    {"capacity.queue", FINDING_SHOULD,
     "twelve clients that connect while the server is busy for a moment",
     "three at least can connect, and are answered",
     "The kernel completes connections for a server that is busy, and keeps "
     "them in the accept queue until the server calls accept.  How many fit is "
     "the second argument of listen.  If the queue is full, the kernel drops "
     "the client's request, and the client tries again only after a second, "
     "then after two.  The judge stops the server's processes with SIGSTOP, "
     "counts how many clients can connect, and lets the server go on.",
     LESSON, check_queue,
     .mend = "Pass a larger backlog to listen, such as SOMAXCONN.",
     .needs = FINDING_NEEDS_COMMAND, .depends_on = "capacity.next",
     .only_waits = true, .after = FINDING_LIVES},
    {"capacity.address", FINDING_MUST,
     "a client from 127.0.0.2, with the port number of one from 127.0.0.1",
     "both are served",
     "Two clients are told apart by address and port.  A server that knows its "
     "clients by the port alone takes these two for one, and a server that "
     "serves only one address serves nobody else.",
     LESSON, check_address,
     .mend = "Keep what belongs to a client with its descriptor, not with its "
             "address or port.",
     .depends_on = "capacity.next", .only_waits = true, .after = FINDING_LIVES},
    {"shape.processes", FINDING_MUST,
     "its processes and threads, while it works", "any",
     "Up to eight clients are connected, and each sends some messages.  The "
     "judge counts processes and threads meanwhile, and looks in /proc which "
     "threads go to sleep and wake up.  Where several clients share a thread, "
     "it is an event loop; where each message has a process or thread of its "
     "own, their number grows with the messages.",
     LESSON, check_shape, .is_basic = true,
     .needs = FINDING_NEEDS_PROCESS | FINDING_NEEDS_CAPACITY,
     .after = FINDING_LIVES,
     .mend = "Nothing: this finding only says what the server is."},
    {"growth.time", FINDING_MUST,
     "a message of each client, all at the same moment",
     "as many at a time as clients are served at once, or at least two",
     "All clients that the server serves at once are connected, and each sends "
     "a message at the same moment.  How much longer they take than one "
     "message says how many the server works on at a time.  A loop that "
     "sleeps, or workers that hold a lock while they work, take as long as if "
     "there were one place.  A loop may give the messages to fewer workers "
     "than there are clients; that is a model, and no fault.  If the time does "
     "not fit, the judge measures again with longer delays, beside which it "
     "matters less what the machine does.",
     LESSON_LOOP, check_growth,
     .mend =
         "Look where the server waits for the delay: the thread that sleeps "
         "there must not be the only one, and must not hold a lock.  In an "
         "event loop, remember when the delay is over, and wait for that "
         "together with everything else.",
     .delay = "150ms", .needs = FINDING_NEEDS_CAPACITY,
     .depends_on = "capacity.at-once", .after = FINDING_LIVES},
    {.name = NULL},
};

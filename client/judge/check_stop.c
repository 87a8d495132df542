/* How a server ends when it gets SIGTERM: with nothing to do, with silent
 * clients, with a message in hand. */

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/judge/activity.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define STOP_NS      (2 * CLOCK_S) /* to end in, without the work in hand, */
#define STOP_TIMES   3             /* and so many times what it took at first */
#define LEFT_NS      (1 * CLOCK_S) /* then none of its processes may be left */
#define FREE_NS      (500 * CLOCK_MS) /* for its port to be free again */
#define LOOK_NS      (2 * CLOCK_MS)
#define SETTLE_NS    (50 * CLOCK_MS) /* for the server to accept clients */
#define SILENT       3
#define WORK         "300ms"
#define WORK_NS      (300 * CLOCK_MS)
#define LONG_WORK    "5s"
#define LONG_LOOK_NS (300 * CLOCK_MS) /* then it still works on that */
#define LESSON       "notes/34-stopping.md"

/* What judge_end adds: see note_wrapper. */
static char wrapper_hint[200];

/* Returns how long the server may take to end after SIGTERM. */
static int64_t
stop_limit(const struct target_server *s)
{
    return STOP_NS + STOP_TIMES * s->stop_ns;
}

/* Waits until the server has ended: until end_ns or, if it is held up by what
 * else the machine does, for some times as long.  Returns whether it has. */
static bool
await_end(const struct target_server *s, int64_t end_ns)
{
    int64_t now_ns = clock_now();
    int64_t last_ns = now_ns + target_server_patience(s, end_ns - now_ns);
    bool watching = false;

    while (!server_process_await_end(&s->process, end_ns - clock_now()))
        if (!activity_is_held_up(s, &watching, &end_ns, last_ns))
            return false;
    return true;
}

/* Returns how many of its processes are left some time after the server itself
 * has ended: they are this program's descendants then (prctl(2),
 * PR_SET_CHILD_SUBREAPER).  -1: that cannot be known. */
static int64_t
count_left(const struct target_server *s)
{
    int64_t end_ns = clock_now() + target_server_patience(s, LEFT_NS);
    int64_t left;

    while ((left = process_tree_orphans()) > 0 && clock_now() < end_ns)
        if (!target_server_pause(s, LOOK_NS))
            break;
    return left;
}

/* Tells whether some process still listens on the port.  Connections that are
 * still closing (TIME_WAIT) are not asked: stop.restart looks at these. */
static bool
has_listener(const struct target_server *s)
{
    struct probe p;
    bool connected;

    probe_open(&p, s);
    connected = p.was_connected;
    probe_close(&p);
    return connected;
}

/* Sends SIGTERM.  Returns when that was. */
static int64_t
ask_to_end(const struct target_server *s)
{
    int64_t now_ns = clock_now();

    /* It can only fail because the server has ended, and that is looked at. */
    (void)kill(s->pid, SIGTERM);
    return now_ns;
}

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* If the process that was started does not listen itself, but one below it runs
 * another program and does, writes a hint that says so.  A shell, npm or make
 * ends by SIGTERM, and its server goes on. */
static void
note_wrapper(const struct target_server *s)
{
    static struct process_tree tree;
    char outer[PATH_MAX];
    char inner[PATH_MAX];

    wrapper_hint[0] = '\0';
    process_tree_list(&tree, s->pid);
    if (tree.count < 2 || target_server_listens(s, s->pid) ||
        !process_program(s->pid, outer, sizeof(outer)))
        return;
    for (int i = 1; i < tree.count; i++)
        if (target_server_listens(s, tree.pids[i]) &&
            process_program(tree.pids[i], inner, sizeof(inner)) &&
            strcmp(inner, outer) != 0) {
            snprintf(
                wrapper_hint, sizeof(wrapper_hint),
                "; SIGTERM went to %.40s, and %.40s below it listens: in a "
                "shell, write exec before its command",
                base_name(outer), base_name(inner));
            return;
        }
}

/* Says whether the server, asked to end at asked_ns, has ended within limit_ns,
 * in order and with all that belongs to it. */
static bool
judge_end(const struct target_server *s, struct outcome *o, int64_t asked_ns,
          int64_t limit_ns)
{
    bool ended = await_end(s, asked_ns + limit_ns);
    int64_t ms = (clock_now() - asked_ns) / CLOCK_MS;
    char words[TARGET_SERVER_WORDS_MAX];
    int64_t left = ended ? count_left(s) : 0;

    if (!ended)
        finding_late(o, "still there %" PRId64 " ms after SIGTERM", ms);
    else if (!target_server_end(s, words))
        finding_not_ok(o, "ended after %" PRId64 " ms, %s", ms, words);
    else if (left > 0)
        finding_not_ok(o, "%" PRId64 " of its processes are still there", left);
    else if (has_listener(s))
        finding_not_ok(o, "some process still listens on its port");
    else if (left == -1)
        finding_unknown(o,
                        "ended after %" PRId64 " ms, %s; /proc does not show "
                        "whether processes of it are left",
                        ms, words);
    else
        finding_ok(o, "ended after %" PRId64 " ms, %s", ms, words);
    if (o->result == FINDING_NOT_OK)
        finding_add(o, "%s", wrapper_hint);
    return o->result == FINDING_OK;
}

/* A client must have been served before SIGTERM, so that the server is at work
 * and does not only listen. */
static bool
was_served(const struct target_server *s, struct outcome *o,
           const struct probe *p)
{
    note_wrapper(s);
    if (p->result == PROBE_OK)
        return true;
    /* A process that dies ends a little later than its connections. */
    if (server_process_await_end(&s->process, SETTLE_NS))
        finding_not_ok(o, "the server has ended");
    else
        finding_unknown(o, "a message was not answered: %s", probe_words(p));
    return false;
}

static void
check_idle(struct target_server *s, struct outcome *o)
{
    struct probe p;

    probe_open_served(&p, s);
    if (was_served(s, o, &p)) {
        probe_finish(&p, s->silence_ns);
        /* Until the server is back where it waits for the next client. */
        (void)target_server_pause(s, SETTLE_NS);
        (void)judge_end(s, o, ask_to_end(s), stop_limit(s));
    }
    probe_close(&p);
}

/* After an end in order a client sees the end of its connection, or a reset if
 * the server had not accepted it yet. */
static void
judge_client(const struct target_server *s, struct outcome *o, struct probe *p,
             const char *who)
{
    if (o->result == FINDING_NOT_OK)
        return;
    probe_receive_end(p, s->silence_ns);
    if (p->result != PROBE_OK && p->result != PROBE_BROKEN)
        finding_not_ok(o, "a client %s: %s", who, probe_words(p));
}

static void
check_silent(struct target_server *s, struct outcome *o)
{
    struct probes silent = {.count = 0};
    struct probe half;

    probe_open_served(&half, s);
    probes_connect(&silent, s, SILENT, PROBES_NOTHING);
    if (was_served(s, o, &half)) {
        probe_send(&half, "half", 4);
        (void)target_server_pause(s, SETTLE_NS);
        (void)judge_end(s, o, ask_to_end(s), stop_limit(s));
        judge_client(s, o, &half, "with half a message");
        for (int i = 0; i < silent.count; i++)
            judge_client(s, o, &silent.list[i], "that was silent");
    }
    probe_close(&half);
    probes_close(&silent);
}

/* Asks the server to end while it works on a message that takes work_ns. */
static void
judge_work(const struct target_server *s, struct outcome *o, struct probe *p,
           int64_t work_ns)
{
    int64_t asked_ns;

    probe_send_message(p, "in hand");
    (void)target_server_pause(s, work_ns / 3);
    asked_ns = ask_to_end(s);
    probe_receive_within(p, "ack", work_ns + stop_limit(s));
    if (!checks_probe(p, o, "the message in hand was not answered"))
        return;
    (void)judge_end(s, o, asked_ns, work_ns + stop_limit(s));
    judge_client(s, o, p, "after its answer");
}

static void
check_working(struct target_server *s, struct outcome *o)
{
    struct probes silent = {.count = 0};
    struct probe p;
    int64_t work_ns;

    probe_open(&p, s);
    work_ns = clock_now();
    probe_send_message(&p, "hello");
    probe_receive_within(&p, "ack", WORK_NS + s->limit_ns);
    work_ns = clock_now() - work_ns;
    probes_connect(&silent, s, SILENT, PROBES_NOTHING);
    if (was_served(s, o, &p)) {
        if (work_ns < WORK_NS / 2)
            finding_unknown(o, "with a delay of " WORK " it answers at once");
        else
            judge_work(s, o, &p, work_ns);
    }
    probe_close(&p);
    probes_close(&silent);
}

/* The server works on a message that takes long: asks it twice to end. */
static void
judge_again(const struct target_server *s, struct outcome *o)
{
    int64_t asked_ns;
    int64_t ended_ns;
    int64_t left;

    (void)ask_to_end(s);
    if (server_process_await_end(&s->process, LONG_LOOK_NS)) {
        left = count_left(s);
        if (left > 0)
            finding_not_ok(o,
                           "the first SIGTERM has ended it, but %" PRId64
                           " of its processes are still there",
                           left);
        else
            finding_unknown(o, "the first SIGTERM has ended it");
        return;
    }
    asked_ns = ask_to_end(s);
    if (!await_end(s, asked_ns + stop_limit(s))) {
        finding_late(o, "still there %d ms after the second SIGTERM",
                     (int)(stop_limit(s) / CLOCK_MS));
        return;
    }
    ended_ns = clock_now();
    left = count_left(s);
    if (left > 0)
        finding_not_ok(o, "%" PRId64 " of its processes are still there", left);
    else if (left == -1)
        finding_unknown(o, "/proc does not show whether processes of it are "
                           "left");
    else
        finding_ok(o, "ended %" PRId64 " ms after the second SIGTERM",
                   (ended_ns - asked_ns) / CLOCK_MS);
}

static void
check_again(struct target_server *s, struct outcome *o)
{
    struct probe p;

    probe_open(&p, s);
    probe_send_message(&p, "hello");
    probe_receive_within(&p, "ack", LONG_LOOK_NS);
    if (p.result == PROBE_SILENT)
        judge_again(s, o);
    else if (was_served(s, o, &p))
        finding_unknown(o, "with a delay of " LONG_WORK " it answers at once");
    probe_close(&p);
}

/* Waits until nothing listens on its port, but not for long: if it uses
 * io_uring, the kernel closes its listener only a moment after it has ended.
 * Returns false if this program must end. */
static bool
await_free_port(const struct target_server *s)
{
    int64_t end_ns = clock_now() + FREE_NS;

    while (target_server_listeners(s) > 0 && clock_now() < end_ns)
        if (!target_server_pause(s, LOOK_NS))
            return false;
    return true;
}

/* Some connections have been closed by the server, so that the kernel keeps
 * them as TIME_WAIT; one is still open when the server ends. */
static void
check_restart(struct target_server *s, struct outcome *o)
{
    char why[SERVER_PROCESS_WHY_MAX];
    struct probe closed;
    struct probe open;

    probe_open_served(&closed, s);
    probe_finish(&closed, s->limit_ns);
    probe_open_served(&open, s);
    if (was_served(s, o, &open)) {
        (void)ask_to_end(s);
        if (!await_end(s, clock_now() + stop_limit(s)))
            finding_unknown(o, "it does not end after SIGTERM: see stop.idle");
        else if (!await_free_port(s))
            finding_unknown(o, "this program must end");
        else if (target_server_start_again(s, why) == -1)
            finding_not_ok(o, "started again on the same port, it %s", why);
        else if (!checks_serves_now(s))
            finding_not_ok(o, "started again, it serves no client");
        else
            finding_ok(o, "it listens and serves again at once");
    }
    probe_close(&open);
}

const struct finding findings_stop[] = {
    {"stop.idle", FINDING_SHOULD, "SIGTERM, while nothing happens",
     "exit status 0 within 2 s, nothing left behind",
     "The server has served a client and gets SIGTERM.  It must end in order: "
     "by itself and with exit status 0, not by the signal's default action.  "
     "None of the processes that it started may be left, and none may listen "
     "on its port.",
     LESSON, check_idle, .needs = FINDING_NEEDS_COMMAND, .after = FINDING_ENDS,
     .only_waits = true,
     .mend = "Install a handler for SIGTERM that makes the wait end (a pipe, "
             "signalfd, ppoll), close the listener, end and wait for all "
             "children, and exit with status 0."},
    {"stop.silent", FINDING_SHOULD,
     "SIGTERM, with 3 silent clients and half a message",
     "exit status 0 within 2 s, nothing left behind",
     "One client has sent half a message, and three send nothing.  They must "
     "not keep the server from ending, and each must see the end of its "
     "connection.  A server whose signal handler only sets a flag goes on "
     "waiting for them.",
     LESSON, check_silent, .needs = FINDING_NEEDS_COMMAND,
     .depends_on = "stop.idle", .after = FINDING_ENDS, .only_waits = true,
     .mend = "The signal must also end the waits for clients that send "
             "nothing: close their connections, and do not wait for them."},
    {"stop.working", FINDING_SHOULD,
     "SIGTERM, while a message is being worked on",
     "it is answered, then the server ends",
     "A message takes 300 ms.  SIGTERM comes after 100 ms, while three silent "
     "clients are connected.  The server must finish what it has begun: the "
     "client gets its answer, then the end, and the server takes no longer "
     "than that.",
     LESSON, check_working, .needs = FINDING_NEEDS_COMMAND,
     .depends_on = "stop.silent", .delay = WORK, .after = FINDING_ENDS,
     .only_waits = true,
     .mend = "After SIGTERM, accept no more clients, but finish the message "
             "in hand and send its answer before you close."},
    {"stop.again", FINDING_SHOULD,
     "a second SIGTERM, while the message is still in hand", "ends at once",
     "A message takes 5 s.  After the first SIGTERM the server may finish it; "
     "a person who sends a second SIGTERM does not want to wait.  So all its "
     "processes must end then, whatever they are working on.",
     LESSON, check_again, .needs = FINDING_NEEDS_COMMAND,
     .depends_on = "stop.silent", .delay = LONG_WORK, .after = FINDING_ENDS,
     .only_waits = true,
     .mend = "After the first SIGTERM, set the default action again "
             "(SA_RESETHAND), and let the children end with their parent."},
    {"stop.restart", FINDING_SHOULD, "started again on the same port",
     "it listens and serves again at once",
     "After the server has closed a connection, the kernel remembers the "
     "connection for a minute (TIME-WAIT).  Unless a server has set "
     "SO_REUSEADDR, it cannot bind its port during that minute, and fails with "
     "Address already in use.  So the judge lets the server close a "
     "connection, ends it, and starts it again on the same port.",
     LESSON, check_restart,
     .mend = "Set SO_REUSEADDR on the listening socket before bind.",
     .needs = FINDING_NEEDS_COMMAND, .depends_on = "stop.silent",
     .only_waits = true, .after = FINDING_ENDS},
    {.name = NULL},
};

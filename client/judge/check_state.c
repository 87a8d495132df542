/* The service kv: does the server have one table for all clients, does it lose
 * updates, and what is left when a client, or a worker, has gone? */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/play/message.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

#define CLIENTS         16
#define ADDERS          8
#define ADDS            25  /* of each, while the server works on them */
#define QUICK_ADDS      500 /* of each, without work */
#define REQUEST_MAX     64
#define ANSWERS_MAX     256
#define WAIT_NS         (20 * CLOCK_S)
#define LATE_ADDS       8               /* of each, while workers are killed */
#define KILL_NS         (70 * CLOCK_MS) /* after the first of these */
#define RECOVER_NS      (3 * CLOCK_S)
#define RECOVER_LOOK_NS (100 * CLOCK_MS)
#define LESSON          "notes/protocol.md"

/* Clients that all send the same request, again and again. */
struct askers {
    struct plan plan;
    char request[REQUEST_MAX];
    struct probes all;
};

/* Lets so many clients connect, and then ask times times; each leaves when it
 * has its answers.  Returns when those that are served have connected. */
static void
askers_open(struct askers *a, const struct target_server *s, int clients,
            const char *text)
{
    a->plan = s->asks;
    a->plan.text = text;
    a->plan.messages = 1;
    a->all.count = 0;
    (void)message_copy(&a->plan, 0, 0, a->request, sizeof(a->request));
    probes_connect(&a->all, s, clients, PROBES_NOTHING);
}

static void
askers_ask(struct askers *a, int times, int ahead)
{
    size_t len = message_bytes(&a->plan, 0);

    for (int i = 0; i < a->all.count; i++) {
        struct probe *p = &a->all.list[i];

        p->asks = &a->plan;
        p->expected = NULL;
        p->bytes = a->request;
        p->len = len;
        p->sent = 0;
        p->to_send = (int64_t)len * times;
        p->answers_due = times;
        p->messages_ahead = ahead;
        p->leaves = true;
    }
}

/* Returns how many of the answers have come, to all. */
static int64_t
askers_answers(const struct askers *a)
{
    int64_t n = 0;

    for (int i = 0; i < a->all.count; i++)
        n += a->all.list[i].answers;
    return n;
}

/* Returns how many clients' latest answer is this text. */
static int
askers_count(const struct askers *a, const char *text)
{
    int n = 0;

    for (int i = 0; i < a->all.count; i++)
        n += a->all.list[i].answers > 0 &&
             strcmp(a->all.list[i].exchange.text.begin, text) == 0;
    return n;
}

/* Writes which answers came, and to how many clients: "'1 red' to 3". */
static void
askers_describe(const struct askers *a, char out[ANSWERS_MAX])
{
    int len = 0;

    out[0] = '\0';
    for (int i = 0; i < a->all.count && len < ANSWERS_MAX - 1; i++) {
        const char *text = a->all.list[i].exchange.text.begin;
        char shown[4 * RECORD_TEXT_MAX + 1];
        bool is_new = a->all.list[i].answers > 0;

        for (int j = 0; j < i; j++)
            is_new = is_new &&
                     (a->all.list[j].answers == 0 ||
                      strcmp(a->all.list[j].exchange.text.begin, text) != 0);
        if (is_new)
            len +=
                snprintf(out + len, (size_t)(ANSWERS_MAX - len), "%s'%s' to %d",
                         len > 0 ? ", " : "",
                         text_visible(shown, sizeof(shown), text, strlen(text)),
                         askers_count(a, text));
    }
}

/* Asks once, over a new connection.  Returns false, and sets the outcome, if no
 * answer comes. */
static bool
ask_once(const struct target_server *s, struct outcome *o, const char *request,
         struct record_text *answer)
{
    struct probe p;

    probe_open(&p, s);
    probe_ask(&p, request);
    *answer = p.exchange.text;
    probe_leave(&p);
    return checks_probe(&p, o, request);
}

/* The same for a number; 0 if the key is not there. */
static bool
ask_number(const struct target_server *s, struct outcome *o, int64_t *number)
{
    struct record_text text;

    *number = 0;
    if (!ask_once(s, o, "GET " PLAN_KV_KEY, &text))
        return false;
    if (strcmp(text.begin, "none") == 0 || exchange_number(&text, number))
        return true;
    finding_not_ok(o, "GET " PLAN_KV_KEY " is answered '%.*s'", RECORD_TEXT_MAX,
                   text.begin);
    return false;
}

/* One client PUTs a value and stays; the others are connected at the same time,
 * and GET it.  If it must leave before all are served, it does. */
static void
check_truths(struct target_server *s, struct outcome *o)
{
    static struct askers a;
    char answers[ANSWERS_MAX];
    char value[RECORD_TEXT_MAX + sizeof(" red")] = "";
    struct probe writer;
    int right;
    int64_t all;

    probe_open(&writer, s);
    probe_ask(&writer, "PUT color red");
    if (!checks_probe(&writer, o, "PUT")) {
        probe_close(&writer);
        return;
    }
    /* "ok VERSION" */
    snprintf(value, sizeof(value), "%.*s red", RECORD_TEXT_MAX - 3,
             writer.exchange.text.begin + 3);
    askers_open(&a, s, CLIENTS, "GET color");
    askers_ask(&a, 1, 0);
    (void)probes_wait_served(&a.all);
    probe_leave(&writer);
    probes_wait_answers(&a.all);
    right = askers_count(&a, value);
    all = askers_answers(&a);
    askers_describe(&a, answers);
    probes_close(&a.all);
    if (all == 0) {
        finding_late(o, "no client gets an answer to GET");
        return;
    }
    if (right == all) {
        finding_ok(o, "one: %" PRId64 " of %d clients get it", all, CLIENTS);
        return;
    }
    /* In each table, one client is the first that adds. */
    askers_open(&a, s, CLIENTS, "ADD first 1");
    askers_ask(&a, 1, 0);
    probes_wait_answers(&a.all);
    finding_not_ok(o,
                   "GET is answered %s; and %d of %" PRId64
                   " clients that add to a new key are the first",
                   answers, askers_count(&a, "1 1"), askers_answers(&a));
    probes_close(&a.all);
}

static void
check_after(struct target_server *s, struct outcome *o)
{
    struct record_text text;
    struct probe writer;

    probe_open(&writer, s);
    probe_ask(&writer, "PUT color blue");
    if (!checks_probe(&writer, o, "PUT")) {
        probe_close(&writer);
        return;
    }
    probe_half_close(&writer);
    probe_receive_end(&writer, s->limit_ns);
    probe_close(&writer);
    if (!ask_once(s, o, "GET color", &text))
        return;
    if (strstr(text.begin, " blue") != NULL)
        finding_ok(o, "'%.*s'", RECORD_TEXT_MAX, text.begin);
    else
        finding_not_ok(o, "the next client gets '%.*s'", RECORD_TEXT_MAX,
                       text.begin);
}

/* Lets clients add, and compares the sum.  Returns false if the outcome is
 * set. */
static bool
add_and_compare(const struct target_server *s, struct outcome *o, int times,
                int ahead)
{
    static struct askers a;
    int64_t before;
    int64_t after;
    int64_t answered;

    if (!ask_number(s, o, &before))
        return false;
    askers_open(&a, s, ADDERS, PLAN_KV_TEXT);
    askers_ask(&a, times, ahead);
    probes_wait(&a.all, PROBE_ANSWERED, s->limit_ns + WAIT_NS, WAIT_NS);
    answered = askers_answers(&a);
    probes_close(&a.all);
    if (answered < (int64_t)ADDERS * times) {
        finding_late(o, "only %" PRId64 " of %d ADDs are answered", answered,
                     ADDERS * times);
        return false;
    }
    if (!ask_number(s, o, &after))
        return false;
    if (after - before == answered)
        return true;
    finding_not_ok(o,
                   "%" PRId64 " ADDs of 1 are answered, and the value went "
                   "from %" PRId64 " to %" PRId64 ": %" PRId64 " %s",
                   answered, before, after,
                   after - before < answered ? answered - (after - before)
                                             : after - before - answered,
                   after - before < answered ? "are lost" : "too many");
    return false;
}

static void
check_lost(struct target_server *s, struct outcome *o)
{
    if (!add_and_compare(s, o, ADDS, 1) || !checks_restart(s, o, "0") ||
        !add_and_compare(s, o, QUICK_ADDS, QUICK_ADDS))
        return;
    finding_ok(o, "none of %d", ADDERS * (ADDS + QUICK_ADDS));
}

/* Kills all processes that were forked to serve clients, so also the one that
 * holds the lock.  Returns how many. */
static int
kill_workers(const struct target_server *s)
{
    static struct process_tree t;
    int killed = 0;

    process_tree_list(&t, s->pid);
    for (int i = 1; i < t.count; i++)
        killed +=
            process_tree_is_worker(&t, i) && kill(t.pids[i], SIGKILL) == 0;
    return killed;
}

/* Asks for the sum until the server has other workers, and answers. */
static bool
ask_afterwards(const struct target_server *s, struct outcome *o,
               int64_t *number)
{
    int64_t end_ns = clock_now() + RECOVER_NS;

    while (!ask_number(s, o, number))
        if (o->by_time || clock_now() > end_ns ||
            !target_server_pause(s, RECOVER_LOOK_NS))
            return false;
    return true;
}

static void
check_worker_killed(struct target_server *s, struct outcome *o)
{
    static struct askers a;
    int64_t answered;
    int64_t after;
    int killed;

    askers_open(&a, s, ADDERS, PLAN_KV_TEXT);
    askers_ask(&a, LATE_ADDS, 1);
    probes_wait(&a.all, PROBE_ANSWERED, KILL_NS, KILL_NS);
    killed = kill_workers(s);
    probes_wait(&a.all, PROBE_ANSWERED, s->limit_ns, WAIT_NS);
    answered = askers_answers(&a);
    probes_close(&a.all);
    if (killed == 0) {
        finding_skipped(o, "it has no worker processes");
        return;
    }
    if (!ask_afterwards(s, o, &after))
        return;
    if (after < answered)
        finding_not_ok(o,
                       "%" PRId64 " ADDs of 1 were answered, but the value is "
                       "%" PRId64 " afterwards",
                       answered, after);
    else if (after > answered + ADDERS)
        finding_not_ok(o,
                       "%" PRId64 " ADDs of 1 were answered and at most %d "
                       "more were sent, but the value is %" PRId64,
                       answered, ADDERS, after);
    else
        finding_ok(o, "%" PRId64 " ADDs were answered, the value is %" PRId64,
                   answered, after);
}

#define OF_KV .services = FINDING_OF(PLAN_KV)

const struct finding findings_state[] = {
    {"state.truths", FINDING_MUST,
     "a client that PUTs a value, and 16 at the same time that GET it",
     "the value, for each of them",
     "The table belongs to the server, not to a client, a process or a thread. "
     " "
     "One client PUTs a value, and stays connected; 16 others, all connected "
     "at the same time, GET it.  If some get none, the server has several "
     "tables: each process has its own memory, and a child that was forked "
     "has a copy of its parent's, from the moment of the fork.  To count the "
     "tables, 16 clients add to a new key: in each table, one is the first.",
     LESSON, check_truths,
     .mend = "Keep the table where all that serve can see it: one thread, one "
             "process, or memory that is mapped as shared before fork.",
     OF_KV, .after = FINDING_LIVES},
    {"state.after", FINDING_MUST, "what a client has PUT, when it has gone",
     "the next client GETs it",
     "A client PUTs a value and leaves, and the server closes the connection.  "
     "Then another client GETs the value.",
     LESSON, check_after, .depends_on = "state.truths",
     .mend = "What one client stores must not be freed with its connection, "
             "or end with the process that served it.",
     OF_KV, .after = FINDING_LIVES},
    {"state.lost", FINDING_MUST, "8 clients that add 1 to the same key",
     "the sum of all that were answered",
     "ADD reads a number, adds to it and writes it.  If two do that at the "
     "same time, both may read the same number, and one update is lost.  That "
     "happens to threads and processes without a lock, and also in one thread "
     "if it waits between reading and writing.  First the server works on each "
     "message for 2 ms, and then it does not wait at all.",
     LESSON, check_lost, .delay = "2ms", .depends_on = "state.truths",
     .mend = "Read, change and write under one lock, after the work on the "
             "message; never wait in between.",
     OF_KV, .after = FINDING_LIVES},
    {"state.worker-killed", FINDING_ATTACK,
     "worker processes that are killed while clients add",
     "others take their place, and at most the updates in work are lost",
     "A process can be killed at any moment, also while it holds the lock.  "
     "The judge kills all workers with SIGKILL at the same moment, because it "
     "cannot know which of them holds the lock.  If the lock is never free "
     "again, all others wait forever.  A client whose answer has come must "
     "find its update; of each other client, one ADD may have happened, or "
     "not.",
     LESSON, check_worker_killed, .delay = "20ms",
     .depends_on = "state.truths,state.lost",
     .mend = "Use a robust mutex (pthread_mutexattr_setrobust) between "
             "processes, and repair the entry when the lock says that its "
             "owner has died (EOWNERDEAD).",
     OF_KV, .needs = FINDING_NEEDS_PROCESS | FINDING_NEEDS_COMMAND,
     .after = FINDING_LIVES},
    {.name = NULL},
};

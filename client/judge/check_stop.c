/* How a server ends when it is asked to: SIGTERM, with nothing to do, with
 * clients that say nothing, with a message in hand. */

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/target/process_tree.h"
#include "client/judge/finding.h"
#include "client/judge/checks.h"
#include "common/clock.h"

#define STOP_NS    (2 * CLOCK_S) /* what ending may take, work not counted */
#define LEFT_NS    (1 * CLOCK_S) /* then nobody of the family is left */
#define LOOK_MS    2
#define JVM_STATUS (128 + SIGTERM) /* which a program in Java cannot choose */
#define SETTLE_MS  50 /* for clients to be taken in by the server */
#define WORDS_MAX  32
#define SILENT     3
#define WORK       "300ms"
#define WORK_NS    (300 * CLOCK_MS)
#define LONG_WORK  "5s"
#define PATIENT_NS (300 * CLOCK_MS) /* it is at work on that, then */

/* Tells whether the server can be asked to stop. */
static bool
is_ours(const struct target_server *s, struct outcome *o)
{
    if (s->command != NULL)
        return true;
    finding_unknown(o, "runs already: it is not stopped");
    return false;
}

/* Waits, up to a moment, until the server has ended. */
static bool
await_end(const struct target_server *s, int64_t deadline_ns)
{
    while (!server_process_ended(&s->launch)) {
        if (clock_now() >= deadline_ns)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

/* Writes in words how it has ended, and returns whether in order.  It stays to
 * be waited for. */
static bool
tell_end(const struct target_server *s, char words[WORDS_MAX])
{
    siginfo_t info = {.si_code = 0};

    if (waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOWAIT) == -1)
        snprintf(words, WORDS_MAX, "nobody knows how");
    else
        snprintf(words, WORDS_MAX, "%s %d",
                 info.si_code == CLD_EXITED ? "exit status" : "signal",
                 info.si_status);
    return info.si_code == CLD_EXITED &&
           (info.si_status == 0 || info.si_status == JVM_STATUS);
}

/* Returns how many of the family are left, some time after the server itself
 * has ended: they are this program's descendants now (PR_SET_CHILD_SUBREAPER).
 */
static int64_t
count_left(void)
{
    int64_t deadline_ns = clock_now() + LEFT_NS;
    int64_t left;

    while ((left = process_tree_strangers()) > 0 && clock_now() < deadline_ns)
        (void)poll(NULL, 0, LOOK_MS);
    return left;
}

/* Tells whether another server could listen on the port now.  Connections that
 * are still closing do not count. */
static bool
is_port_free(const struct target_server *s)
{
    int on = 1;
    int fd = socket(s->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free;

    if (fd == -1)
        return true;
    is_free = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
              bind(fd, (const struct sockaddr *)&s->to, s->to_len) == 0 &&
              listen(fd, 1) == 0;
    close(fd);
    return is_free;
}

/* The server has been asked to end at asked_ns.  Says whether it has, in order
 * and within limit_ns, and with everything that is its own. */
static bool
judge_end(const struct target_server *s, struct outcome *o, int64_t asked_ns,
          int64_t limit_ns)
{
    bool ended = await_end(s, asked_ns + limit_ns);
    int64_t ms = (clock_now() - asked_ns) / CLOCK_MS;
    char words[WORDS_MAX];
    bool in_order;
    int64_t left;

    if (!ended) {
        finding_not_ok(o, "still there %" PRId64 " ms after SIGTERM", ms);
        return false;
    }
    in_order = tell_end(s, words);
    left = count_left();
    if (!in_order)
        finding_not_ok(o, "ended after %" PRId64 " ms, %s", ms, words);
    else if (left > 0)
        finding_not_ok(o, "%" PRId64 " of its processes are still there", left);
    else if (!is_port_free(s))
        finding_not_ok(o, "somebody still listens on its port");
    else
        finding_ok(o, "ended after %" PRId64 " ms, %s", ms, words);
    return o->result == FINDING_OK;
}

/* Asks the server to end.  Returns when that was. */
static int64_t
ask(const struct target_server *s)
{
    int64_t now_ns = clock_now();

    /* It can only fail because the server has ended, and that is seen. */
    (void)kill(s->pid, SIGTERM);
    return now_ns;
}

/* The first client has to be served, so that the server is at work and does not
 * only listen. */
static bool
is_served(const struct target_server *s, struct outcome *o,
          enum talk_result result, const struct talk *t)
{
    if (result == TALK_OK)
        return true;
    /* A process has ended a little later than its connections. */
    (void)poll(NULL, 0, SETTLE_MS);
    if (!target_server_lives(s))
        finding_not_ok(o, "the server has ended");
    else
        finding_unknown(o, "a message was not answered: %s",
                        talk_words(t, result));
    return false;
}

static void
look_idle(struct target_server *s, struct outcome *o)
{
    struct talk t;
    enum talk_result result;

    if (!is_ours(s, o))
        return;
    result = target_server_talk(s, &t);
    if (is_served(s, o, result, &t)) {
        (void)talk_say(&t, "goodbye"); /* it has been served */
        (void)talk_hear_end(&t, s->quiet_ns);
        talk_close(&t);
        /* Until it is back where it waits for the next. */
        (void)poll(NULL, 0, SETTLE_MS);
        (void)judge_end(s, o, ask(s), STOP_NS);
    }
    talk_close(&t);
}

/* After an end in order: the client has seen the end of its connection, and
 * nothing else.  A reset will do, for a client that was not yet accepted. */
static bool
judge_client(const struct target_server *s, struct outcome *o, struct talk *t,
             const char *who)
{
    enum talk_result result = talk_hear_end(t, s->quiet_ns);

    if (result == TALK_OK || result == TALK_BROKEN)
        return true;
    finding_not_ok(o, "a client %s: %s", who, talk_words(t, result));
    return false;
}

static void
look_silent(struct target_server *s, struct outcome *o)
{
    struct talk half;
    struct talk silent[SILENT];
    enum talk_result result;

    if (!is_ours(s, o))
        return;
    result = target_server_talk(s, &half);
    for (int i = 0; i < SILENT; i++)
        (void)target_server_visit(s, &silent[i]);
    if (is_served(s, o, result, &half)) {
        (void)talk_send(&half, "half", 4);
        (void)poll(NULL, 0, SETTLE_MS);
        if (judge_end(s, o, ask(s), STOP_NS) &&
            judge_client(s, o, &half, "with half a message"))
            for (int i = 0; i < SILENT; i++)
                if (!judge_client(s, o, &silent[i], "that was silent"))
                    break;
    }
    talk_close(&half);
    for (int i = 0; i < SILENT; i++)
        talk_close(&silent[i]);
}

/* Asks the server to end while it works on a message, which takes so long. */
static void
judge_work(const struct target_server *s, struct outcome *o, struct talk *t,
           int64_t work_ns)
{
    int64_t asked_ns;
    enum talk_result result = talk_say(t, "in hand");

    (void)poll(NULL, 0, (int)(work_ns / CLOCK_MS / 3));
    asked_ns = ask(s);
    if (result == TALK_OK)
        result = talk_hear(t, "ack", work_ns + STOP_NS);
    if (result != TALK_OK)
        finding_not_ok(o, "the message in hand was not answered: %s",
                       talk_words(t, result));
    else if (judge_end(s, o, asked_ns, work_ns + STOP_NS))
        (void)judge_client(s, o, t, "after its answer");
}

static void
look_working(struct target_server *s, struct outcome *o)
{
    struct talk worked;
    struct talk silent[SILENT];
    enum talk_result result;
    int64_t work_ns;

    if (!is_ours(s, o) || !checks_restart(s, o, WORK))
        return;
    result = target_server_visit(s, &worked);
    work_ns = clock_now();
    if (result == TALK_OK)
        result = talk_say(&worked, "hello");
    if (result == TALK_OK)
        result = talk_hear(&worked, "ack", WORK_NS + s->limit_ns);
    work_ns = clock_now() - work_ns;
    for (int i = 0; i < SILENT; i++)
        (void)target_server_visit(s, &silent[i]);
    if (!is_served(s, o, result, &worked))
        ;
    else if (work_ns < WORK_NS / 2)
        finding_unknown(o, "with a delay of " WORK " it answers at once");
    else
        judge_work(s, o, &worked, work_ns);
    talk_close(&worked);
    for (int i = 0; i < SILENT; i++)
        talk_close(&silent[i]);
}

/* The server has a message in hand that takes long; asks it twice to end. */
static void
judge_again(const struct target_server *s, struct outcome *o)
{
    int64_t asked_ns;
    int64_t left;

    (void)ask(s);
    if (await_end(s, clock_now() + PATIENT_NS)) {
        finding_unknown(o, "the first SIGTERM has ended it");
        return;
    }
    asked_ns = ask(s);
    if (!await_end(s, asked_ns + STOP_NS)) {
        finding_not_ok(o, "still there %d ms after the second SIGTERM",
                       (int)(STOP_NS / CLOCK_MS));
        return;
    }
    asked_ns = clock_now() - asked_ns;
    left = count_left();
    if (left > 0)
        finding_not_ok(o, "%" PRId64 " of its processes are still there", left);
    else
        finding_ok(o, "ended %" PRId64 " ms after the second SIGTERM",
                   asked_ns / CLOCK_MS);
}

static void
look_again(struct target_server *s, struct outcome *o)
{
    struct talk t;
    enum talk_result result;

    if (!is_ours(s, o) || !checks_restart(s, o, LONG_WORK))
        return;
    result = target_server_visit(s, &t);
    if (result == TALK_OK)
        result = talk_say(&t, "hello");
    if (result == TALK_OK)
        result = talk_hear(&t, "ack", PATIENT_NS);
    if (result == TALK_SILENCE)
        judge_again(s, o);
    else if (is_served(s, o, result, &t))
        finding_unknown(o, "with a delay of " LONG_WORK " it answers at once");
    talk_close(&t);
}

const struct finding findings_stop[] = {
    {"stop.idle", FINDING_SHOULD, "SIGTERM, while nothing happens",
     "exit status 0 within 2 s, nothing left behind",
     "The server has served a client. It gets SIGTERM, and is to end in order: "
     "by itself, with exit status 0 and not by the signal's default action. No "
     "process that it started may be left, and its port is free.",
     "notes/12-stopping.md", look_idle},
    {"stop.silent", FINDING_SHOULD,
     "SIGTERM, with 3 silent clients and half a message",
     "exit status 0 within 2 s, nothing left behind",
     "One client has sent half a message, three say nothing. They are not to "
     "keep the server from ending, and all see the end of their connections. A "
     "server that only sets a flag in its handler goes on waiting for them.",
     "notes/12-stopping.md", look_silent},
    {"stop.working", FINDING_SHOULD,
     "SIGTERM, while a message is being worked on",
     "it is answered, then the server ends",
     "A message takes 300 ms, and SIGTERM comes after 100 of them, with three "
     "silent clients beside it. What was begun is finished: the client gets "
     "its answer, then the end, and the server takes no longer than that.",
     "notes/12-stopping.md", look_working},
    {"stop.again", FINDING_SHOULD,
     "a second SIGTERM, while the message is still in hand", "ends at once",
     "A message takes 5 s. The first SIGTERM lets the server finish it; "
     "whoever sends a second one does not want to wait. Then all its processes "
     "end, whatever they have in hand.",
     "notes/12-stopping.md", look_again},
    {NULL, FINDING_SHOULD, NULL, NULL, NULL, NULL, NULL},
};

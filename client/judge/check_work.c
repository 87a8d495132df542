/* When the answers come: after the work on the message, one delay for each, and
 * not much later. */

#include <inttypes.h>

#include "client/judge/checks.h"
#include "client/judge/probes.h"
#include "client/target/command.h"
#include "common/clock.h"

#define DELAY      "150ms"
#define DELAY_NS   (150 * CLOCK_MS)
#define EARLY      0.9 /* of the delay: a clock may be coarse */
#define TIMES      5   /* messages, of which the shortest counts */
#define GLUED      4   /* messages in one piece */
#define LIMIT_NS   (20 * CLOCK_S)
#define STALL_TIME "60ms"
#define STALLS     1.5 /* the second waits so many times as long as the first */
#define LESSON     "notes/18-waiting-and-computing.md"

/* What a message takes beyond its delay.  A server that waits in steps answers
 * only at the end of a step, so it takes longer beyond one delay than beyond
 * another in the same step.  Few such steps end between these two: their
 * lengths are round numbers. */
#define BEYOND_SHORT    "121ms"
#define BEYOND_LONG     "148ms"
#define BEYOND_SHORT_NS (121 * CLOCK_MS)
#define BEYOND_LONG_NS  (148 * CLOCK_MS)
/* A message may take so much more than its delay, and so much more beyond it
 * than beyond the other delay. */
#define BEYOND_NS      (60 * CLOCK_MS)
#define BEYOND_STEP_NS (20 * CLOCK_MS)
/* The quickest of these messages counts.  After one that takes so little more,
 * no other can be much better. */
#define BEYOND_TIMES   10
#define BEYOND_GOOD_NS (4 * CLOCK_MS)

/* Tells whether the server has been told to wait for DELAY. */
static bool
is_told_to_wait(const struct target_server *s, struct outcome *o)
{
    if (s->command != NULL && command_takes_delay(s->command))
        return true;
    finding_unknown(o, "it cannot be told to wait: no {delay} in it");
    return false;
}

/* A server that answers at the next tick of a clock answers early unless the
 * message came at a tick.  A message that follows an answer at once does come
 * at one, so the client pauses for a little longer each time. */
static void
check_wait(struct target_server *s, struct outcome *o)
{
    int64_t took_ns = CLOCK_NEVER;
    struct probe p;

    if (!is_told_to_wait(s, o))
        return;
    probe_open(&p, s);
    for (int i = 0; i < TIMES && p.result == PROBE_OK; i++) {
        int64_t began_ns;

        (void)target_server_pause(s, i * DELAY_NS / TIMES);
        began_ns = clock_now();
        probe_send_message(&p, "hello");
        probe_receive(&p, "ack");
        if (clock_now() - began_ns < took_ns)
            took_ns = clock_now() - began_ns;
    }
    probe_leave(&p);
    if (!checks_probe(&p, o, "before anything was done to it"))
        return;
    if ((double)took_ns < EARLY * (double)DELAY_NS)
        finding_not_ok(o, "an answer after %.1f ms", (double)took_ns / 1e6);
    else
        finding_ok(o, "no answer before %.1f ms", (double)took_ns / 1e6);
}

/* Measures how much longer than the delay a message takes, of those that follow
 * another on the same connection: a server that waits in steps begins a step
 * with each of these. */
static bool
measure_beyond(const struct target_server *s, struct outcome *o,
               int64_t delay_ns, int64_t *beyond_ns)
{
    struct probe p;

    *beyond_ns = CLOCK_NEVER;
    probe_open_served(&p, s);
    for (int i = 0; i < BEYOND_TIMES && p.result == PROBE_OK &&
                    *beyond_ns > BEYOND_GOOD_NS;
         i++) {
        int64_t began_ns = clock_now();

        probe_send_message(&p, "hello");
        probe_receive(&p, "ack");
        if (clock_now() - began_ns - delay_ns < *beyond_ns)
            *beyond_ns = clock_now() - began_ns - delay_ns;
    }
    probe_leave(&p);
    return checks_probe(&p, o, "before anything was done to it");
}

static void
check_beyond(struct target_server *s, struct outcome *o)
{
    int64_t short_ns;
    int64_t long_ns;

    if (!is_told_to_wait(s, o) ||
        !measure_beyond(s, o, BEYOND_SHORT_NS, &short_ns) ||
        !checks_restart(s, o, BEYOND_LONG) ||
        !measure_beyond(s, o, BEYOND_LONG_NS, &long_ns))
        return;
    if (short_ns > BEYOND_NS || long_ns > BEYOND_NS ||
        short_ns - long_ns > BEYOND_STEP_NS ||
        long_ns - short_ns > BEYOND_STEP_NS)
        finding_late(o,
                     "the quickest of %d takes %.1f ms more than " BEYOND_SHORT
                     ", and %.1f ms more than " BEYOND_LONG,
                     BEYOND_TIMES, (double)short_ns / 1e6,
                     (double)long_ns / 1e6);
    else
        finding_ok(o, "the quickest takes %.1f ms more",
                   (double)(short_ns > long_ns ? short_ns : long_ns) / 1e6);
}

static void
check_glued(struct target_server *s, struct outcome *o)
{
    static const char messages[] = "one\3two\3three\3four\3";
    struct probe p;
    int64_t took_ns;

    if (!is_told_to_wait(s, o))
        return;
    probe_open(&p, s);
    took_ns = clock_now();
    probe_send(&p, messages, sizeof(messages) - 1);
    probe_receive_within(&p, "ackackackack", s->limit_ns + GLUED * DELAY_NS);
    took_ns = clock_now() - took_ns;
    probe_leave(&p);
    if (!checks_probe(&p, o, "four messages in one piece"))
        return;
    if ((double)took_ns < EARLY * GLUED * (double)DELAY_NS)
        finding_not_ok(o, "all answers after %" PRId64 " ms, not %d",
                       took_ns / CLOCK_MS, (int)(GLUED * DELAY_NS / CLOCK_MS));
    else
        finding_ok(o, "all answers after %" PRId64 " ms", took_ns / CLOCK_MS);
}

/* Two clients send messages that take computing, the second a moment after the
 * first.  Writes when each answer came, since the first message was sent;
 * returns false if one got no answer. */
static bool
time_two(const struct target_server *s, int64_t took_ns[2])
{
    struct probes two;
    int64_t began_ns = clock_now();
    bool answered;

    probes_open(&two, s, 2);
    answered = two.count == 2;
    for (int i = 0; i < 2 && answered; i++) {
        probe_wait(&two.list[i], 1, PROBE_ANSWERED, LIMIT_NS, LIMIT_NS);
        answered = probes_is_served(&two.list[i]);
        took_ns[i] = clock_now() - began_ns;
    }
    probes_close(&two);
    return answered;
}

static void
check_computing(struct target_server *s, struct outcome *o)
{
    char why[SERVER_PROCESS_WHY_MAX];
    int64_t took_ns[2];
    double times;

    if (s->command == NULL || !command_takes_work(s->command)) {
        finding_unknown(o, "it cannot be told to compute: no {cpu} in it");
        return;
    }
    if (target_server_places(s) == 1) {
        finding_skipped(o,
                        "one at a time, or per worker: no other is sure to be "
                        "served meanwhile");
        return;
    }
    target_server_stop(s);
    if (target_server_start(s, "0", STALL_TIME, why) == -1) {
        finding_not_ok(o, "told to compute, it %s", why);
        return;
    }
    if (!time_two(s, took_ns)) {
        finding_not_ok(o, "a client got no answer");
        return;
    }
    times = (double)took_ns[1] / (double)took_ns[0];
    finding_ok(o,
               "computing %s: the second is answered %.1f times as late as "
               "the first",
               times > STALLS ? "stalls the others" : "is shared out", times);
}

const struct finding findings_work[] = {
    {"work.wait", FINDING_MUST, "messages that take " DELAY,
     "no answer before the work is done",
     "An answer says that the server has worked on the message, so it must not "
     "come before the delay is over.  A client that gets it earlier believes "
     "that something has been done that may still fail.",
     "notes/protocol.md", check_wait,
     .mend = "Send ack after the work on the message, not when it arrives.",
     .delay = DELAY, .only_waits = true},
    {"work.glued", FINDING_SHOULD, "four messages that take " DELAY " each",
     "one delay after the other, also if they come in one piece",
     "The client sends four messages in one piece.  The server works on one "
     "message of a client at a time, so they take four delays.  If all answers "
     "come after one, the server has looked at its clock once per read, or "
     "works on several messages of one client at the same time.",
     "notes/protocol.md", check_glued,
     .mend = "Take the next message of a client when the one before is "
             "answered, and begin its delay then.",
     .delay = DELAY, .depends_on = "protocol.glued,work.wait",
     .only_waits = true},
    {"work.beyond", FINDING_SHOULD,
     "messages that take " BEYOND_SHORT ", and others that take " BEYOND_LONG,
     "an answer not more than 60 ms later, and as soon after both delays",
     "What a message takes beyond its delay is lost in the server.  A server "
     "that waits twice takes much longer than its work.  One that looks only "
     "now and then whether the delay is over answers at the end of a step, so "
     "it takes longer beyond one delay than beyond the other.  Of some "
     "messages, one after the other, the quickest counts, so that it does not "
     "matter what else the machine does.",
     LESSON, check_beyond,
     .mend = "Wait for what comes next with a call that returns when it comes, "
             "and not in steps.",
     .delay = BEYOND_SHORT, .depends_on = "work.wait"},
    {"work.computing", FINDING_MUST, "two clients whose messages are computed",
     "any",
     "One thread can wait for several clients at the same time, but it cannot "
     "compute for several at the same time.  Two clients send a message that "
     "takes computing.  If the second is answered after twice the time, one "
     "thread does all the work.",
     LESSON, check_computing, .after = FINDING_LIVES,
     .mend = "Nothing: it follows from the model.  If the others must not "
             "wait, compute in a thread or process of its own."},
    {.name = NULL},
};

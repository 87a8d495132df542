#include "client/judge/target_server.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/net.h"

#define STOP_NS (2 * CLOCK_S) /* for a server to end that is no more needed */
#define LOOK_MS 5             /* how often a condition is looked at */

int
subject_start(struct subject *s, const char *delay, const char *cpu,
              char why[LAUNCH_WHY_MAX])
{
    if (s->command == NULL)
        return 0;
    if (launch_start(&s->launch, s->command, delay != NULL ? delay : s->delay,
                     cpu != NULL ? cpu : "0", s->stop_fd, why) == -1) {
        launch_close(&s->launch);
        return -1;
    }
    s->pid = s->launch.pid;
    s->to_len = net_resolve(s->launch.address, s->launch.port, &s->to);
    return 0;
}

struct launch_end
subject_stop(struct subject *s)
{
    struct launch_end end = {.status = 0};

    if (s->command == NULL)
        return end;
    /* One that has not ended in time once is not waited for again. */
    end = launch_stop(&s->launch, s->deaf ? 0 : STOP_NS);
    s->deaf = s->deaf || end.killed;
    launch_close(&s->launch);
    s->pid = 0;
    return end;
}

bool
subject_lives(const struct subject *s)
{
    if (s->command != NULL)
        return !launch_ended(&s->launch);
    return s->pid == 0 || kill(s->pid, 0) == 0;
}

enum talk_result
subject_visit(const struct subject *s, struct talk *t)
{
    return talk_open(t, &s->to, s->to_len, TALK_PLAIN, s->limit_ns);
}

enum talk_result
subject_talk(const struct subject *s, struct talk *t)
{
    enum talk_result result = subject_visit(s, t);

    if (result == TALK_OK)
        result = talk_say(t, "hello");
    if (result == TALK_OK)
        result = talk_hear(t, "ack", s->limit_ns);
    return result;
}

bool
subject_serves(const struct subject *s)
{
    struct talk t;
    bool served = subject_talk(s, &t) == TALK_OK;

    if (served)
        (void)talk_say(&t,
                       "goodbye"); /* it has served; what follows is manners */
    talk_close(&t);
    return served;
}

bool
subject_until(struct subject *s, bool (*holds)(struct subject *s), int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    for (;;) {
        if (holds(s))
            return true;
        if (clock_now() >= deadline_ns)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
}

int64_t
subject_descriptors(const struct subject *s)
{
    return s->pid == 0 ? -1 : family_descriptors(s->pid);
}

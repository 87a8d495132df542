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
target_server_start(struct target_server *s, const char *delay, const char *cpu,
                    char why[SERVER_PROCESS_WHY_MAX])
{
    if (s->command == NULL)
        return 0;
    if (server_process_start(&s->launch, s->command,
                             delay != NULL ? delay : s->delay,
                             cpu != NULL ? cpu : "0", s->stop_fd, why) == -1) {
        server_process_close(&s->launch);
        return -1;
    }
    s->pid = s->launch.pid;
    s->to_len = net_resolve(s->launch.address, s->launch.port, &s->to);
    return 0;
}

struct server_process_end
target_server_stop(struct target_server *s)
{
    struct server_process_end end = {.status = 0};

    if (s->command == NULL)
        return end;
    /* One that has not ended in time once is not waited for again. */
    end = server_process_stop(&s->launch, s->deaf ? 0 : STOP_NS);
    s->deaf = s->deaf || end.killed;
    server_process_close(&s->launch);
    s->pid = 0;
    return end;
}

bool
target_server_lives(const struct target_server *s)
{
    if (s->command != NULL)
        return !server_process_ended(&s->launch);
    return s->pid == 0 || kill(s->pid, 0) == 0;
}

enum talk_result
target_server_visit(const struct target_server *s, struct talk *t)
{
    return talk_open(t, &s->to, s->to_len, TALK_PLAIN, s->limit_ns);
}

enum talk_result
target_server_talk(const struct target_server *s, struct talk *t)
{
    enum talk_result result = target_server_visit(s, t);

    if (result == TALK_OK)
        result = talk_say(t, "hello");
    if (result == TALK_OK)
        result = talk_hear(t, "ack", s->limit_ns);
    return result;
}

bool
target_server_serves(const struct target_server *s)
{
    struct talk t;
    bool served = target_server_talk(s, &t) == TALK_OK;

    if (served)
        (void)talk_say(&t,
                       "goodbye"); /* it has served; what follows is manners */
    talk_close(&t);
    return served;
}

bool
target_server_until(struct target_server *s,
                    bool (*holds)(struct target_server *s), int64_t ns)
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
target_server_descriptors(const struct target_server *s)
{
    return s->pid == 0 ? -1 : process_tree_descriptors(s->pid);
}

#include "client/judge/activity.h"

struct process_tree_activity
activity_measure(const struct target_server *s, int64_t ns)
{
    static struct process_tree_threads before;
    static struct process_tree_threads after;

    before.count = after.count = -1;
    if (s->pid != 0)
        process_tree_list_threads(&before, s->pid);
    (void)target_server_pause(s, ns);
    if (s->pid != 0)
        process_tree_list_threads(&after, s->pid);
    return process_tree_compare(&before, &after);
}

struct process_tree_activity
activity_await_idle(const struct target_server *s, int64_t ns, int times,
                    int64_t sleeps)
{
    struct process_tree_activity now = {-1, -1};

    for (int i = 0; i < times; i++) {
        now = activity_measure(s, ns);
        if (now.percent < ACTIVITY_SPINS && now.sleeps <= sleeps)
            break;
    }
    return now;
}

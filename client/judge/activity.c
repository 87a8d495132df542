#include "client/judge/activity.h"

#include "common/clock.h"

#define QUIET_LOAD 1.2 /* up to here a thread need not wait for a core */
#define WANTS      5 /* percent of the time that it runs or waits for a core */
#define WINDOW_NS  (50 * CLOCK_MS)  /* times the load: all run in that time */
#define BLIND_NS   (250 * CLOCK_MS) /* times the load, where that is not seen */

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
    struct process_tree_activity now = process_tree_unknown;

    for (int i = 0; i < times; i++) {
        now = activity_measure(s, ns);
        if (now.percent < ACTIVITY_SPINS && now.sleeps <= sleeps)
            break;
    }
    return now;
}

bool
activity_is_held_up(const struct target_server *s, bool *watching,
                    int64_t *end_ns, int64_t last_ns)
{
    static struct process_tree_threads lists[2];
    static int latest;
    static int64_t ran_ns;
    int64_t now_ns = clock_now();
    struct process_tree_activity now = process_tree_unknown;
    bool blind;

    if (s->load < QUIET_LOAD || now_ns >= last_ns)
        return false;
    latest = 1 - latest;
    lists[latest].count = -1;
    if (s->pid != 0)
        process_tree_list_threads(&lists[latest], s->pid);
    /* If it is not known what the server does, it may be held up, and gets more
     * time, but only once: otherwise all waits would be as long as allowed. */
    blind = lists[latest].count == -1;
    if (blind && *watching)
        return false;
    if (*watching)
        now = process_tree_compare(&lists[1 - latest], &lists[latest]);
    ran_ns = *watching ? ran_ns + now.ran_ns : 0;
    if (now.percent != -1 && ((now.percent < WANTS && !now.wants_to_run) ||
                              ran_ns > ACTIVITY_RUN_NS))
        return false;
    *watching = true;
    *end_ns = now_ns + target_server_patience(s, blind ? BLIND_NS : WINDOW_NS);
    if (*end_ns > last_ns)
        *end_ns = last_ns;
    return true;
}

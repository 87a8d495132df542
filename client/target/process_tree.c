#include "client/target/process_tree.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

#define STEADY_LOOK_MS 5  /* between two looks whether there are new ones */
#define LOOK_MS        2  /* between two looks at processes that end or stop */
#define LOOKS          50 /* at processes that are to stop */

/* Even with forty busy programs per core, a thread that never sleeps gets this
 * part of the time that it waits. */
#define WAITS_MOST 50

const struct process_tree_activity process_tree_unknown = {
    .percent = -1, .sleeps = -1, .ran_ns = -1, .busiest_sleeps = -1};

static struct rlimit limit_before; /* see process_tree_unlimit */

/* See process_tree_claim. */
static struct {
    pid_t session;
    const char *mark;
} claimed = {.mark = ""};

/* Lists a process and its descendants. */
static void
list_below(struct process_tree *t, pid_t pid)
{
    t->pids[0] = pid;
    t->parents[0] = 0;
    t->count = 1;
    for (int parent = 0; parent < t->count; parent++) {
        int added = process_children(t->pids[parent], t->pids + t->count,
                                     PROCESS_TREE_MAX - t->count);

        while (added-- > 0)
            t->parents[t->count++] = parent;
    }
}

bool
process_tree_is_worker(const struct process_tree *t, int index)
{
    char program[PATH_MAX];
    char parents[PATH_MAX];

    return process_program(t->pids[index], program, sizeof(program)) &&
           process_program(t->pids[t->parents[index]], parents,
                           sizeof(parents)) &&
           strcmp(program, parents) == 0;
}

static bool
has_ended(pid_t pid)
{
    enum process_state state = process_state(pid);

    return state == PROCESS_GONE || state == PROCESS_ZOMBIE;
}

int
process_tree_ended(const struct process_tree *t)
{
    int count = 0;

    for (int i = 0; i < t->count; i++)
        count += has_ended(t->pids[i]);
    return count;
}

void
process_tree_signal(const struct process_tree *t, int signal_number)
{
    /* It fails for a process that has ended, and that is all right. */
    for (int i = 0; i < t->count; i++)
        (void)kill(t->pids[i], signal_number);
}

static bool
all_stopped(const struct process_tree *t)
{
    for (int i = 0; i < t->count; i++)
        if (process_state(t->pids[i]) == PROCESS_ALIVE)
            return false;
    return true;
}

void
process_tree_await_stop(const struct process_tree *t)
{
    for (int i = 0; i < LOOKS && !all_stopped(t); i++)
        (void)poll(NULL, 0, LOOK_MS);
}

bool
process_tree_limit(const struct process_tree *t)
{
    if (!process_set_limit(t->pids[0], NULL, &limit_before))
        return false;
    for (int i = 0; i < t->count; i++) {
        struct rlimit limit = limit_before;
        int unused = process_first_unused(t->pids[i]);

        if (has_ended(t->pids[i]))
            continue;
        /* All numbers below the limit are in use. */
        limit.rlim_cur = (rlim_t)unused;
        if (unused == -1 || !process_set_limit(t->pids[i], &limit, NULL)) {
            process_tree_unlimit(t);
            return false;
        }
    }
    return true;
}

void
process_tree_unlimit(const struct process_tree *t)
{
    /* It fails for a process that has ended, and that is all right. */
    for (int i = 0; i < t->count; i++)
        (void)process_set_limit(t->pids[i], &limit_before, NULL);
}

bool
process_tree_await_end(pid_t pid, int64_t ns)
{
    int64_t deadline_ns = clock_now() + ns;

    while (!has_ended(pid)) {
        if (clock_now() >= deadline_ns)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

void
process_tree_await_steady(pid_t pid, int64_t quiet_ns, int64_t limit_ns)
{
    int64_t now_ns = clock_now();
    int64_t end_ns = now_ns + limit_ns;
    int64_t since_ns = now_ns;
    struct process_tree before;

    process_tree_list(&before, pid);
    while (now_ns < end_ns && now_ns < since_ns + quiet_ns) {
        struct process_tree now;

        (void)poll(NULL, 0, STEADY_LOOK_MS);
        process_tree_list(&now, pid);
        now_ns = clock_now();
        if (now.count != before.count ||
            memcmp(now.pids, before.pids,
                   (size_t)now.count * sizeof(now.pids[0])) != 0)
            since_ns = now_ns;
        before.count = now.count;
        memcpy(before.pids, now.pids, (size_t)now.count * sizeof(now.pids[0]));
    }
}

struct process_size
process_tree_size(pid_t pid)
{
    struct process_size sum = {.processes = 0};
    struct process_tree t;

    process_tree_list(&t, pid);
    for (int i = 0; i < t.count; i++)
        process_add_size(&sum, t.pids[i]);
    if (sum.processes == 0)
        sum = (struct process_size){
            .processes = -1, .threads = -1, .memory = -1, .own = -1};
    return sum;
}

struct process_use
process_tree_use(pid_t pid)
{
    struct process_use sum = {.cpu_ns = 0};
    struct process_tree t;

    process_tree_list(&t, pid);
    for (int i = 0; i < t.count; i++)
        process_add_use(&sum, t.pids[i]);
    return sum;
}

void
process_tree_list_threads(struct process_tree_threads *t, pid_t pid)
{
    struct process_tree tree;

    process_tree_list(&tree, pid);
    t->count = 0;
    t->when_ns = clock_now();
    for (int i = 0; i < tree.count && t->count != -1; i++) {
        int added = process_threads(tree.pids[i], t->list + t->count,
                                    PROCESS_TREE_THREADS_MAX - t->count);

        t->count = added == -1 ? -1 : t->count + added;
    }
}

/* Returns the times of a thread in a list; 0 if it is not in it, because it has
 * started since. */
static struct process_thread
find_thread(const struct process_tree_threads *t, pid_t id, int likely)
{
    if (likely < t->count && t->list[likely].id == id)
        return t->list[likely];
    for (int i = 0; i < t->count; i++)
        if (t->list[i].id == id)
            return t->list[i];
    return (struct process_thread){.id = id};
}

struct process_tree_activity
process_tree_compare(const struct process_tree_threads *before,
                     const struct process_tree_threads *after)
{
    struct process_tree_activity most = {.percent = 0};
    int64_t busiest_ns = 0;
    int64_t ran_ns = 0;

    if (before->count <= 0 || after->count <= 0)
        return process_tree_unknown;
    for (int i = 0; i < after->count; i++) {
        struct process_thread now = after->list[i];
        struct process_thread then = find_thread(before, now.id, i);
        int64_t own_ns = now.ran_ns - then.ran_ns;
        int64_t busy_ns = own_ns + now.waited_ns - then.waited_ns;

        /* The kernel counts a wait for a core only when it is over. */
        most.wants_to_run |= now.runs && then.runs;
        /* Where many programs share a core, a thread that has little to do
         * waits long for its turn, too. */
        if (busy_ns > WAITS_MOST * own_ns)
            busy_ns = WAITS_MOST * own_ns;
        if (busy_ns > busiest_ns) {
            busiest_ns = busy_ns;
            most.busiest_sleeps = now.sleeps - then.sleeps;
        }
        ran_ns += own_ns;
        if (own_ns > most.ran_ns)
            most.ran_ns = own_ns;
        if (now.sleeps - then.sleeps > most.sleeps)
            most.sleeps = now.sleeps - then.sleeps;
    }
    if (ran_ns > busiest_ns)
        busiest_ns = ran_ns;
    most.percent =
        (int)(busiest_ns * 100 / (after->when_ns - before->when_ns + 1));
    return most;
}

int64_t
process_tree_descriptors(pid_t pid)
{
    struct process_tree t;
    int64_t sum = -1;

    process_tree_list(&t, pid);
    for (int i = 0; i < t.count; i++) {
        int64_t count = process_descriptors(t.pids[i]);

        if (count != -1)
            sum = sum == -1 ? count : sum + count;
    }
    return sum;
}

int64_t
process_tree_zombies(pid_t pid)
{
    struct process_tree t;
    int64_t count = 0;

    if (process_state(pid) == PROCESS_GONE)
        return -1;
    process_tree_list(&t, pid);
    for (int i = 0; i < t.count; i++)
        count += process_state(t.pids[i]) == PROCESS_ZOMBIE;
    return count;
}

const char *
process_tree_stopped(char out[PROCESS_TREE_STOPPED_MAX], pid_t pid)
{
    static struct process_tree t;

    *out = '\0';
    process_tree_list(&t, pid);
    for (int i = 0; i < t.count && *out == '\0'; i++)
        if (process_state(t.pids[i]) == PROCESS_STOPPED)
            snprintf(out, PROCESS_TREE_STOPPED_MAX,
                     "; its process %d is stopped (state T)", (int)t.pids[i]);
    return out;
}

/* Returns how many children of this process descend from the server, and writes
 * their pids. */
static int
find_orphans(pid_t pids[PROCESS_TREE_MAX])
{
    int count = process_children(getpid(), pids, PROCESS_TREE_MAX);
    int orphans = 0;

    for (int i = 0; i < count; i++)
        if (process_belongs(pids[i], claimed.session, claimed.mark))
            pids[orphans++] = pids[i];
    return orphans;
}

void
process_tree_list(struct process_tree *t, pid_t pid)
{
    static pid_t orphans[PROCESS_TREE_MAX];
    static struct process_tree below;
    int count = find_orphans(orphans);

    list_below(t, pid);
    for (int i = 0; i < count; i++) {
        if (orphans[i] == pid || orphans[i] == claimed.session ||
            has_ended(orphans[i]))
            continue;
        list_below(&below, orphans[i]);
        for (int j = 0; j < below.count && t->count < PROCESS_TREE_MAX; j++) {
            /* The first of them counts as a child of the server. */
            t->parents[t->count] = j == 0 ? 0 : below.parents[j] + t->count - j;
            t->pids[t->count++] = below.pids[j];
        }
    }
}

void
process_tree_claim(pid_t session, const char *mark)
{
    claimed.session = session;
    claimed.mark = mark;
}

int64_t
process_tree_orphans(void)
{
    pid_t pids[PROCESS_TREE_MAX];
    int count = find_orphans(pids);
    int64_t sum = 0;

    if (!process_can_look())
        return -1;
    for (int i = 0; i < count; i++) {
        struct process_tree t;

        list_below(&t, pids[i]);
        sum += t.count - process_tree_ended(&t);
    }
    return sum;
}

bool
process_tree_end_orphans(int64_t patience_ns, struct process_use *sum)
{
    int64_t deadline_ns = clock_now() + patience_ns;
    pid_t pids[PROCESS_TREE_MAX];
    int count;

    while ((count = find_orphans(pids)) > 0) {
        for (int i = 0; i < count; i++) {
            /* The number cannot be that of another process, since only this
             * process can reap its child.  A child that it may not kill is
             * still there at the deadline. */
            (void)kill(pids[i], SIGKILL);
            (void)process_reap(pids[i], WNOHANG, NULL, sum);
        }
        if (clock_now() >= deadline_ns)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

#define _GNU_SOURCE /* pipe2 */

#include "client/judge/inspection.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/interrupt.h"
#include "client/judge/checks.h"
#include "client/judge/probe.h"
#include "client/target/process.h"
#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/log.h"

#define SLOTS_MAX   6
#define SLOTS_MORE  2 /* than there are cores, since they mostly wait */
#define CHECK_NS    (5 * 60 * CLOCK_S) /* more than any check may take */
#define INTERRUPTED (3 * CLOCK_S) /* for the checks to end after a signal */
#define ORPHAN_NS   (2 * CLOCK_S)
#define STARTS_MAX  2 /* findings in a row for which it does not start */

/* In this order findings are looked at. */
enum rank {
    RANK_BASIC,      /* what the others need to know */
    RANK_ONLY_WAITS, /* side by side */
    RANK_ALONE,
};

enum stage {
    STAGE_LEFT_OUT,
    STAGE_WAITING,
    STAGE_RUNNING,
    STAGE_KNOWN,
};

/* What a check's process sends when it is done. */
struct report {
    struct outcome outcome;
    struct model model;
};

struct inspection {
    struct target_server *server;
    struct verdict *verdict;
    int count;
    struct {
        const struct finding *finding;
        enum stage stage;
        bool chosen;
        struct outcome outcome;
        int64_t took_ns;
    } entries[FINDINGS_MAX];
    int slots; /* checks that may run side by side */
    int running;
    struct {
        int number; /* of the entry */
        pid_t pid;
        int fd; /* its report comes from there */
        int64_t began_ns;
    } checks[SLOTS_MAX];
    int shown;     /* the entries before that are shown */
    int unstarted; /* findings in a row for which it did not start */
};

bool
inspection_has(const struct inspection_choice *choice, const struct finding *f)
{
    return (choice->only == NULL || finding_is_in(f, choice->only)) &&
           !(choice->skip != NULL && finding_is_in(f, choice->skip));
}

/* --- which is next -------------------------------------------------------- */

static enum rank
rank_of(const struct inspection *all, const struct finding *f)
{
    if (f->is_basic)
        return RANK_BASIC;
    /* There is only one of a server that runs already. */
    if (all->server->command != NULL && (f->only_waits || f->conversation))
        return RANK_ONLY_WAITS;
    return RANK_ALONE;
}

/* Tells whether a finding depends on the other. */
static bool
depends(const struct finding *f, const struct finding *other)
{
    if (f == other)
        return false;
    return strcmp(other->name, FINDING_FIRST) == 0 ||
           (f->depends_on != NULL && finding_is_in(other, f->depends_on));
}

/* Tells whether all that a finding depends on is known. */
static bool
is_free(const struct inspection *all, int number)
{
    for (int i = 0; i < all->count; i++)
        if ((all->entries[i].stage == STAGE_WAITING ||
             all->entries[i].stage == STAGE_RUNNING) &&
            depends(all->entries[number].finding, all->entries[i].finding))
            return false;
    return true;
}

/* Returns the entry that is next; -1: none can be looked at now. */
static int
find_next(const struct inspection *all)
{
    enum rank best = RANK_ALONE;
    int next = -1;

    for (int i = 0; i < all->count; i++) {
        enum rank rank = rank_of(all, all->entries[i].finding);

        if (all->entries[i].stage == STAGE_WAITING && is_free(all, i) &&
            (next == -1 || rank < best)) {
            best = rank;
            next = i;
        }
    }
    if (next == -1 || all->running == 0)
        return next;
    /* All that run are of the rank of the first of them. */
    if (best != RANK_ONLY_WAITS || all->running == all->slots ||
        rank_of(all, all->entries[all->checks[0].number].finding) != best)
        return -1;
    return next;
}

/* --- a process per check -------------------------------------------------- */

/* In a process of its own: looks at a finding, and reports. */
static _Noreturn void
run_check(const struct inspection *all, int number, int fd)
{
    struct report report;

    /* What a server leaves behind becomes a child of this process, not of
     * another check. */
    if (!process_adopt_orphans() || !process_end_with_parent())
        die("prctl");
    memset(&report, 0, sizeof(report));
    report.outcome = checks_run(all->server, all->entries[number].finding);
    report.model = all->server->model;
    /* If it fails, the other side sees that this process has ended. */
    _exit(write(fd, &report, sizeof(report)) == (ssize_t)sizeof(report)
              ? EXIT_SUCCESS
              : EXIT_FAILURE);
}

static void
start_check(struct inspection *all, int number)
{
    int fds[2];
    pid_t pid;

    (void)fflush(NULL); /* otherwise its process could write it again */
    if (pipe2(fds, O_CLOEXEC) == -1)
        die("pipe");
    pid = fork();
    if (pid == -1)
        die("fork");
    if (pid == 0)
        run_check(all, number, fds[1]);
    close(fds[1]);
    all->entries[number].stage = STAGE_RUNNING;
    all->checks[all->running].number = number;
    all->checks[all->running].pid = pid;
    all->checks[all->running].fd = fds[0];
    all->checks[all->running++].began_ns = clock_now();
}

/* Reads the report of a check, which has ended or is killed now, and forgets
 * the check.  Returns the number of its entry. */
static int
end_check(struct inspection *all, int check)
{
    int number = all->checks[check].number;
    struct outcome *o = &all->entries[number].outcome;
    struct report report;
    struct pollfd ready = {.fd = all->checks[check].fd, .events = POLLIN};

    if (poll(&ready, 1, 0) == 1 &&
        read(all->checks[check].fd, &report, sizeof(report)) ==
            (ssize_t)sizeof(report)) {
        *o = report.outcome;
        if (rank_of(all, all->entries[number].finding) != RANK_ONLY_WAITS)
            all->server->model = report.model;
    } else {
        finding_unknown(o, "the judge itself failed here");
    }
    /* Its server ends with it, and that one's children are ended below. */
    (void)kill(all->checks[check].pid, SIGKILL);
    while (waitpid(all->checks[check].pid, NULL, 0) == -1 && errno == EINTR)
        ;
    close(all->checks[check].fd);
    all->entries[number].took_ns = clock_now() - all->checks[check].began_ns;
    all->entries[number].stage = STAGE_KNOWN;
    all->checks[check] = all->checks[--all->running];
    return number;
}

/* Waits until a check ends, or must.  Returns which; -1: a signal asks this
 * program to end. */
static int
await_check(const struct inspection *all)
{
    struct pollfd polls[SLOTS_MAX + 1];
    int64_t end_ns = CLOCK_NEVER;
    int first = 0;

    for (int i = 0; i < all->running; i++) {
        polls[i] = (struct pollfd){.fd = all->checks[i].fd, .events = POLLIN};
        if (all->checks[i].began_ns + CHECK_NS < end_ns) {
            end_ns = all->checks[i].began_ns + CHECK_NS;
            first = i;
        }
    }
    polls[all->running] =
        (struct pollfd){.fd = all->server->stop_fd, .events = POLLIN};
    while (clock_now() < end_ns) {
        if (poll(polls, (nfds_t)all->running + 1, clock_timeout_ms(end_ns)) <=
            0)
            continue;
        if (polls[all->running].revents != 0)
            return -1;
        for (int i = 0; i < all->running; i++)
            if (polls[i].revents != 0)
                return i;
    }
    return first;
}

/* Lets all checks end, which have got the signal, too.  What they have seen
 * means nothing. */
static void
end_all(struct inspection *all)
{
    int64_t end_ns = clock_now() + INTERRUPTED;
    struct process_use ignored = {.cpu_ns = 0};

    while (all->running > 0) {
        struct pollfd ready = {.fd = all->checks[0].fd, .events = POLLIN};
        int number;

        (void)poll(&ready, 1, clock_timeout_ms(end_ns));
        number = end_check(all, 0);
        all->entries[number].stage = STAGE_WAITING;
    }
    (void)process_tree_end_orphans(ORPHAN_NS, &ignored);
}

/* --- what follows from an outcome ----------------------------------------- */

/* Leaves all that is not known yet, and says why. */
static void
give_up(struct inspection *all, const char *why)
{
    for (int i = 0; i < all->count; i++)
        if (all->entries[i].stage == STAGE_WAITING) {
            finding_set(&all->entries[i].outcome, FINDING_NOT_LOOKED_AT, "%s",
                        why);
            all->entries[i].stage = STAGE_KNOWN;
        }
}

/* Tells whether a server that was not started here has ended. */
static bool
has_ended(const struct target_server *s)
{
    struct probe p;

    if (s->command != NULL)
        return false;
    if (!target_server_lives(s))
        return true;
    probe_open(&p, s);
    probe_close(&p);
    return p.result == PROBE_BROKEN && p.error == ECONNREFUSED;
}

/* Leaves those that depend on a finding which is not ok, and those that depend
 * on them. */
static void
leave_dependents(struct inspection *all, int number, const char *why)
{
    for (int i = 0; i < all->count; i++)
        if (all->entries[i].stage == STAGE_WAITING &&
            depends(all->entries[i].finding, all->entries[number].finding)) {
            finding_set(&all->entries[i].outcome, FINDING_NOT_LOOKED_AT, "%s",
                        why);
            all->entries[i].stage = STAGE_KNOWN;
            /* The cause is shown, even if the user has not chosen it. */
            all->entries[number].chosen |= all->entries[i].chosen;
            leave_dependents(all, i, why);
        }
}

/* Draws the consequences of an outcome for those that are not known yet. */
static void
conclude(struct inspection *all, int number)
{
    const struct outcome *o = &all->entries[number].outcome;
    const struct finding *f = all->entries[number].finding;
    char why[FINDING_TEXT_MAX];

    snprintf(why, sizeof(why), "needs %s", f->name);
    if (o->result == FINDING_NOT_OK)
        leave_dependents(all, number, why);
    all->unstarted = o->no_server ? all->unstarted + 1 : 0;
    if (all->unstarted == STARTS_MAX)
        snprintf(why, sizeof(why), "it does not start any more");
    else if (o->result != FINDING_OK && has_ended(all->server))
        snprintf(why, sizeof(why), "it has ended in %s", f->name);
    else
        return;
    give_up(all, why);
}

/* If the server has ended in the same way in a finding before this one, that is
 * one defect and not two. */
static void
join_ends(struct inspection *all, int number)
{
    struct outcome *o = &all->entries[number].outcome;

    if (o->result != FINDING_NOT_OK || o->end[0] == '\0')
        return;
    for (int i = 0; i < number; i++)
        if (all->entries[i].outcome.result == FINDING_NOT_OK &&
            all->entries[i].chosen &&
            strcmp(all->entries[i].outcome.end, o->end) == 0) {
            finding_set(o, FINDING_NOT_LOOKED_AT, "ends as in %s",
                        all->entries[i].finding->name);
            return;
        }
}

/* Shows what is known, in the order of the table, up to the first that is not.
 */
static void
show_known(struct inspection *all)
{
    for (; all->shown < all->count; all->shown++) {
        int i = all->shown;

        if (all->entries[i].stage == STAGE_WAITING ||
            all->entries[i].stage == STAGE_RUNNING)
            return;
        join_ends(all, i);
        if (all->entries[i].chosen)
            verdict_show(all->verdict, all->entries[i].finding,
                         &all->entries[i].outcome, all->entries[i].took_ns);
    }
}

static void
show_progress(const struct inspection *all)
{
    int known = 0;

    for (int i = 0; i < all->count; i++)
        known += all->entries[i].chosen && all->entries[i].stage == STAGE_KNOWN;
    if (all->running > 0)
        verdict_progress(all->verdict, known,
                         all->entries[all->checks[0].number].finding);
}

/* Looks at all.  Returns false if a signal asks this program to end before. */
static bool
look_at_all(struct inspection *all)
{
    bool goes_on = true;

    while (goes_on) {
        int next;
        int check;

        while ((next = find_next(all)) != -1)
            start_check(all, next);
        show_known(all);
        show_progress(all);
        if (all->running == 0)
            break;
        check = await_check(all);
        goes_on = check != -1;
        if (goes_on)
            conclude(all, end_check(all, check));
    }
    end_all(all);
    return goes_on;
}

void
inspection_run(struct target_server *s, const struct inspection_choice *choice,
               struct verdict *v, const char *broken)
{
    static struct inspection all;
    int cores = (int)process_cores().time;
    const struct finding *f;

    all.server = s;
    all.verdict = v;
    all.slots = cores + SLOTS_MORE < SLOTS_MAX ? cores + SLOTS_MORE : SLOTS_MAX;
    for (; (f = finding_at(all.count)) != NULL; all.count++) {
        /* If it answers nothing, that is shown in any case. */
        bool chosen =
            inspection_has(choice, f) || (broken == NULL && s->answer_ns == 0 &&
                                          strcmp(f->name, FINDING_FIRST) == 0);

        assert(all.count < FINDINGS_MAX);
        all.entries[all.count].finding = f;
        all.entries[all.count].chosen = chosen;
        all.entries[all.count].stage =
            chosen || f->is_basic ? STAGE_WAITING : STAGE_LEFT_OUT;
    }
    if (broken != NULL)
        give_up(&all, broken);
    else if (!look_at_all(&all))
        give_up(&all, "interrupted");
    show_known(&all);
}

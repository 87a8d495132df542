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

#define SLOTS_MAX      6
#define SLOTS_MORE     2 /* than there are cores, since they mostly wait */
#define CHECK_NS       (5 * 60 * CLOCK_S) /* more than any check may take */
#define INTERRUPTED_NS (3 * CLOCK_S)      /* for checks to end after a signal */
#define ORPHAN_NS      (2 * CLOCK_S)
#define STARTS_MAX     2 /* findings in a row for which it does not start */
#define UNSTARTED      "it does not start any more"

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

/* What a check's process sends when it has looked at a finding. */
struct report {
    int number; /* of the entry */
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
    struct check {
        enum rank rank;
        bool alone; /* no other check runs at the same time */
        pid_t pid;
        int fd;    /* its reports come from there */
        int count; /* entries that it has not reported yet: */
        int numbers[FINDINGS_MAX];
        int64_t began_ns; /* of the next of them */
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
    return finding_is_first(other) ||
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
    if (best != RANK_ONLY_WAITS || all->running >= all->slots ||
        all->checks[0].rank != best)
        return -1;
    return next;
}

/* --- a process per check -------------------------------------------------- */

/* Tells whether a finding may be looked at with a server that has been used for
 * others of this kind.  That saves the time to start one. */
static bool
shares_server(const struct inspection *all, const struct finding *f)
{
    return all->server->command != NULL && f->conversation != NULL &&
           f->delay == NULL && f->needs == 0 && f->after == FINDING_ANYHOW;
}

/* Chooses what a check looks at: the next entry and, if that shares its server,
 * a fair part of the others that do. */
static void
choose(const struct inspection *all, struct check *c, int next)
{
    int others[FINDINGS_MAX] = {0};
    int count = 0;
    int part;

    for (int i = 0; i < all->count; i++)
        if (i != next && all->entries[i].stage == STAGE_WAITING &&
            is_free(all, i) && shares_server(all, all->entries[i].finding))
            others[count++] = i;
    part = shares_server(all, all->entries[next].finding)
               ? count / (all->slots - all->running)
               : 0;
    c->rank = rank_of(all, all->entries[next].finding);
    c->numbers[0] = next;
    for (int i = 0; i < part; i++)
        c->numbers[i + 1] = others[i];
    c->count = 1 + part;
}

/* In a process of its own: looks at some findings, and reports each. */
static _Noreturn void
run_check(const struct inspection *all, const struct check *c, int fd)
{
    struct target_server *s = all->server;
    struct report report;

    /* What a server leaves behind becomes a child of this process, not of
     * another check. */
    if (!process_adopt_orphans() || !process_end_with_parent())
        die("prctl");
    s->is_kept = c->count > 1;
    for (int i = 0; i < c->count; i++) {
        memset(&report, 0, sizeof(report));
        report.number = c->numbers[i];
        report.outcome = checks_run(s, all->entries[report.number].finding);
        report.model = s->model;
        /* If it fails, the other side sees that this process has ended. */
        if (write(fd, &report, sizeof(report)) != (ssize_t)sizeof(report))
            break;
    }
    target_server_stop(s);
    _exit(EXIT_SUCCESS);
}

static void
start_check(struct inspection *all, int next)
{
    struct check *c = &all->checks[all->running];
    int fds[2];

    choose(all, c, next);
    c->alone =
        c->rank != RANK_ONLY_WAITS || (all->slots == 1 && all->running == 0);
    (void)fflush(NULL); /* otherwise its process could write it again */
    if (pipe2(fds, O_CLOEXEC) == -1)
        die("pipe");
    c->pid = fork();
    if (c->pid == -1)
        die("fork");
    if (c->pid == 0)
        run_check(all, c, fds[1]);
    close(fds[1]);
    c->fd = fds[0];
    c->began_ns = clock_now();
    for (int i = 0; i < c->count; i++)
        all->entries[c->numbers[i]].stage = STAGE_RUNNING;
    all->running++;
}

/* Ends a check's process, if it has not ended, and forgets the check.  What it
 * has not reported gets this stage. */
static void
end_check(struct inspection *all, struct check *c, enum stage stage)
{
    /* Its server ends with it. */
    (void)kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
        ;
    close(c->fd);
    for (int i = 0; i < c->count; i++) {
        all->entries[c->numbers[i]].stage = stage;
        finding_unknown(&all->entries[c->numbers[i]].outcome,
                        "the judge itself failed here");
    }
    *c = all->checks[--all->running];
}

/* Reads a report.  Returns the number of its entry; -1: there is none, so the
 * check has ended, or must. */
static int
read_report(struct inspection *all, struct check *c)
{
    struct report report;
    struct pollfd ready = {.fd = c->fd, .events = POLLIN};
    int i = 0;

    if (poll(&ready, 1, 0) != 1 ||
        read(c->fd, &report, sizeof(report)) != (ssize_t)sizeof(report))
        return -1;
    all->entries[report.number].outcome = report.outcome;
    all->entries[report.number].stage = STAGE_KNOWN;
    /* The server may not have started because another one was running, for
     * example if its port is fixed.  So the check is repeated alone, and from
     * now on no two checks run at the same time. */
    if (report.outcome.no_server && !c->alone) {
        all->slots = 1;
        all->entries[report.number].stage = STAGE_WAITING;
    }
    all->entries[report.number].took_ns = clock_now() - c->began_ns;
    if (c->rank != RANK_ONLY_WAITS)
        all->server->model = report.model;
    while (c->numbers[i] != report.number)
        i++;
    c->numbers[i] = c->numbers[--c->count];
    c->began_ns = clock_now();
    return report.number;
}

/* Waits until a check reports or has ended, or must end.  Returns it; NULL: a
 * signal asks this program to end. */
static struct check *
await_check(struct inspection *all)
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
            return NULL;
        for (int i = 0; i < all->running; i++)
            if (polls[i].revents != 0)
                return &all->checks[i];
    }
    return &all->checks[first];
}

/* Lets all checks end, which have got the signal, too.  What they have seen
 * means nothing. */
static void
end_all(struct inspection *all)
{
    int64_t end_ns = clock_now() + INTERRUPTED_NS;
    struct process_use ignored = {.cpu_ns = 0};

    while (all->running > 0) {
        struct pollfd ended = {.fd = all->checks[0].fd};

        while (poll(&ended, 1, clock_timeout_ms(end_ns)) == -1 &&
               errno == EINTR)
            ;
        end_check(all, &all->checks[0], STAGE_WAITING);
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

/* If a finding that this one depends on is not ok, or was left itself, leaves
 * this one, too.  Returns whether that is so. */
static bool
leave_dependent(struct inspection *all, int number)
{
    struct outcome *o = &all->entries[number].outcome;

    for (int i = 0; i < all->count; i++) {
        const struct outcome *cause = &all->entries[i].outcome;

        if (all->entries[i].stage != STAGE_KNOWN ||
            !depends(all->entries[number].finding, all->entries[i].finding))
            continue;
        if (cause->result == FINDING_NOT_OK)
            finding_set(o, FINDING_NOT_LOOKED_AT, "needs %s",
                        all->entries[i].finding->name);
        else if (cause->result == FINDING_NOT_LOOKED_AT)
            *o = *cause;
        else
            continue;
        all->entries[number].stage = STAGE_KNOWN;
        /* The cause is shown, even if the user has not chosen it. */
        all->entries[i].chosen |= all->entries[number].chosen;
        return true;
    }
    return false;
}

/* Leaves all findings that depend on one which is not ok. */
static void
leave_dependents(struct inspection *all)
{
    int i = 0;

    while (i < all->count)
        if (all->entries[i].stage == STAGE_WAITING && is_free(all, i) &&
            leave_dependent(all, i))
            i = 0; /* others may depend on this one */
        else
            i++;
}

/* Draws the consequences of an outcome for those that are not known yet. */
static void
conclude(struct inspection *all, int number)
{
    const struct outcome *o = &all->entries[number].outcome;
    const struct finding *f = all->entries[number].finding;
    char why[FINDING_TEXT_MAX];

    if (all->entries[number].stage == STAGE_WAITING)
        return;
    all->unstarted = o->no_server ? all->unstarted + 1 : 0;
    if (all->unstarted == STARTS_MAX)
        snprintf(why, sizeof(why), UNSTARTED);
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
                         all->entries[all->checks[0].numbers[0]].finding);
}

/* Looks at all.  Returns false if a signal asks this program to end before. */
static bool
look_at_all(struct inspection *all)
{
    for (;;) {
        struct check *check;
        int number;

        leave_dependents(all);
        while ((number = find_next(all)) != -1)
            start_check(all, number);
        show_known(all);
        show_progress(all);
        if (all->running == 0)
            return true;
        check = await_check(all);
        if (check == NULL)
            return false;
        number = read_report(all, check);
        if (number == -1)
            end_check(all, check, STAGE_KNOWN);
        else
            conclude(all, number);
    }
}

const char *
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
            inspection_has(choice, f) ||
            (broken == NULL && s->answer_ns == 0 && finding_is_first(f));

        assert(all.count < FINDINGS_MAX);
        all.entries[all.count].finding = f;
        all.entries[all.count].chosen = chosen;
        all.entries[all.count].stage =
            chosen || f->is_basic ? STAGE_WAITING : STAGE_LEFT_OUT;
    }
    if (broken != NULL) {
        give_up(&all, broken);
    } else if (!look_at_all(&all)) {
        end_all(&all);
        broken = "interrupted";
        give_up(&all, broken);
    } else if (all.unstarted >= STARTS_MAX) {
        broken = UNSTARTED;
    }
    show_known(&all);
    return broken;
}

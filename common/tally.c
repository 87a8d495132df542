#include "common/tally.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/options.h"
#include "common/shared.h"
#include "common/system.h"

struct counters {
    alignas(SHARED_LINE) atomic_ulong clients;
    atomic_ulong messages, acks, naks, worked;
    atomic_int id; /* the process or thread that is this worker now */
};

struct tally {
    atomic_uint accepted, refused;
    struct counters other;     /* of all processes and threads in no pool */
    struct counters workers[]; /* of a pool */
};

_Static_assert(sizeof(struct tally) + WORKERS_MAX * sizeof(struct counters) <
                   SHARED_MAX - SHARED_LINE,
               "the counters of the largest pool fit, and those of the log");

static struct tally *tally;
static _Thread_local struct counters *own; /* NULL: those of no pool */
static int worker_count;                   /* 0: no pool */
static int64_t started_ns;

/* What this process and its children had used before it became this program by
 * an exec: not ours. */
static struct rusage before, children_before;

void
tally_open(int workers)
{
    tally = shared_take(sizeof(*tally) +
                        (size_t)workers * sizeof(tally->workers[0]));
    if (tally == NULL)
        die("shared memory");
    worker_count = workers;
    started_ns = clock_now();
    if (getrusage(RUSAGE_SELF, &before) == -1 ||
        getrusage(RUSAGE_CHILDREN, &children_before) == -1)
        die("getrusage");
}

void
tally_worker(int worker)
{
    own = &tally->workers[worker];
    atomic_store(&own->id, system_thread_id());
}

unsigned
tally_accepted(void)
{
    return atomic_fetch_add(&tally->accepted, 1) + 1;
}

void
tally_worked(void)
{
    atomic_fetch_add(&own->worked, 1);
}

void
tally_refused(void)
{
    atomic_fetch_add(&tally->refused, 1);
}

void
tally_served(const struct session *s)
{
    struct counters *c = own != NULL ? own : &tally->other;

    atomic_fetch_add(&c->clients, 1);
    atomic_fetch_add(&c->messages, s->messages);
    atomic_fetch_add(&c->acks, s->acks);
    atomic_fetch_add(&c->naks, session_naks(s));
}

static double
seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static long
switches(const struct rusage *r)
{
    return r->ru_nvcsw + r->ru_nivcsw;
}

/* Returns the most memory that this process or one of its children has used, in
 * KiB. */
static long
peak_memory(const struct rusage *self, const struct rusage *children)
{
    long peak = system_peak_memory();

    if (peak == 0)
        peak = self->ru_maxrss;
    /* A child from before the exec may have been larger than all of ours.  Then
     * nothing is known of ours. */
    if (peak < children->ru_maxrss &&
        children->ru_maxrss > children_before.ru_maxrss)
        peak = children->ru_maxrss;
    return peak;
}

static const char *
plural(unsigned long n)
{
    return n == 1 ? "" : "s";
}

/* Prints for each worker its process or thread and how many clients it has
 * served, or on how many messages it has worked, in as many lines as that
 * takes. */
static void
print_workers(void)
{
    char line[400];
    size_t len = 0;

    for (int w = 0; w < worker_count; w++) {
        struct counters *c = &tally->workers[w];
        int n = snprintf(line + len, sizeof(line) - len, " %d:%lu",
                         atomic_load(&c->id),
                         atomic_load(&c->clients) + atomic_load(&c->worked));

        if (n > 0)
            len += (size_t)n;
        if (len > sizeof(line) - 40 || w == worker_count - 1) {
            log_result("workers%s", line);
            len = 0;
        }
    }
}

void
tally_print(void)
{
    struct rusage self;
    struct rusage children;
    unsigned long clients =
        atomic_load(&tally->accepted) - atomic_load(&tally->refused);
    unsigned long messages = atomic_load(&tally->other.messages);
    unsigned long acks = atomic_load(&tally->other.acks);
    unsigned long naks = atomic_load(&tally->other.naks);

    for (int w = 0; w < worker_count; w++) {
        messages += atomic_load(&tally->workers[w].messages);
        acks += atomic_load(&tally->workers[w].acks);
        naks += atomic_load(&tally->workers[w].naks);
    }
    if (getrusage(RUSAGE_SELF, &self) == -1 ||
        getrusage(RUSAGE_CHILDREN, &children) == -1)
        die("getrusage");
    log_result(
        "served %lu client%s, %lu message%s, %lu ack%s, %lu nak%s in %.1f s; "
        "cpu %.2f s user %.2f s system; peak %.1f MiB; %ld switches",
        clients, plural(clients), messages, plural(messages), acks,
        plural(acks), naks, plural(naks),
        clock_seconds(clock_now() - started_ns),
        seconds(self.ru_utime) + seconds(children.ru_utime) -
            seconds(before.ru_utime) - seconds(children_before.ru_utime),
        seconds(self.ru_stime) + seconds(children.ru_stime) -
            seconds(before.ru_stime) - seconds(children_before.ru_stime),
        (double)peak_memory(&self, &children) / 1024,
        switches(&self) + switches(&children) - switches(&before) -
            switches(&children_before));
    if (worker_count > 0)
        print_workers();
}

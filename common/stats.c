#define _GNU_SOURCE /* gettid */

#include "common/stats.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/session.h"
#include "common/shared.h"

/* Each on a cache line of its own. */
struct counters {
    alignas(SHARED_LINE) atomic_ulong clients;
    atomic_ulong messages, acks, naks;
    atomic_int id; /* of the process or thread that is this worker now */
};

struct shared {
    atomic_uint last_client, refused;
    struct counters workers[]; /* at least one */
};

_Static_assert(sizeof(struct shared) + WORKERS_MAX * sizeof(struct counters) <
                   SHARED_MAX - SHARED_LINE,
               "the counters of a pool fit, beside what the log takes");

static struct shared *shared;
static _Thread_local struct counters *mine;
static int worker_count; /* 0: no pool */
static int64_t started_ns;
static struct rusage before, children_before; /* of whoever was this process
                                               * before exec: not ours */

void
stats_open(int workers)
{
    size_t slots = (size_t)(workers > 0 ? workers : 1);
    size_t size = sizeof(*shared) + slots * sizeof(shared->workers[0]);

    shared = shared_take(size);
    worker_count = workers;
    started_ns = clock_now();
    if (getrusage(RUSAGE_SELF, &before) == -1 ||
        getrusage(RUSAGE_CHILDREN, &children_before) == -1)
        die("getrusage");
    mine = &shared->workers[0];
}

void
stats_worker(int w)
{
    mine = &shared->workers[w];
    atomic_store(&mine->id, gettid());
}

unsigned
stats_client(void)
{
    return atomic_fetch_add(&shared->last_client, 1) + 1;
}

void
stats_refused(void)
{
    atomic_fetch_add(&shared->refused, 1);
}

void
stats_nak(unsigned id, struct session *s)
{
    log_event("nak", "client=%u reason=%s", id, session_refusal(s));
    session_answer(s);
}

void
stats_closed(unsigned id, const struct session *s, const char *reason)
{
    if (s->goodbye)
        log_event("goodbye", "client=%u", id);
    log_event("close", "client=%u reason=%s messages=%u acks=%u naks=%u", id,
              reason, s->messages, s->acks, session_naks(s));
    atomic_fetch_add(&mine->clients, 1);
    atomic_fetch_add(&mine->messages, s->messages);
    atomic_fetch_add(&mine->acks, s->acks);
    atomic_fetch_add(&mine->naks, session_naks(s));
}

/* Returns how much of a time has been used since stats_open. */
static double
used(struct timeval self, struct timeval children, struct timeval before_self,
     struct timeval before_children)
{
    return (double)(self.tv_sec + children.tv_sec - before_self.tv_sec -
                    before_children.tv_sec) +
           (double)(self.tv_usec + children.tv_usec - before_self.tv_usec -
                    before_children.tv_usec) /
               1e6;
}

static long
switches(const struct rusage *r)
{
    return r->ru_nvcsw + r->ru_nivcsw;
}

/* Returns the peak memory of this process in KiB.  On Linux not ru_maxrss,
 * which an exec does not reset: it would tell the size of the shell that
 * started us. */
static long
own_peak(const struct rusage *self)
{
    long peak = self->ru_maxrss;
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];

    if (status == NULL)
        return peak;
    while (fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "VmHWM: %ld kB", &peak) == 1)
            break;
    fclose(status);
    return peak;
}

static const char *
plural(unsigned long n)
{
    return n == 1 ? "" : "s";
}

static void
print_workers(void)
{
    char line[400];
    size_t len = 0;

    for (int w = 0; w < worker_count; w++) {
        struct counters *c = &shared->workers[w];
        int n = snprintf(line + len, sizeof(line) - len, " %d:%lu",
                         atomic_load(&c->id), atomic_load(&c->clients));

        if (n > 0)
            len += (size_t)n;
        /* As many to a line as are sure to fit. */
        if (len > sizeof(line) - 40 || w == worker_count - 1) {
            log_result("workers%s", line);
            len = 0;
        }
    }
}

void
stats_print(void)
{
    struct rusage self;
    struct rusage children;
    unsigned long messages = 0;
    unsigned long acks = 0;
    unsigned long naks = 0;
    unsigned long clients =
        atomic_load(&shared->last_client) - atomic_load(&shared->refused);
    long peak;
    int w = 0;

    do {
        messages += atomic_load(&shared->workers[w].messages);
        acks += atomic_load(&shared->workers[w].acks);
        naks += atomic_load(&shared->workers[w].naks);
    } while (++w < worker_count);
    if (getrusage(RUSAGE_SELF, &self) == -1 ||
        getrusage(RUSAGE_CHILDREN, &children) == -1)
        die("getrusage");
    peak = own_peak(&self);
    /* A larger one from before would hide that of our children. */
    if (peak < children.ru_maxrss &&
        children.ru_maxrss > children_before.ru_maxrss)
        peak = children.ru_maxrss;
    log_result(
        "served %lu client%s, %lu message%s, %lu ack%s, %lu nak%s in %.1f s; "
        "cpu %.2f s user %.2f s system; peak %.1f MiB; %ld switches",
        clients, plural(clients), messages, plural(messages), acks,
        plural(acks), naks, plural(naks),
        clock_seconds(clock_now() - started_ns),
        used(self.ru_utime, children.ru_utime, before.ru_utime,
             children_before.ru_utime),
        used(self.ru_stime, children.ru_stime, before.ru_stime,
             children_before.ru_stime),
        (double)peak / 1024,
        switches(&self) + switches(&children) - switches(&before) -
            switches(&children_before));
    if (worker_count > 0)
        print_workers();
}

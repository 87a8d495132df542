#include "client/judge/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/target/process.h"
#include "common/clock.h"

/* What takes long is allowed seconds, so a shorter gap changes nothing. */
#define GAP_NS (250 * CLOCK_MS)
/* A gap that is as long as such a wait could change anything. */
#define STOPPED_NS   CLOCK_S
#define DELAY_NS     (250 * CLOCK_MS)
#define DELAY_PART   2 /* 1 / so much of the time */
#define UNKNOWN_TIME (-1)
/* Threads per core that want to run, at the beginning and at the end.  On a
 * busy machine the judge waits longer, but if the machine is busier than this,
 * the judge does not trust times at all. */
#define LOAD_MAX 12

static struct {
    int64_t began_ns;
    int64_t delay_ns; /* that this program has waited for a core until then */
    int64_t gap_ns;   /* the longest */
    int error;        /* what it lacks, as an errno; 0: nothing */
    double load;      /* threads per core at the beginning */
} watched;

static double
threads_per_core(void)
{
    return process_load() / process_cores().time;
}

void
watch_begin(void)
{
    watched.load = threads_per_core();
    watched.began_ns = clock_now();
    watched.delay_ns = process_run_delay();
    watched.gap_ns = 0;
    watched.error = 0;
}

void
watch_waited(int64_t due_ns)
{
    int64_t late_ns = clock_now() - due_ns;

    if (late_ns > watched.gap_ns)
        watched.gap_ns = late_ns;
}

void
watch_failed(int error)
{
    if (error == EMFILE || error == ENFILE || error == ENOBUFS ||
        error == ENOMEM)
        watched.error = error;
}

bool
watch_was_held_up(bool by_time, char why[WATCH_WHY_MAX])
{
    int64_t took_ns = clock_now() - watched.began_ns;
    int64_t delay_ns = process_run_delay() - watched.delay_ns;
    double load = threads_per_core();

    if (load > watched.load)
        load = watched.load;
    if (watched.error != 0)
        snprintf(why, WATCH_WHY_MAX, "the judge itself lacked something: %s",
                 strerror(watched.error));
    else if (watched.gap_ns > (by_time ? GAP_NS : STOPPED_NS))
        snprintf(why, WATCH_WHY_MAX, "the judge itself was held up for %s",
                 TEXT_TIME(watched.gap_ns));
    else if (by_time && watched.delay_ns != UNKNOWN_TIME &&
             delay_ns > DELAY_NS && delay_ns > took_ns / DELAY_PART)
        snprintf(why, WATCH_WHY_MAX,
                 "the judge itself waited for a core for %s of %s",
                 TEXT_TIME(delay_ns), TEXT_TIME(took_ns));
    else if (by_time && load > LOAD_MAX)
        snprintf(why, WATCH_WHY_MAX,
                 "on this machine %.0f threads per core want to run", load);
    else
        return false;
    return true;
}

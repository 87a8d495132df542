#include "common/server.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/stop.h"
#include "common/tally.h"

void
server_begin(struct options *opt, const struct options_about *about, int argc,
             char **argv)
{
    options_read(opt, about, argc, argv);
    tally_open(opt->workers);
    stop_on_signals();
}

void
server_start_threads(pthread_t threads[], int count,
                     void *(*start)(void *number))
{
    stop_hold(); /* the new threads inherit the blocked signals */
    for (int i = 0; i < count; i++) {
        errno = pthread_create(&threads[i], NULL, start, (void *)(intptr_t)i);
        if (errno != 0)
            die("cannot start thread %d of %d", i + 1, count);
    }
    stop_release();
}

int
server_end(void)
{
    tally_print();
    return log_lost_result() ? EXIT_FAILURE : EXIT_SUCCESS;
}

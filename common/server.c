#include "common/server.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/stop.h"
#include "common/tally.h"

void
server_begin(struct options *opt, const struct options_about *about, int argc,
             char **argv)
{
    options_read(opt, about, argc, argv);
    tally_open(about->extra & OPTIONS_WORKERS ? opt->workers : 0);
    stop_on_signals();
}

int
server_end(void)
{
    tally_print();
    return log_lost_result() ? EXIT_FAILURE : EXIT_SUCCESS;
}

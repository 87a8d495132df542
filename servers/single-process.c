/* single-process - one process, one client at a time.
 *
 * The server waits for a client, serves it until it leaves, and only then takes
 * the next.  Meanwhile the others wait: the kernel has completed their
 * connections and keeps what they send, but nobody reads it.  It costs nothing
 * and is easy to get right; one client that says nothing holds up everybody.
 * Compare with fork-per-client.c, which does not wait for a client to leave. */

#include <stdlib.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/net.h"
#include "common/options.h"
#include "common/stats.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "single-process",
    .summary = "Serve the ETX/ack protocol one client at a time.",
    .lesson = "notes/02-single-process.md",
    .traits = "at_once=one processes=one threads=one computes=one "
              "waits_in=accept4",
};

int
main(int argc, char **argv)
{
    struct options opt;
    struct client client;
    int listener;

    options_read(&opt, &about, argc, argv);
    stats_open(0);
    stop_on_signals();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    (void)stop_wakes(listener);
    net_announce(listener);

    while (!stop_requested())
        if (accept_blocking(listener, &client))
            blocking_serve(&client, &opt);

    (void)stop_wakes(-1);
    net_close(listener);
    stats_print();
    return EXIT_SUCCESS;
}

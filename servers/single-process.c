/* single-process - one process, one client at a time.
 *
 * The server waits for a client, serves it until it leaves, and only then takes
 * the next one.  Meanwhile all other clients wait: the kernel has completed
 * their connections and keeps what they send, but the server does not read it.
 * This model needs no extra process or memory and is easy to get right, but one
 * client that sends nothing makes all others wait.  Compare with
 * fork-per-client.c, which does not wait for a client to leave. */

#include "common/accept.h"
#include "common/blocking.h"
#include "common/clock.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "single-process",
    .summary = "Serve the ETX/ack protocol one client at a time.",
    .lesson = "notes/03-single-process.md",
    .traits = "at_once=one processes=one threads=one computes=one "
              "waits_in=accept4",
};

int
main(int argc, char **argv)
{
    struct options opt;
    struct client client;
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_ALONE);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    net_announce(listener);

    while (!stop_requested())
        if (accept_client(listener, &client))
            blocking_serve(&client, &opt, clock_compute);

    net_close(listener);
    return server_end();
}

/* thread-per-client - a thread for each client.
 *
 * The main thread waits for a client, starts a thread that serves only this
 * client, and waits for the next one.  Nothing is copied for the new thread,
 * because all threads share the memory and the descriptors of one process.  So
 * a thread costs a fraction of a fork, but a thread that crashes ends the
 * whole server.  Compare with fork-per-client.c, and with prethreaded.c, which
 * starts its threads earlier. */

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "common/accept.h"
#include "common/blocking.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"
#include "common/threads.h"

/* With 8 MiB, which is the default (ulimit -s), a stack costs no more memory,
 * but the C library keeps only 40 MiB of stacks for later threads, and would
 * map nearly every stack again.  A thread uses far less than 128 KiB. */
#define STACK_SIZE (128 * 1024)

static const struct options_about about = {
    .name = "thread-per-client",
    .summary = "Serve the ETX/ack protocol with a thread for each client.",
    .lesson = "notes/07-thread-per-client.md",
    .traits = "at_once=all processes=one threads=one-per-client computes=each "
              "waits_in=accept4",
    .extra = OPTIONS_MAX_CLIENTS,
};

static struct options opt;
static pthread_attr_t attributes;          /* of each thread: STACK_SIZE */
static struct client clients[CLIENTS_MAX]; /* by place, one for each thread */

/* In a new thread: serves its client and ends. */
static void *
serve(void *argument)
{
    int place = (int)(intptr_t)argument;

    blocking_serve(&clients[place], &opt, clock_compute);
    threads_ended(place);
    return NULL;
}

/* Starts a thread for the client, or refuses it, followed by a pause. */
static void
spawn(int place, const struct client *client)
{
    pthread_t thread;

    /* A copy that only this thread uses.  The client that the caller passes is
     * overwritten by the next one, perhaps before the thread looks at it. */
    clients[place] = *client;
    stop_hold(); /* so that stop requests come to the main thread only */
    errno =
        pthread_create(&thread, &attributes, serve, (void *)(intptr_t)place);
    stop_release();
    if (errno != 0) {
        log_event("warning", "cannot start a thread: %s", strerror(errno));
        accept_refuse(client, "no-thread");
        clock_wait_until(clock_now() + ACCEPT_PAUSE_NS);
        return;
    }
    log_event("spawn", "client=%u", client->id);
    /* The thread closes the descriptor, because the process has only one. */
    threads_add(place, thread);
}

/* Joins the threads that have ended. */
static void
reap(void)
{
    int place;

    while ((place = threads_join()) != -1)
        log_event("reap", "client=%u", clients[place].id);
}

int
main(int argc, char **argv)
{
    struct client client;
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_THREADS);
    log_show_threads();
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_BLOCKING);
    threads_open(opt.max_clients);
    errno = pthread_attr_init(&attributes);
    if (errno == 0)
        errno = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (errno != 0)
        die("pthread_attr_setstacksize");
    net_announce(listener);

    while (!stop_requested()) {
        int place = threads_place();

        if (place == -1) {
            accept_warn_full("clients have a thread each", opt.max_clients);
            threads_wait_for_end();
        } else if (accept_client(listener, &client)) {
            spawn(place, &client);
        }
        reap();
    }

    net_close(listener);
    threads_stop();
    return server_end();
}

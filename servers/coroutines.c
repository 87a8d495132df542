/* coroutines - one loop; each conversation is a function that can be resumed.
 *
 * One thread waits for everything, as in epoll.c.  But converse reads like that
 * of blocking.c: receive, work, send.  Where that one would wait, this one
 * returns to the loop and remembers the line, and at the next call for this
 * client it jumps to the line.  Such a function is a coroutine.  It remembers
 * two bytes, so a client costs what it costs epoll. */

#include "common/clock.h"
#include "common/conn.h"
#include "common/epoll_list.h"
#include "common/net.h"
#include "common/server.h"
#include "common/stop.h"

static const struct options_about about = {
    .name = "coroutines",
    .summary = "Serve the ETX/ack protocol with one loop and coroutines.",
    .lesson = "notes/23-coroutines.md",
    .traits = "at_once=all processes=one threads=one computes=one "
              "waits_in=epoll_wait",
};

static struct options opt;
static struct conns clients;
static struct epoll_list list;

/* Returns to the loop, to watch the client for what is wanted until the time
 * limit, and goes on here at the next call.  Local variables are lost. */
#define AWAIT(wanted, set_limit) \
    do {                         \
        set_limit;               \
        c->line = __LINE__;      \
        return wanted;           \
    case __LINE__:;              \
    } while (0)

/* Talks with c until it must wait, and returns what for.  late tells whether
 * the time limit of the last wait has passed. */
static enum watch
converse(struct conn *c, bool late)
{
    struct client *client = &c->client;
    const char *reason = NULL;
    enum session_step step;

    switch (c->line) {
    case 0:
        while (reason == NULL) {
            if (stop_requested())
                session_stop(&client->session);
            step = session_next(&client->session);
            if (step == SESSION_READ) {
                AWAIT(WATCH_INPUT, conns_limit_silence(&clients, c));
                if (client_receive(client) == CLIENT_FAILED)
                    reason = client_failure(client, late);
            } else if (step == SESSION_WORK) {
                if (!options_instant(&opt))
                    AWAIT(WATCH_AWAY,
                          conn_work_after(&clients, c, opt.delay_ns));
                if (client_may_work(client)) {
                    clock_compute(opt.cpu_ns);
                    client_answer(client);
                }
            } else if (step == SESSION_REFUSE) {
                client_refuse_message(client);
            } else if (step == SESSION_WRITE &&
                       (!client_send(client) || client->sent_much)) {
                if (!client->sent_much)
                    reason = client_failure(client, late);
                if (reason == NULL)
                    AWAIT(WATCH_OUTPUT, conns_limit_silence(&clients, c));
            } else if (step == SESSION_CLOSE) {
                for (enum linger_need need = linger_begin(&c->linger, client);
                     need != LINGER_CLOSE;
                     need =
                         linger_step(&c->linger, client->fd, clients.stopping))
                    AWAIT(need == LINGER_INPUT ? WATCH_INPUT : WATCH_AWAY,
                          conns_limit_linger(&clients, c, need));
                reason = session_ending(&client->session);
            }
        }
    }
    return conn_close(&clients, c, reason);
}

/* Lets the conversation with c go on until its next wait. */
static void
resume(struct conn *c, bool late)
{
    int fd = c->client.fd;
    enum watch wanted = conns_lend_buffer(&clients, c)
                            ? converse(c, late)
                            : conn_lose(&clients, fd);

    if (wanted != WATCH_CLOSED && session_idle(&c->client.session))
        conns_take_buffer_back(&clients, c);
    epoll_list_watch(&list, fd, wanted);
}

/* Waits until something happens or is due, and does what that calls for. */
static void
turn(int listener)
{
    struct conn *c;
    int64_t asked_ns = clock_now();
    int ready = epoll_list_wait(&list, conns_next_due(&clients));
    int64_t now_ns = clock_now();

    for (int i = 0; i < ready; i++)
        if (list.events[i].data.fd == listener)
            while ((c = conns_accept(&clients, listener)) != NULL)
                resume(c, false);
        else if ((c = conns_find(&clients, list.events[i].data.fd)) != NULL)
            resume(c, false);
    while ((c = conns_work_due(&clients, now_ns)) != NULL)
        resume(c, false);
    while ((c = conns_expired(&clients, ready == -1 ? 0 : asked_ns)) != NULL)
        resume(c, true);
}

int
main(int argc, char **argv)
{
    int listener;

    server_begin(&opt, &about, argc, argv);
    service_open(&opt, SERVICE_ALONE);
    listener = net_listen(opt.address, opt.port, opt.backlog, NET_NONBLOCKING);
    conns_init(&clients, &opt, NET_FDS_MAX);
    epoll_list_open(&list, &clients);
    net_announce(listener);

    while (!stop_requested()) {
        epoll_list_watch(&list, listener, conns_watch_listener(&clients));
        turn(listener);
    }

    /* If another process has the listener, too, close does not do this. */
    epoll_list_watch(&list, listener, WATCH_AWAY);
    net_close(listener);
    for (struct conn *c = conns_stop(&clients); c; c = conns_after(&clients, c))
        if (!c->client.begun) /* otherwise the work goes on */
            resume(c, false);
    while (conns_first(&clients) != NULL)
        turn(-1);
    epoll_list_close(&list);
    conns_free(&clients);
    return server_end();
}

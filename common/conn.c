#include "common/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

static enum conn_need
close_conn(struct conns *all, struct conn *c, const char *reason)
{
    client_close(&c->client, reason);
    conns_remove(all, c);
    return CONN_CLOSED;
}

/* Waits for what the end of the connection needs. */
static enum conn_need
linger(struct conns *all, struct conn *c, enum linger_need need)
{
    c->state = CONN_CLOSING;
    if (need == LINGER_CLOSE)
        return close_conn(all, c, session_ending(&c->client.session));
    conns_limit_linger(all, c, need);
    return need == LINGER_INPUT ? CONN_INPUT : CONN_TIME;
}

static enum conn_need
linger_on(struct conns *all, struct conn *c)
{
    return linger(all, c, linger_step(&c->linger, c->client.fd, all->stopping));
}

/* Goes on with the conversation as far as possible without waiting.  It reads
 * at most once, and only if may_read is true, because a client that never stops
 * talking must take turns with the others. */
static enum conn_need
converse(struct conns *all, struct conn *c, bool may_read)
{
    struct client *client = &c->client;
    enum client_io received;
    enum conn_need wait = CONN_INPUT;
    bool failed = false;

    while (!failed || errno == EINTR) {
        failed = false;
        switch (session_next(&client->session)) {
        case SESSION_READ:
            if (!may_read)
                return c->more ? CONN_TURN : CONN_INPUT;
            received = client_receive(client);
            failed = received == CLIENT_FAILED;
            may_read = failed;
            c->more = received == CLIENT_FULL || c->ended;
            wait = CONN_INPUT;
            break;
        case SESSION_WORK:
            c->state = CONN_WORKING;
            return CONN_WORK;
        case SESSION_REFUSE:
            client_refuse_message(client);
            break;
        case SESSION_WRITE:
            failed = !client_send(client);
            wait = CONN_OUTPUT;
            if (client->sent_much && !all->stopping)
                return CONN_OUTPUT; /* the other clients get their turn */
            break;
        case SESSION_CLOSE:
            return linger(all, c, linger_begin(&c->linger, client));
        }
    }
    /* EAGAIN may come even if the kernel has said that the socket can be read,
     * because that is only a hint (select(2), BUGS). */
    return errno == EAGAIN ? wait : close_conn(all, c, client_reason(errno));
}

/* Begins or goes on with the conversation.  For that it lends c a buffer, and
 * takes it back if nothing is left in it. */
static enum conn_need
talk(struct conns *all, struct conn *c, bool may_read)
{
    enum conn_need need;

    if (!conns_lend_buffer(all, c))
        return close_conn(all, c, "no-memory");
    if (c->client.sent_much) /* this is its next turn */
        deadline_remove(&c->deadline);
    need = converse(all, c, may_read);
    if (need == CONN_CLOSED)
        return need;
    if (session_idle(&c->client.session))
        conns_take_buffer_back(all, c);
    if (c->state == CONN_TALKING)
        conns_limit_silence(all, c);
    return need;
}

/* The work on the message in hand is done. */
static enum conn_need
finish_work(struct conns *all, struct conn *c)
{
    assert(c->state == CONN_WORKING);
    deadline_remove(&c->deadline);
    client_answer(&c->client);
    c->state = CONN_TALKING;
    return talk(all, c, false);
}

/* Another thread gives c back. */
static enum conn_need
come_back(struct conns *all, struct conn *c)
{
    assert(c->state == CONN_AWAY);
    all->away--;
    c->state = CONN_TALKING;
    if (all->stopping) /* c could not be told while it was away */
        session_stop(&c->client.session);
    return talk(all, c, false);
}

/* The time of c is over. */
static enum conn_need
expire(struct conns *all, struct conn *c)
{
    if (c->state == CONN_CLOSING)
        return linger_on(all, c);
    if (all->stopping) /* it has not fetched its answers in time */
        return close_conn(all, c, "stop");
    log_event("idle", "client=%u", c->client.id);
    return close_conn(all, c, "idle");
}

/* The server stops.  Work that has begun is finished; a message that still
 * waits for its turn is given up, because a stop must not take longer than the
 * work on one message. */
static enum conn_need
wind_up(struct conns *all, struct conn *c)
{
    if (c->state == CONN_AWAY)
        return CONN_RETURN;
    session_stop(&c->client.session);
    if (c->state == CONN_WORKING && c->client.begun)
        return CONN_TIME;
    if (c->state == CONN_WORKING) {
        session_forget(&c->client.session);
        c->state = CONN_TALKING;
    }
    if (c->state == CONN_CLOSING)
        return linger_on(all, c);
    deadline_remove(&c->deadline);
    return talk(all, c, true);
}

/* Something has happened to the socket of c. */
static enum conn_need
look(struct conns *all, struct conn *c, enum conn_event event)
{
    bool gone = event == CONN_GONE;
    bool readable = event != CONN_WRITABLE;

    c->more |= readable;
    c->ended |= event == CONN_ENDED || gone;
    switch ((enum conn_state)c->state) {
    case CONN_ABSENT:
        break;
    case CONN_TALKING: /* recv or send says what has happened */
        return talk(all, c, readable);
    case CONN_WORKING:
        if (gone) /* there is no client left to answer */
            return close_conn(all, c, "reset");
        return CONN_TIME;
    case CONN_AWAY: /* it is not watched, so nothing is reported */
        return CONN_RETURN;
    case CONN_CLOSING:
        /* A client that has ended its side sends no more, so there is an end of
         * what is left to read, and the kernel would report this again. */
        if (gone)
            c->linger.dropped = 0;
        return linger_on(all, c);
    }
    return CONN_CLOSED;
}

enum conn_need
conn_step(struct conns *all, struct conn *c, enum conn_event event)
{
    switch (event) {
    case CONN_READY:
    case CONN_WRITABLE:
    case CONN_ENDED:
    case CONN_GONE:
        break;
    case CONN_WORKED:
        return finish_work(all, c);
    case CONN_ANSWERED:
        return come_back(all, c);
    case CONN_EXPIRED:
        return expire(all, c);
    case CONN_STOP:
        return wind_up(all, c);
    }
    return look(all, c, event);
}

enum watch
conn_watch(enum conn_need need)
{
    switch (need) {
    case CONN_CLOSED:
        return WATCH_CLOSED;
    case CONN_INPUT:
    case CONN_TURN:
        return WATCH_INPUT;
    case CONN_OUTPUT:
        return WATCH_OUTPUT;
    case CONN_RETURN:
        return WATCH_AWAY;
    case CONN_WORK:
    case CONN_TIME:
        break;
    }
    return WATCH_NOTHING;
}

enum watch
conn_close(struct conns *all, struct conn *c, const char *reason)
{
    return conn_watch(close_conn(all, c, reason));
}

enum watch
conn_lose(struct conns *all, int fd)
{
    struct conn *c = conns_find(all, fd);

    if (c == NULL)
        die("cannot watch the listener");
    return conn_close(all, c, "no-memory");
}

void
conn_read_later(struct conns *all, struct conn *c)
{
    conns_set_deadline(c, &all->turns, clock_now());
}

void
conn_work_after(struct conns *all, struct conn *c, int64_t delay_ns)
{
    if (delay_ns > 0)
        client_work_begins(&c->client);
    conns_set_deadline(c, &all->working, clock_now() + delay_ns);
}

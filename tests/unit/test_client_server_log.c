/* Logs written by hand are read into records made by hand. */

#include "client/record/server_log.h"

#include <stdlib.h>
#include <string.h>

#include "client/record/figures.h"
#include "tests/unit/check.h"

#define MS INT64_C(1000000)

/* Two clients from ports 5001 and 5002, two messages each, sent and answered at
 * these times. */
static struct record
two_clients(int64_t first_ns, int64_t second_ns)
{
    struct plan plan = {.clients = 2, .messages = 2};
    struct record r;

    record_open(&r, &plan);
    for (int i = 0; i < 2; i++) {
        struct record_client *c = &r.clients[i];
        int64_t begin_ns = i == 0 ? 0 : first_ns;

        c->port = 5001 + i;
        c->started_ns = c->connected_ns = 0;
        c->sent = c->answered = 2;
        record_message(&r, i, 0)->sent_ns = 0;
        record_message(&r, i, 0)->answered_ns = begin_ns + second_ns / 2;
        record_message(&r, i, 1)->sent_ns = begin_ns + second_ns / 2;
        record_message(&r, i, 1)->answered_ns = begin_ns + second_ns;
        c->ended_ns = begin_ns + second_ns;
        c->end.outcome = RECORD_CLOSED;
    }
    r.ended_ns = first_ns + second_ns;
    return r;
}

static void
read_log(struct record *r, const char *text)
{
    char *copy = strdup(text);
    FILE *log = copy == NULL ? NULL : fmemopen(copy, strlen(text), "r");

    if (log == NULL)
        abort();
    server_log_read(r, log);
    fclose(log);
    free(copy);
}

static void
check_service(const struct record *r, int client, int number, int64_t began_ms,
              int64_t ended_ms, int worker)
{
    const struct record_service *s = record_service(r, client, number);

    CHECK(s->began_ns == began_ms * MS);
    CHECK(s->ended_ns == ended_ms * MS);
    CHECK(record_worker(r, s) == worker);
}

/* One process that serves one client after the other.  The server started 5 s
 * before the run. */
static void
test_one_after_the_other(void)
{
    struct record r = two_clients(200 * MS, 200 * MS);
    struct figures f;

    read_log(&r, "    5.000 12001       accept   client=1 from=127.0.0.1:5001\n"
                 "    5.000 12001       message  client=1 bytes=9\n"
                 "    5.100 12001       ack      client=1 took=100.0ms\n"
                 "    5.100 12001       message  client=1 bytes=9\n"
                 "    5.200 12001       ack      client=1 took=100.0ms\n"
                 "    5.200 12001       goodbye  client=1\n"
                 "    5.200 12001       close    client=1 reason=goodbye\n"
                 "    5.200 12001       accept   client=2 from=127.0.0.1:5002\n"
                 "    5.200 12001       message  client=2 bytes=9\n"
                 "    5.300 12001       ack      client=2 took=100.0ms\n"
                 "    5.300 12001       message  client=2 bytes=9\n"
                 "    5.400 12001       ack      client=2 took=100.0ms\n"
                 "    5.401 12001       stop     signal=TERM (again to ...)\n");
    check_service(&r, 0, 0, 0, 100, 0);
    check_service(&r, 0, 1, 100, 200, 0);
    check_service(&r, 1, 0, 200, 300, 0);
    check_service(&r, 1, 1, 300, 400, 0);
    CHECK(r.worker_count == 1);
    CHECK(r.worker_ids[0] == 12001);
    CHECK(r.served_at_once == 1);
    f = figures_compute(&r);
    CHECK(f.at_once == 1);
    CHECK(figures_service(&f, &r, 1, 0).began_ns == 200 * MS);
    record_close(&r);
}

/* Threads accept the clients in another order than the clients connected.  The
 * log also has a client that is not in the record, and a line that is not an
 * event. */
static void
test_at_once(void)
{
    struct record r = two_clients(0, 200 * MS);

    read_log(&r, "hello, this is a server\n"
                 "    0.010 77/77    accept   client=1 from=127.0.0.1:9999\n"
                 "    0.010 77/77    message  client=1 bytes=1\n"
                 "    0.020 77/77    accept   client=2 from=127.0.0.1:5002\n"
                 "    0.020 77/78    message  client=2 bytes=9\n"
                 "    0.020 77/77    accept   client=3 from=127.0.0.1:5001\n"
                 "    0.020 77/79    message  client=3 bytes=9\n"
                 "    0.120 77/79    ack      client=3 took=100.0ms\n"
                 "    0.120 77/78    ack      client=2 took=100.0ms\n"
                 "    0.120 77/79    message  client=3 bytes=9\n"
                 "    0.120 77/78    message  client=2 bytes=9\n"
                 "    0.220 77/78    ack      client=2 took=100.0ms\n");
    check_service(&r, 1, 0, 0, 100, 0);
    check_service(&r, 0, 0, 0, 100, 1);
    CHECK(r.worker_ids[0] == 78);
    CHECK(r.worker_ids[1] == 79);
    CHECK(r.served_at_once == 2);
    /* The log ends before this service did. */
    CHECK(record_service(&r, 0, 1)->began_ns == 100 * MS);
    CHECK(record_service(&r, 0, 1)->ended_ns == RECORD_NEVER);
    record_close(&r);
}

/* A message that is refused takes no time.  A message that was not sent is
 * ignored, even if the log has it. */
static void
test_refused_and_unsent(void)
{
    struct record r = two_clients(0, 200 * MS);

    r.clients[1].sent = r.clients[1].answered = 1;
    read_log(&r, "    0.000 5     accept   client=1 from=[::1]:5001\n"
                 "    0.000 5     accept   client=2 from=[::1]:5002\n"
                 "    0.100 5     nak      client=1 reason=not-ascii\n"
                 "    0.100 5     nak      client=1 reason=too-long\n"
                 "    0.100 5     message  client=2 bytes=9\n"
                 "    0.100 5     ack      client=2 took=0.0ms\n"
                 "    0.150 5     message  client=2 bytes=9\n");
    CHECK(record_service(&r, 0, 0)->began_ns ==
          record_service(&r, 0, 0)->ended_ns);
    CHECK(record_service(&r, 0, 1)->began_ns != RECORD_NEVER);
    CHECK(record_service(&r, 1, 1)->began_ns == RECORD_NEVER);
    record_close(&r);
}

/* If the log has nothing about our clients, the services stay unknown. */
static void
test_nothing_known(void)
{
    static const char *const logs[] = {
        "Traceback (most recent call last):\n  File \"x\", line 3\n",
        "    0.100 5     message  client=99999999999999 bytes=9\n",
        "    0.100 5     message  client=-1 bytes=9\n"
        "    0.100 5     message  client=1 bytes=9\n",
        "    -1 5 accept client=1 from=x:5001\n 1 2\n 1 2 3\n 1/2 3 4 5\n",
        "    0.1 5     accept   client=1 from=127.0.0.1:99999\n"
        "    0.1 5     message  client=1 bytes=9\n",
    };

    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        struct record r = two_clients(0, 200 * MS);

        read_log(&r, logs[i]);
        CHECK(r.services == NULL);
        CHECK(r.worker_count == 0);
        record_close(&r);
    }
}

/* If two clients had the same port one after the other, the server accepted the
 * earlier one first. */
static void
test_port_again(void)
{
    struct record r = two_clients(200 * MS, 200 * MS);

    r.clients[1].port = r.clients[0].port;
    read_log(&r, "    0.000 8     accept   client=1 from=127.0.0.1:5001\n"
                 "    0.000 8     message  client=1 bytes=9\n"
                 "    0.100 8     ack      client=1 took=100.0ms\n"
                 "    0.200 8     close    client=1 reason=goodbye\n"
                 "    0.200 7     accept   client=2 from=127.0.0.1:5001\n"
                 "    0.200 7     message  client=2 bytes=9\n"
                 "    0.300 7     ack      client=2 took=100.0ms\n");
    CHECK(record_service(&r, 0, 0)->began_ns == 0);
    CHECK(record_service(&r, 1, 0)->began_ns == 200 * MS);
    /* Workers are numbered by their ids. */
    CHECK(record_worker(&r, record_service(&r, 0, 0)) == 1);
    CHECK(record_worker(&r, record_service(&r, 1, 0)) == 0);
    record_close(&r);
}

/* The times of the log go backwards.  No service lies outside of what its
 * client saw. */
static void
test_lies(void)
{
    static const char *const logs[] = {
        "    9.000 7     accept   client=1 from=127.0.0.1:5001\n"
        "    9.000 7     message  client=1 bytes=9\n"
        "    0.100 7     ack      client=1 took=1.0ms\n"
        "    0.000 7     message  client=1 bytes=9\n"
        "  999.000 7     ack      client=1 took=1.0ms\n",
        "    0.000 7     accept   client=1 from=127.0.0.1:5001\n"
        "    inf 7     message  client=1 bytes=9\n"
        "    nan 7     message  client=1 bytes=9\n"
        "    1e300 7     message  client=1 bytes=9\n"
        "    3.000 7     message  client=1 bytes=9\n",
    };

    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        struct record r = two_clients(200 * MS, 200 * MS);
        struct figures f;

        read_log(&r, logs[i]);
        f = figures_compute(&r);
        for (int j = 0; j < 2; j++) {
            struct figures_span s = figures_service(&f, &r, 0, j);

            CHECK(s.began_ns >= record_message(&r, 0, j)->sent_ns);
            CHECK(s.ended_ns >= s.began_ns);
            CHECK(s.ended_ns <= record_message(&r, 0, j)->answered_ns);
        }
        record_close(&r);
    }
}

int
main(void)
{
    test_one_after_the_other();
    test_at_once();
    test_refused_and_unsent();
    test_nothing_known();
    test_port_again();
    test_lies();
    return check_done();
}

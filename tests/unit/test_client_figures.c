/* Figures computed from records made by hand. */

#include "client/record/figures.h"

#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

/* Returns a run of clients against so many workers; a worker serves a client to
 * its end.  A message takes between delay_ns and delay_ns + jitter_ns. */
static struct record
play(int clients, int messages, int workers, int64_t delay_ns,
     int64_t jitter_ns)
{
    struct record r = new_record(clients, messages);
    int64_t free_ns[16] = {0};

    for (int i = 0; i < clients; i++) {
        int64_t *now_ns = &free_ns[i % workers];
        int64_t sent_ns = 0;

        for (int j = 0; j < messages; j++) {
            *now_ns += delay_ns;
            /* The answer is seen late; the next message is sent after it. */
            add_answer(&r, i, sent_ns,
                       *now_ns + jitter_ns * ((i + 2 * j) % 3) / 2);
            sent_ns = record_message(&r, i, j)->answered_ns;
            if (j + 1 < messages)
                *now_ns = sent_ns;
        }
        finish(&r, i, sent_ns, RECORD_CLOSED);
    }
    return r;
}

static int
at_once(int clients, int messages, int workers, int64_t delay_ns,
        int64_t jitter_ns)
{
    struct record r = play(clients, messages, workers, delay_ns, jitter_ns);
    struct figures f;

    f = figures_compute(&r);
    record_close(&r);
    return f.at_once;
}

/* The number is right for each model, even if the end of a client is seen after
 * the service of the next has begun. */
static void
test_at_once(void)
{
    CHECK(at_once(6, 3, 1, 100 * MS, 0) == 1);
    CHECK(at_once(6, 3, 1, 100 * MS, 9 * MS) == 1);
    CHECK(at_once(6, 3, 5, 100 * MS, 0) == 5);
    CHECK(at_once(6, 3, 5, 100 * MS, 9 * MS) == 5);
    CHECK(at_once(8, 3, 8, 100 * MS, 9 * MS) == 8);
    CHECK(at_once(1, 1, 1, 100 * MS, 0) == 1);
}

static void
test_too_quick(void)
{
    struct record r = play(3, 3, 3, 2 * MS, 0);
    struct figures f;

    f = figures_compute(&r);
    CHECK(f.at_once == 3);
    /* The loop did not look for longer than an answer takes. */
    r.lag_ns = 3 * MS;
    f = figures_compute(&r);
    CHECK(f.at_once == -1);
    record_close(&r);
    CHECK(at_once(3, 3, 3, MS - 1, 0) == -1);
    CHECK(at_once(3, 3, 3, MS, 0) == 3);
}

/* A client counts once, however many of its messages are in flight. */
static void
test_pipelining(void)
{
    struct record r = new_record(2, 4);
    struct figures f;

    for (int i = 0; i < 4; i++) {
        add_answer(&r, 0, 0, (i + 1) * 10 * MS);
        add_answer(&r, 1, 0, 40 * MS); /* all four at once */
    }
    finish(&r, 0, 41 * MS, RECORD_CLOSED);
    finish(&r, 1, 41 * MS, RECORD_CLOSED);
    f = figures_compute(&r);
    CHECK(f.answer.min_ns == 10 * MS);
    CHECK(f.at_once == 2);
    CHECK(figures_service(&f, &r, 0, 0).began_ns == 0);
    CHECK(figures_service(&f, &r, 0, 3).began_ns == 30 * MS);
    CHECK(figures_service(&f, &r, 1, 0).began_ns == 30 * MS);
    CHECK(figures_service(&f, &r, 1, 1).began_ns == 40 * MS);
    record_close(&r);
}

static void
test_times(void)
{
    struct record r = new_record(1, 1000);
    struct figures f;

    /* The answer times are 1 ms to 1000 ms, in a mixed order. */
    for (int64_t i = 0; i < 1000; i++)
        add_answer(&r, 0, i * 1000 * MS, (i * 1000 + i * 7 % 1000 + 1) * MS);
    finish(&r, 0, 1000000 * MS, RECORD_CLOSED);
    f = figures_compute(&r);
    CHECK(f.answer.count == 1000);
    CHECK(f.answer.min_ns == 1 * MS);
    CHECK(f.answer.median_ns == 500 * MS);
    CHECK(f.answer.p99_ns == 990 * MS);
    CHECK(f.answer.max_ns == 1000 * MS);
    CHECK(f.first.count == 1);
    CHECK(f.first.max_ns == 1 * MS);
    CHECK(f.connecting.count == 1);
    CHECK(f.connecting.min_ns == 1 * MS);
    CHECK(f.all_done_ns == 1000000 * MS);
    record_close(&r);
}

static void
test_counts(void)
{
    struct record r = new_record(5, 2);
    struct figures f;

    add_answer(&r, 0, MS, 3 * MS);
    record_message(&r, 0, 0)->answer = RECORD_NAK;
    add_answer(&r, 0, 3 * MS, 5 * MS);
    finish(&r, 0, 6 * MS, RECORD_CLOSED);
    add_answer(&r, 1, MS, 4 * MS);
    finish(&r, 1, 7 * MS, RECORD_CLOSED);
    r.clients[1].end.outcome = RECORD_FAILED;
    finish(&r, 2, 1 * MS, RECORD_CLOSED);
    r.clients[2].end.outcome = RECORD_VANISHED;
    finish(&r, 3, 1 * MS, RECORD_CLOSED);
    r.clients[3].end.outcome = RECORD_HUNG_UP;
    CHECK(r.clients[4].end.outcome == RECORD_OPEN);
    r.ended_ns = 9 * MS;
    f = figures_compute(&r);
    CHECK(f.sent == 3);
    CHECK(f.acks == 2);
    CHECK(f.naks == 1);
    CHECK(f.connected == 2);
    CHECK(f.failed == 1);
    CHECK(f.vanished == 1);
    CHECK(f.hung_up == 1);
    CHECK(f.open == 1);
    CHECK(f.all_done_ns == 9 * MS);
    CHECK(figures_first_ns(&r, 0) == 3 * MS);
    CHECK(figures_all_ns(&r, 0) == 6 * MS);
    CHECK(figures_first_ns(&r, 4) == RECORD_NEVER);
    CHECK(figures_all_ns(&r, 4) == RECORD_NEVER);
    record_close(&r);
}

static void
test_nothing(void)
{
    struct record r = new_record(3, 0);
    struct figures f;

    r.ended_ns = 5 * MS;
    f = figures_compute(&r);
    CHECK(f.sent == 0);
    CHECK(f.answer.count == 0);
    CHECK(f.first.count == 0);
    CHECK(f.at_once == -1);
    CHECK(f.open == 3);
    record_close(&r);
}

int
main(void)
{
    test_at_once();
    test_too_quick();
    test_pipelining();
    test_times();
    test_counts();
    test_nothing();
    return check_done();
}
